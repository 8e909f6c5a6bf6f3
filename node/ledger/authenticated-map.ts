// The authenticated key-value map: every state has a root, and every key, present or not, a proof against it (layout:
// map-proof.ts). A new key takes the next slot; a deleted key's slot is taken by the last one. Slots, and with them
// the root, follow from the order of the writes, which all replicas share; across a restart they are persisted with
// the values. Every write answers a `Change` that `revert` undoes exactly, the newest first; `seal` ends a block of
// them and hands out what they overwrote, with which the state before it can be read, proved and brought back.

import { assert, equalBytes, type Hash, hashIn, portableHashLayer } from "../../crypto/index.ts";
import { DenseTree } from "./dense-tree.ts";
import type { Hashers } from "./hashers.ts";
import { LeafHasher, MAX_KEY_BYTES, MAX_VALUE_BYTES } from "./leaf.ts";
import { MAX_LEAVES, type MapProof, mapRoot } from "./map-proof.ts";
import { Overwritten, type SlotLeaf } from "./overwritten.ts";
import { SortedIndex } from "./sorted-index.ts";
import { readStoredValue, type StoredEntry, storedValue } from "./stored-entry.ts";

/** A key's place in the map. Only the map changes it. */
export type MapEntry = {
  readonly key: Uint8Array;
  value: Uint8Array;
  slot: number;
  isPresent: boolean;
  /** The block of writes that touched it last. */
  touchedIn: number;
  previous: MapEntry | undefined;
  next: MapEntry | undefined;
  /** That of `next`, or empty: a look at the next entry would be a miss of the cache for each write. */
  nextKey: Uint8Array;
};

/** `value` is the one before. */
export type Change =
  | { readonly type: "updated"; readonly entry: MapEntry; readonly value: Uint8Array }
  | { readonly type: "inserted"; readonly entry: MapEntry }
  | {
      readonly type: "deleted";
      readonly entry: MapEntry;
      readonly value: Uint8Array;
      /** The one that took the deleted entry's slot. */
      readonly moved: MapEntry | undefined;
    };

export type RestoreRefusal = "malformed-entry" | "slot-out-of-range" | "slot-taken" | "key-twice";

/** One of the slots is the start of the list. */
export const MAX_KEYS = MAX_LEAVES - 1;

const EMPTY = new Uint8Array(0);

/** There is no room for another key. The map is as it was before the write. */
export class StateFullError extends Error {
  override readonly name = "StateFullError";
  readonly code = "STATE_FULL";
  readonly maxKeys: number;

  constructor(maxKeys: number) {
    super(`the state holds its ${maxKeys} keys: delete one before a new one is set`);
    this.maxKeys = maxKeys;
  }
}

export class AuthenticatedMap {
  readonly #hash: typeof hashIn;
  readonly #leafHasher: LeafHasher;
  readonly #tree: DenseTree;
  readonly #index = new SortedIndex<MapEntry>();
  /** By slot. The first has the empty key and is no key of the map. */
  readonly #slots: MapEntry[] = [];
  readonly #maxKeys: number;
  /** How often the touched entries were forgotten: those that bear this number are among the dirty. */
  #sealed = 0;
  #dirty: MapEntry[] = [];
  /** The leaves of the dirty entries as they were when all was last hashed, if they had one. */
  #overwritten = new Overwritten();
  #root: Hash | undefined;

