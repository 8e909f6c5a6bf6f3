// Why a validator ended by a safety halt, as the bundle beside its data says.

import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** The reason stands at the beginning of what may be megabytes. */
const HEAD_BYTES = 1_024;
const BEGINNING = /^\{\s*"reason": "([a-z0-9-]{1,64})",\s*"height": "([0-9]{1,16})"/;

/** Undefined where there is no bundle that one can read. */
export function haltReason(dir: string): string | undefined {
  let file: number;
  try {
    file = openSync(join(dir, "data", "halt.json"), "r");
  } catch {
    // It halted before it could write one: its log tells more.
    return undefined;
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const length = readSync(file, head, 0, HEAD_BYTES, 0);
    const [, reason, height] = BEGINNING.exec(head.toString("latin1", 0, length)) ?? [];
    return reason === undefined ? undefined : `${reason} at height ${height}`;
  } finally {
    closeSync(file);
  }
}
