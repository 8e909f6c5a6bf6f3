// Which keys differ: between two states of one ledger, and between two whole stored states, as of two data directories.

import { assert, compareBytes, equalBytes } from "../../crypto/index.ts";
import type { Overwritten } from "./overwritten.ts";
import type { StateReader } from "./state-machine.ts";
import type { StoredEntry } from "./stored-entry.ts";

/** A key and what two states say of it; undefined: nothing. */
export type StateDifference = {
  readonly key: Uint8Array;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
};

/** As storage keeps the values, slot and all; undefined: no such key. */
export type StoredDifference = {
  readonly key: Uint8Array;
  readonly left: Uint8Array | undefined;
  readonly right: Uint8Array | undefined;
};

/** In the order of the keys. `blocks` are those between the two states. */
export function differencesAmong(
  blocks: readonly Overwritten[],
  before: StateReader,
  after: StateReader,
): readonly StateDifference[] {
  const keys = blocks.flatMap((block) => block.keys());
  return keys
    .sort(compareBytes)
    .filter((key, index) => {
      const previous = keys[index - 1];
      return key.length > 0 && (previous === undefined || !equalBytes(previous, key));
    })
    .map((key) => ({ key, before: before.get(key), after: after.get(key) }))
    .filter((each) => !isSame(each.before, each.after));
}

/**
 * The keys in which two whole states differ, in order. Both have their entries in the order of the keys, as a store
 * yields them. Two roots differ also when a key stands in different slots: that is a difference here.
 */
export function* differencesBetween(
  left: Iterable<StoredEntry>,
  right: Iterable<StoredEntry>,
): IterableIterator<StoredDifference> {
  const [lefts, rights] = [ascending(left), ascending(right)];
  let [one, other] = [lefts.next().value, rights.next().value];
  while (one !== undefined || other !== undefined) {
    const order =
      one === undefined ? 1 : other === undefined ? -1 : compareBytes(one.key, other.key);
    const [mine, theirs] = [order <= 0 ? one : undefined, order >= 0 ? other : undefined];
    const key = (mine ?? theirs)?.key;
    assert(key !== undefined, "one side has an entry");
    if (!isSame(mine?.value, theirs?.value)) {
      yield { key, left: mine?.value, right: theirs?.value };
    }
    if (mine !== undefined) one = lefts.next().value;
    if (theirs !== undefined) other = rights.next().value;
  }
}

function* ascending(entries: Iterable<StoredEntry>): Generator<StoredEntry, undefined> {
  let last: Uint8Array | undefined;
  for (const entry of entries) {
    assert(
      last === undefined || compareBytes(last, entry.key) < 0,
      "entries come in the order of their keys",
    );
    last = entry.key;
    yield entry;
  }
  return undefined;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return equalBytes(one, other);
}