  constructor(hashers: Hashers = {}, maxKeys = MAX_KEYS) {
    assert(maxKeys >= 1 && maxKeys <= MAX_KEYS, "a map has room for 1..2^30-1 keys");
    this.#maxKeys = maxKeys;
    this.#hash = hashers.hash ?? hashIn;
    const hashLayer = hashers.hashLayer ?? portableHashLayer;
    this.#tree = new DenseTree(hashLayer);
    this.#leafHasher = new LeafHasher(hashLayer, (slots, digests) => {
      this.#tree.setLeaves(slots, digests);
    });
    this.#append(newEntry(EMPTY, EMPTY));
  }

  /** Rebuilds a map from all its stored entries, in any order. */
  static restore(
    stored: Iterable<StoredEntry>,
    hashers: Hashers = {},
    maxKeys = MAX_KEYS,
  ):
    | { readonly ok: true; readonly map: AuthenticatedMap }
    | { readonly ok: false; readonly refusal: RestoreRefusal; readonly key: Uint8Array } {
    const bySlot: MapEntry[] = [];
    let count = 0;
    for (const { key, value: bytes } of stored) {
      const decoded = readStoredValue(bytes);
      if (decoded === undefined || key.length === 0 || key.length > MAX_KEY_BYTES) {
        return { ok: false, refusal: "malformed-entry", key };
      }
      const { slot, value } = decoded;
      if (slot === 0 || slot >= MAX_LEAVES) return { ok: false, refusal: "slot-out-of-range", key };
      if (bySlot[slot] !== undefined) return { ok: false, refusal: "slot-taken", key };
      bySlot[slot] = newEntry(copyOf(key), value);
      count += 1;
    }
    const beyond = bySlot.length > count + 1 ? bySlot[bySlot.length - 1] : undefined;
    if (beyond !== undefined) return { ok: false, refusal: "slot-out-of-range", key: beyond.key };
    const map = new AuthenticatedMap(hashers, maxKeys);
    for (let slot = 1; slot <= count; slot++) {
      const entry = bySlot[slot];
      assert(entry !== undefined, "as many slots as entries, none twice, none beyond");
      if (map.#index.get(entry.key) !== undefined) {
        return { ok: false, refusal: "key-twice", key: entry.key };
      }
      map.#append(entry);
    }
    return { ok: true, map };
  }

  /** How many keys have a value. */
  get size(): number {
    return this.#slots.length - 1;
  }

  /** The value itself, not a copy: never write into it. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.entry(key)?.value;
  }

  entry(key: Uint8Array): MapEntry | undefined {
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, "a key has 1..256 bytes");
    return this.#index.get(key);
  }

  /**
   * Keeps copies of key and value.
   * @throws {StateFullError} when a new key finds no room; nothing has changed then.
   */
  set(key: Uint8Array, value: Uint8Array): Change {
    assert(value.length <= MAX_VALUE_BYTES, `a value has at most ${MAX_VALUE_BYTES} bytes`);
    const found = this.entry(key);
    const copy = copyOf(value);
    if (found === undefined) {
      if (this.size >= this.#maxKeys) throw new StateFullError(this.#maxKeys);
      const entry = newEntry(copyOf(key), copy);
      this.#append(entry);
      return { type: "inserted", entry };
    }
    const before = found.value;
    this.#touch(found);
    found.value = copy;
    return { type: "updated", entry: found, value: before };
  }

  /** Undefined when the key has no value anyway. */
  delete(key: Uint8Array): Change | undefined {
    const entry = this.entry(key);
    if (entry === undefined) return undefined;
    const last = this.#removeLastSlot();
    this.#unlink(entry);
    const { value } = entry;
    if (last === entry) return { type: "deleted", entry, value, moved: undefined };
    this.#place(last, entry.slot);
    return { type: "deleted", entry, value, moved: last };
  }

  /** Undoes the newest change that still stands. */
  revert(change: Change): void {
    const { entry } = change;
    if (change.type === "updated") {
      this.#touch(entry);
      entry.value = change.value;
    } else if (change.type === "inserted") {
      assert(this.#removeLastSlot() === entry, "the newest key has the last slot");
      this.#unlink(entry);
    } else {
      const { moved } = change;
      if (moved !== undefined) this.#place(moved, this.#slots.length);
      this.#place(entry, entry.slot);
      this.#link(entry);
    }
  }

  /** The root of the current state. Hashes what changed since it was last asked for, and forgets what was before. */
  root(): Hash {
    if (this.#dirty.length > 0) this.seal();
    const leafCount = this.#slots.length;
    this.#root ??= mapRoot({ leafCount, top: this.#tree.top() }, this.#hash);
    return this.#root;
  }

  /** Hashes what changed since the last time, and hands out what that overwrote. */
  seal(): Overwritten {
    const dirty = this.#dirty.filter((entry) => entry.isPresent);
    const slots = new Int32Array(dirty.length);
    for (let index = 0; index < dirty.length; index++) slots[index] = dirty[index]?.slot ?? 0;
    const nodes = this.#tree.update(slots.sort(), this.#slots.length, () => {
      for (const entry of dirty) this.#leafHasher.add(entry.slot, entry);
      this.#leafHasher.finish();
    });
    const overwritten = this.#overwritten;
    overwritten.close(nodes);
    this.#forgetDirty();
    return overwritten;
  }

  /**
   * Undoes the newest `seal` that still stands, once every change that it ended is reverted: the nodes come back without
   * being hashed again.
   */
  takeBack({ nodes }: Overwritten): void {
    assert(nodes.count === this.#slots.length, "the changes are reverted before their hashes");
    this.#tree.takeBack(nodes);
    this.#forgetDirty();
  }

  /** Proves what `key` holds, or that it holds nothing, under `root()`. */
  prove(key: Uint8Array): MapProof {
    this.root();
    return this.proveBefore([], key);
  }

  /** Reads the state before `blocks`: the newest ones that were sealed, the oldest first. */
  getBefore(blocks: readonly Overwritten[], key: Uint8Array): Uint8Array | undefined {
    const leaf = this.#leafBefore(blocks, key);
    return equalBytes(leaf.key, key) ? leaf.value : undefined;
  }

  /** Proves what `key` held in the state before `blocks`, which are as for `getBefore`. */
  proveBefore(blocks: readonly Overwritten[], key: Uint8Array): MapProof {
    assert(this.#dirty.length === 0, "what is proved is sealed");
    const { slot, key: found, value, nextKey } = this.#leafBefore(blocks, key);
    const updates = blocks.map(({ nodes }) => nodes);
    return {
      leafCount: updates[0]?.count ?? this.#slots.length,
      slot,
      leaf: { key: found, value, nextKey },
      siblings: this.#tree.path(slot, updates),
    };
  }

  /** All that `restore` needs, in the order of the slots. */
  *entries(): IterableIterator<StoredEntry> {
    for (const entry of this.#slots) {
      if (entry.slot > 0) yield { key: entry.key, value: storedValue(entry) };
    }
  }

  /** The leaf of `key` or of the next smaller one. */
  #leafBefore(blocks: readonly Overwritten[], key: Uint8Array): SlotLeaf {
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, "a key has 1..256 bytes");
    for (const block of blocks) {
      const leaf = block.leafFor(key);
      if (leaf !== undefined) return leaf;
    }
    const entry = this.#index.floor(key);
    assert(entry !== undefined, "the empty key is below every other");
    return entry;
  }

  #append(entry: MapEntry): void {
    assert(this.#slots.length < MAX_LEAVES, "a map has room for 2^30 leaves");
    this.#place(entry, this.#slots.length);
    this.#link(entry);
  }

  #place(entry: MapEntry, slot: number): void {
    this.#touch(entry);
    this.#slots[slot] = entry;
    entry.slot = slot;
  }

  #removeLastSlot(): MapEntry {
    const last = this.#slots.pop();
    assert(last !== undefined && last.slot > 0, "the start of the list stays");
    // The path of the slot that is now last loses its right-hand sides.
    this.#touch(this.#slots[this.#slots.length - 1]);
    return last;
  }

  #link(entry: MapEntry): void {
    const previous = this.#index.floor(entry.key);
    this.#touch(previous);
    this.#touch(entry);
    this.#index.insert(entry);
    entry.isPresent = true;
    entry.previous = previous;
    point(entry, previous?.next);
    if (previous !== undefined) point(previous, entry);
  }

  #unlink(entry: MapEntry): void {
    const { previous, next } = entry;
    assert(previous !== undefined, "the start of the list stays");
    this.#touch(previous);
    this.#touch(entry);
    this.#index.remove(entry.key);
    entry.isPresent = false;
    point(previous, next);
  }

  /** Before an entry's leaf changes, its slot, or whether it is there. */
  #touch(entry: MapEntry | undefined): void {
    this.#root = undefined;
    if (entry === undefined || entry.touchedIn === this.#sealed) return;
    entry.touchedIn = this.#sealed;
    this.#dirty.push(entry);
    if (entry.isPresent) this.#overwritten.addLeaf(entry);
    else this.#overwritten.addInserted(entry.key);
  }

  #forgetDirty(): void {
    this.#sealed += 1;
    this.#dirty = [];
    this.#overwritten = new Overwritten();
    this.#root = undefined;
  }
}

/** Makes `next` the one after `entry`. */
function point(entry: MapEntry, next: MapEntry | undefined): void {
  entry.next = next;
  entry.nextKey = next?.key ?? EMPTY;
  if (next !== undefined) next.previous = entry;
}

/** A plain array: a Buffer's slice() would alias. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

function newEntry(key: Uint8Array, value: Uint8Array): MapEntry {
  return {
    key,
    value,
    slot: 0,
    isPresent: false,
    touchedIn: -1,
    previous: undefined,
    next: undefined,
    nextKey: EMPTY,
  };
}
