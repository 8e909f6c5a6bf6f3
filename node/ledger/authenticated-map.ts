// The authenticated key-value map: every state has a root, and every key, present or not, a proof against it (layout:
// map-proof.ts). A new key takes the next slot; a deleted key's slot is taken by the last one. Slots, and with them
// the root, follow from the order of the writes, which all replicas share; across a restart they are persisted with
// the values. Every write answers a `Change` that `revert` undoes exactly, the newest first.

import {
  assert,
  decode,
  type Hash,
  hashIn,
  portableHashLayer,
  struct,
  uint32,
  variableBytes,
} from "../../crypto/index.ts";
import { DenseTree } from "./dense-tree.ts";
import type { Hashers } from "./hashers.ts";
import { type Leaf, LeafHasher, MAX_KEY_BYTES, MAX_VALUE_BYTES } from "./leaf.ts";
import { MAX_LEAVES, type MapProof, mapRoot } from "./map-proof.ts";
import { SortedIndex } from "./sorted-index.ts";

/** A key's place in the map. Only the map changes it. */
export type MapEntry = {
  readonly key: Uint8Array;
  value: Uint8Array;
  slot: number;
  isPresent: boolean;
  isDirty: boolean;
  previous: MapEntry | undefined;
  next: MapEntry | undefined;
};

export type Change =
  | { readonly type: "updated"; readonly entry: MapEntry; readonly before: Uint8Array }
  | { readonly type: "inserted"; readonly entry: MapEntry }
  | {
      readonly type: "deleted";
      readonly entry: MapEntry;
      /** The one that took the deleted entry's slot. */
      readonly moved: MapEntry | undefined;
    };

/** One key as storage keeps it. The value is the slot and the map's value; storage need not look inside. */
export type StoredEntry = { readonly key: Uint8Array; readonly value: Uint8Array };

export type RestoreRefusal = "malformed-entry" | "slot-out-of-range" | "slot-taken" | "key-twice";

const EMPTY = new Uint8Array(0);
const storedValueCodec = struct<{ slot: number; value: Uint8Array }>({
  slot: uint32,
  value: variableBytes(MAX_VALUE_BYTES),
});

export class AuthenticatedMap {
  readonly #hash: typeof hashIn;
  readonly #leafHasher: LeafHasher;
  readonly #tree: DenseTree;
  readonly #index = new SortedIndex<MapEntry>();
  /** By slot. The first has the empty key and is no key of the map. */
  readonly #slots: MapEntry[] = [];
  #dirty: MapEntry[] = [];
  #root: Hash | undefined;

  constructor(hashers: Hashers = {}) {
    this.#hash = hashers.hash ?? hashIn;
    const hashLayer = hashers.hashLayer ?? portableHashLayer;
    this.#leafHasher = new LeafHasher(hashLayer);
    this.#tree = new DenseTree(hashLayer);
    this.#append(newEntry(EMPTY, EMPTY));
  }

