// A node that was told something it cannot do: where it was told so, and what to write instead: `message`
// and `remedy`, apart, so that a command can show one below the other.

import type { JsonRefusal } from "./strict-json.ts";

export type ConfigFault = {
  /** Where the value came from: a file, a `--flag` or a `QUORATE_*` variable. */
  readonly source: string;
  /** `rpc.port`; empty when the source as a whole is at fault. */
  readonly path: string;
  /** What is wrong, without a full stop. */
  readonly what: string;
  /** A sentence or two. */
  readonly remedy: string;
  readonly cause?: unknown;
};

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "BAD_CONFIG";
  readonly source: string;
  readonly path: string;
  readonly remedy: string;

  constructor(fault: ConfigFault) {
    super(`${fault.source}: ${fault.what}`, { cause: fault.cause });
    this.source = fault.source;
    this.path = fault.path;
    this.remedy = fault.remedy;
  }
}

export function refusedConfig(source: string, refusal: JsonRefusal): ConfigError {
  const { path } = refusal;
  switch (refusal.refusal) {
    case "not-json": {
      const what = `not JSON (${refusal.detail})`;
      return new ConfigError({ source, path, what, remedy: "Correct the file." });
    }
    case "unknown-key": {
      const what = `${path} is not a key of the configuration`;
      const remedy =
        refusal.nearest === undefined ? "Remove it." : `Did you mean ${refusal.nearest}?`;
      return new ConfigError({ source, path, what, remedy });
    }
    case "missing-key": {
      const remedy = `Add it: ${refusal.expected}.`;
      return new ConfigError({ source, path, what: `${path} is missing`, remedy });
    }
    case "wrong-value": {
      const what = `${path === "" ? "the document" : path} has a value that makes no sense`;
      return new ConfigError({ source, path, what, remedy: `Write ${refusal.expected}.` });
    }
  }
}
