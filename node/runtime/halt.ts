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
import type { Halt } from "../../consensus/index.ts";
import { toHex } from "../../crypto/index.ts";
import { BUNDLE_FILE, type BundleOwner, bundleJson, type HaltDetails } from "./halt-bundle.ts";

/** What a bundle holds of a contradiction, and of what this validator computed itself. */
export type Contradiction = Pick<HaltDetails, "evidence" | "computed" | "below" | "block"> & {
  readonly halt: Halt;
};

/** Do not restart: ask a person. */
export class HaltError extends Error {
  override readonly name = "HaltError";
  readonly code = "SAFETY_HALT";
  /** For a bundle that is still to be written. */
  readonly found: Contradiction | undefined;

  constructor(what: string, found?: Contradiction, cause?: unknown) {
    super(
      `${what}. Do not restart this validator; compare its data with another one's (quorate diagnose) before anything is moved.`,
      { cause },
    );
    this.found = found;
  }
}

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
  { halt, ...found }: Contradiction,
  owner: BundleOwner,
): HaltError {
  const { reason, height, ours, theirs } = halt;
  const path = join(directory, BUNDLE_FILE);
  const holdings = `we hold ${toHex(ours)}, not ${toHex(theirs)}`;
  const what = `${reason} at height ${height}: ${holdings} (${path})`;
  try {
    install(path, bundleJson(halt, { ...found, ...owner }));
    return new HaltError(what);
  } catch (error) {
    return new HaltError(`${what}; the bundle could not be written`, undefined, error);
  }
}

/** The error to stop with in the place of `error`: a contradiction that was found on the way up leaves a bundle, too. */
export function withBundle(directory: string, error: unknown, owner: BundleOwner): unknown {
  if (!(error instanceof HaltError) || error.found === undefined) return error;
  return recordHalt(directory, error.found, owner);
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