  /** Rebuilds a map from all its stored entries, in any order. */
  static restore(
    stored: Iterable<StoredEntry>,
    hashers: Hashers = {},
  ):
    | { readonly ok: true; readonly map: AuthenticatedMap }
    | { readonly ok: false; readonly refusal: RestoreRefusal; readonly key: Uint8Array } {
    const bySlot: MapEntry[] = [];
    let count = 0;
    for (const { key, value: bytes } of stored) {
      const decoded = decode(storedValueCodec, bytes);
      if (!decoded.ok || key.length === 0 || key.length > MAX_KEY_BYTES) {
        return { ok: false, refusal: "malformed-entry", key };
      }
      const { slot, value } = decoded.value;
      if (slot === 0 || slot >= MAX_LEAVES) return { ok: false, refusal: "slot-out-of-range", key };
      if (bySlot[slot] !== undefined) return { ok: false, refusal: "slot-taken", key };
      bySlot[slot] = newEntry(copyOf(key), value);
      count += 1;
    }
    const beyond = bySlot.length > count + 1 ? bySlot[bySlot.length - 1] : undefined;
    if (beyond !== undefined) return { ok: false, refusal: "slot-out-of-range", key: beyond.key };
    const map = new AuthenticatedMap(hashers);
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

  /** Keeps copies of key and value. */
  set(key: Uint8Array, value: Uint8Array): Change {
    assert(value.length <= MAX_VALUE_BYTES, `a value has at most ${MAX_VALUE_BYTES} bytes`);
    const found = this.entry(key);
    const copy = copyOf(value);
    if (found === undefined) {
      const entry = newEntry(copyOf(key), copy);
      this.#append(entry);
      return { type: "inserted", entry };
    }
    const before = found.value;
    found.value = copy;
    this.#touch(found);
    return { type: "updated", entry: found, before };
  }

  /** Undefined when the key has no value anyway. */
  delete(key: Uint8Array): Change | undefined {
    const entry = this.entry(key);
    if (entry === undefined) return undefined;
    const last = this.#removeLastSlot();
    this.#unlink(entry);
    if (last === entry) return { type: "deleted", entry, moved: undefined };
    this.#place(last, entry.slot);
    return { type: "deleted", entry, moved: last };
  }

  /** Undoes the newest change that still stands. */
  revert(change: Change): void {
    const { entry } = change;
    if (change.type === "updated") {
      entry.value = change.before;
      this.#touch(entry);
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

  /** The root of the current state. Hashes what changed since it was last asked for. */
  root(): Hash {
    if (this.#root !== undefined) return this.#root;
    const dirty = this.#dirty.filter((entry) => entry.isPresent);
    this.#leafHasher.hash(dirty.map(leafOf), (index, digest) => {
      this.#tree.setLeaf(dirty[index]?.slot ?? 0, digest);
    });
    const slots = Int32Array.from(dirty, (entry) => entry.slot);
    for (const entry of this.#dirty) entry.isDirty = false;
    this.#dirty = [];
    this.#tree.update(slots.sort(), this.#slots.length);
    this.#root = mapRoot({ leafCount: this.#slots.length, top: this.#tree.top() }, this.#hash);
    return this.#root;
  }

  /** Proves what `key` holds, or that it holds nothing, under `root()`. */
  prove(key: Uint8Array): MapProof {
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, "a key has 1..256 bytes");
    this.root();
    const entry = this.#index.floor(key);
    assert(entry !== undefined, "the empty key is below every other");
    const siblings = this.#tree.path(entry.slot);
    return { leafCount: this.#slots.length, slot: entry.slot, leaf: leafOf(entry), siblings };
  }

  /** All that `restore` needs, in the order of the slots. */
  *entries(): IterableIterator<StoredEntry> {
    for (const entry of this.#slots) {
      if (entry.slot > 0) yield { key: entry.key, value: storedValue(entry) };
    }
  }

  #append(entry: MapEntry): void {
    assert(this.#slots.length < MAX_LEAVES, "a map has room for 2^30 keys");
    this.#place(entry, this.#slots.length);
    this.#link(entry);
  }

  #place(entry: MapEntry, slot: number): void {
    this.#slots[slot] = entry;
    entry.slot = slot;
    this.#touch(entry);
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
    this.#index.insert(entry);
    entry.isPresent = true;
    entry.previous = previous;
    entry.next = previous?.next;
    if (entry.next !== undefined) entry.next.previous = entry;
    if (previous !== undefined) {
      previous.next = entry;
      this.#touch(previous);
    }
    this.#touch(entry);
  }

  #unlink(entry: MapEntry): void {
    const { previous, next } = entry;
    assert(previous !== undefined, "the start of the list stays");
    this.#index.remove(entry.key);
    entry.isPresent = false;
    previous.next = next;
    if (next !== undefined) next.previous = previous;
    this.#touch(previous);
  }

  #touch(entry: MapEntry | undefined): void {
    this.#root = undefined;
    if (entry === undefined || entry.isDirty) return;
    entry.isDirty = true;
    this.#dirty.push(entry);
  }
}

/** How storage keeps a value that stands in `slot`: as `storedValueCodec` does, without its detours. */
export function storedValue(entry: {
  readonly slot: number;
  readonly value: Uint8Array;
}): Uint8Array {
  const { slot, value } = entry;
  const bytes = new Uint8Array(8 + value.length);
  bytes[0] = slot >>> 24;
  bytes[1] = slot >>> 16;
  bytes[2] = slot >>> 8;
  bytes[3] = slot;
  bytes[4] = value.length >>> 24;
  bytes[5] = value.length >>> 16;
  bytes[6] = value.length >>> 8;
  bytes[7] = value.length;
  bytes.set(value, 8);
  return bytes;
}

function leafOf({ key, value, next }: MapEntry): Leaf {
  return { key, value, nextKey: next?.key ?? EMPTY };
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
    isDirty: false,
    previous: undefined,
    next: undefined,
  };
}
