// States, and changes of states, as lists of what storage keeps under each key, in the order of the keys.

import { compareBytes, equalBytes } from "../../crypto/index.ts";
import { differencesBetween, type StoredEntry } from "../ledger/index.ts";

/** Of a change, a value that is undefined removes the key. */
export type Entry = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };
export type Entries = readonly Entry[];

export type FirstDifference = {
  readonly key: Uint8Array;
  readonly left: Uint8Array | undefined;
  readonly right: Uint8Array | undefined;
  /** How many keys differ. */
  readonly count: number;
};

/** Keys of the ledger itself: they follow from all others, and come first in the order of bytes. */
const SYSTEM_KEY_KIND = 0;

export function sorted(entries: Iterable<Entry>): Entries {
  return [...entries].sort((left, right) => compareBytes(left.key, right.key));
}

/** The state after `changes`. Both sorted. */
export function changed(state: Entries, changes: Entries): Entries {
  const all = sorted([...changes, ...state]);
  // The sort is stable: of two entries for one key the change comes first.
  return all.filter(({ key, value }, index) => {
    const previous = all[index - 1];
    const isReplaced = previous !== undefined && equalBytes(previous.key, key);
    return !isReplaced && value !== undefined;
  });
}

/** The first key of the application or of an account; one of the ledger's own only where no other differs. */
export function firstDifference(left: Entries, right: Entries): FirstDifference | undefined {
  const differences = [...differencesBetween(present(left), present(right))];
  const first = differences.find(({ key }) => key[0] !== SYSTEM_KEY_KIND) ?? differences[0];
  return first && { ...first, count: differences.length };
}

function* present(entries: Entries): Iterable<StoredEntry> {
  for (const { key, value } of entries) if (value !== undefined) yield { key, value };
}
