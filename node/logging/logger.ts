// Logs as one JSON object a line on stderr, since stdout belongs to data. A reader of stderr that stands still costs
// lines, never the node: what does not fit into the buffer is dropped and counted.

import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";

export type Log = Logger;

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export type LoggerOptions = {
  readonly level: LogLevel;
  /** Stands in every line, so that the logs of several validators can be read as one. */
  readonly validator?: number;
  /** stderr unless given. */
  readonly destination?: DestinationStream;
};

const STDERR = 2;
/** About 10,000 lines. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Times in ISO 8601, levels by name. Errors go under `err`, and their causes with them. */
export function createLogger({ level, validator, destination }: LoggerOptions): Log {
  return pino(
    {
      level,
      base: validator === undefined ? null : { validator },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? stderr(),
  );
}

function stderr(): DestinationStream {
  // Asynchronous, so that a full pipe does not stop the event loop; pino flushes it when the process exits.
  const stream = pino.destination({ dest: STDERR, sync: false, maxLength: MAX_BUFFERED_BYTES });
  // A log that cannot be written has nowhere to say so.
  stream.on("error", () => {});
  return stream;
}
