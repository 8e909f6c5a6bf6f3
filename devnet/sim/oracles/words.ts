// Byte strings as keys of maps and as readers see them, and the leave to sum up who is honest.

import type { ValidatorIndex } from "../../../consensus/index.ts";
import { toHex } from "../../../crypto/index.ts";
import type { Premises } from "./oracle.ts";

/** Equal for equal bytes; one character a byte. */
export function wordOf(bytes: Uint8Array): string {
  // Spreading would iterate, at several times the cost.
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

/** The first four bytes: `a1b2c3d4`. */
export function short(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, 4)).slice(2);
}

/** What `short` says of the bytes behind a word. */
export function shortWord(word: string): string {
  return short(Uint8Array.from(word.slice(0, 4), (character) => character.charCodeAt(0)));
}

export function isHonestValidator({ isHonest }: Premises, index: ValidatorIndex): boolean {
  return isHonest(index);
}

/** Are the liars too few for a quorum of their own? Then each quorum holds somebody who keeps the rules. */
export function everyQuorumHasAnHonest(premises: Premises): boolean {
  const { members, quorumPower } = premises.validators;
  let lying = 0;
  for (const [index, { power }] of members.entries()) {
    if (!isHonestValidator(premises, index)) lying += power;
  }
  return lying < quorumPower;
}
