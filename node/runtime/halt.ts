// The end of a validator that found its chain or its own state in contradiction: keeps what it saw in a bundle beside its
// data, and makes sure that a restart does not go on as if nothing had happened.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { commitCertCodec, type Evidence, type Halt, messageCodec } from "../../consensus/index.ts";
import { encode, toHex } from "../../crypto/index.ts";

/** Do not restart: ask a person. */
export class HaltError extends Error {
  override readonly name = "HaltError";
  readonly code = "SAFETY_HALT";

  constructor(what: string, cause?: unknown) {
    super(
      `${what}. Do not restart this validator; compare its data with another one's before anything is moved.`,
      { cause },
    );
  }
}

const BUNDLE_FILE = "halt.json";

/** @throws {HaltError} if an earlier run ended so */
export function refuseAfterHalt(directory: string): void {
  const path = join(directory, BUNDLE_FILE);
  if (!existsSync(path)) return;
  throw new HaltError(`an earlier run halted (${reasonIn(path)}); see ${path}`);
}

function reasonIn(path: string): string {
  try {
    const { reason } = JSON.parse(readFileSync(path, "utf8")) as { readonly reason?: unknown };
    return `${reason}`;
  } catch {
    return "and its bundle cannot be read";
  }
}

/** Writes the bundle and gives the error to stop with. */
export function recordHalt(
  directory: string,
  halt: Halt,
  evidence: readonly Evidence[],
): HaltError {
  const { reason, height, view, ours, theirs, cert } = halt;
  const path = join(directory, BUNDLE_FILE);
  const bundle = {
    reason,
    height: `${height}`,
    view: `${view}`,
    ours: toHex(ours),
    theirs: toHex(theirs),
    ...(cert === undefined ? {} : { certificate: toHex(encode(commitCertCodec, cert)) }),
    evidence: evidence.map(({ offender, first, second }) => ({
      offender,
      first: toHex(encode(messageCodec, first)),
      second: toHex(encode(messageCodec, second)),
    })),
  };
  const holdings = `we hold ${toHex(ours)}, not ${toHex(theirs)}`;
  const what = `${reason} at height ${height}: ${holdings} (${path})`;
  try {
    install(path, `${JSON.stringify(bundle, undefined, 2)}\n`);
    return new HaltError(what);
  } catch (error) {
    return new HaltError(`${what}; the bundle could not be written`, error);
  }
}

/** Whole or not at all, and there after a power cut. */
function install(path: string, text: string): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  const directory = openSync(dirname(path), "r");
  fsyncSync(directory);
  closeSync(directory);
}
