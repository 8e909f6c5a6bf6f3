// The authenticated key-value map: every state has a root, and every key, present or not, a proof against it (layout:
// map-proof.ts). A new key takes the next slot; a deleted key's slot is taken by the last one. Slots, and with them
// the root, follow from the order of the writes, which all replicas share; across a restart they are persisted with
// the values. `seal` ends a block of writes and hands out what they overwrote, with which the state before it can be
// read, proved and brought back; until then the newest writes can be undone.

import { assert, type Hash, hashIn, portableHashLayer } from "../../crypto/index.ts";
import { DenseTree } from "./dense-tree.ts";
import type { Hashers } from "./hashers.ts";
import { type Leaf, MAX_KEY_BYTES, MAX_VALUE_BYTES } from "./leaf.ts";
import { LeafHasher } from "./leaf-hasher.ts";
import { LeafRows } from "./leaf-rows.ts";
import { MAX_LEAVES, type MapProof, mapRoot } from "./map-proof.ts";
import { type FoundLeaf, Overwritten, type SlotLeaf } from "./overwritten.ts";
import { SortedIndex } from "./sorted-index.ts";
import type { Savepoint } from "./state-machine.ts";
import {
  readStoredValue,
  STORED_HEADER_BYTES,
  type StoredChange,
  type StoredEntry,
  storedValue,
} from "./stored-entry.ts";
import { WriteLog } from "./write-log.ts";

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
  /** By slot. The first has the empty key and is no key of the map. */
  readonly #leaves = new LeafRows();
  readonly #index = new SortedIndex(this.#leaves);
  readonly #maxKeys: number;
  /** What was written since all was last hashed. */
  readonly #log = new WriteLog();
  #count = 0;
  /** How many leaves there were then. */
  #sealedCount = 0;
  /** That of then, once it was asked for. */
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
    this.#append({ key: EMPTY, value: EMPTY, nextKey: EMPTY });
  }

  /** Rebuilds a map from all its stored entries, in any order. */
  static restore(
    stored: Iterable<StoredEntry>,
    hashers: Hashers = {},
    maxKeys = MAX_KEYS,
  ):
    | { readonly ok: true; readonly map: AuthenticatedMap }
    | { readonly ok: false; readonly refusal: RestoreRefusal; readonly key: Uint8Array } {
    const bySlot: StoredEntry[] = [];
    let count = 0;
    for (const { key, value: bytes } of stored) {
      const decoded = readStoredValue(bytes);
      if (decoded === undefined || key.length === 0 || key.length > MAX_KEY_BYTES) {
        return { ok: false, refusal: "malformed-entry", key };
      }
      const { slot, value } = decoded;
      if (slot === 0 || slot >= MAX_LEAVES) return { ok: false, refusal: "slot-out-of-range", key };
      if (bySlot[slot] !== undefined) return { ok: false, refusal: "slot-taken", key };
      bySlot[slot] = { key: copyOf(key), value };
      count += 1;
    }
    const beyond = bySlot.length > count + 1 ? bySlot[bySlot.length - 1] : undefined;
    if (beyond !== undefined) return { ok: false, refusal: "slot-out-of-range", key: beyond.key };
    const map = new AuthenticatedMap(hashers, maxKeys);
    for (let slot = 1; slot <= count; slot++) {
      const entry = bySlot[slot];
      assert(entry !== undefined, "as many slots as entries, none twice, none beyond");
      const { key, value } = entry;
      if (map.#index.get(key) !== undefined) return { ok: false, refusal: "key-twice", key };
      map.#append({ key, value, nextKey: EMPTY });
    }
    map.#linkAll();
    return { ok: true, map };
  }

  /** How many keys have a value. */
  get size(): number {
    return this.#count - 1;
  }

  /** A copy. */
  get(key: Uint8Array): Uint8Array | undefined {
    const slot = this.#slotOf(key);
    return slot === undefined ? undefined : this.#leaves.value(slot);
  }

  /**
   * Keeps copies of key and value.
   * @throws {StateFullError} when a new key finds no room; nothing has changed then.
   */
  set(key: Uint8Array, value: Uint8Array): void {
    assert(value.length <= MAX_VALUE_BYTES, `a value has at most ${MAX_VALUE_BYTES} bytes`);
    const slot = this.#slotOf(key);
    if (slot === undefined) {
      if (this.size >= this.#maxKeys) throw new StateFullError(this.#maxKeys);
      this.#insert(copyOf(key), value);
    } else {
      this.#logChange(slot);
      this.#leaves.setValue(slot, value);
    }
  }

  /** Nothing happens when the key has no value anyway. */
  delete(key: Uint8Array): void {
    const slot = this.#slotOf(key);
    if (slot === undefined) return;
    this.#index.remove(key);
    const previous = this.#floor(key);
    this.#logChange(previous);
    this.#leaves.setNextKey(previous, this.#leaves.nextKey(slot));
    const last = this.#count - 1;
    this.#logChange(last);
    if (slot !== last) {
      this.#logChange(slot);
      this.#leaves.copy(slot, this.#leaves, last);
      this.#index.place(this.#leaves.key(slot), slot);
    }
    this.#leaves.drop(last);
    this.#count = last;
  }

  /** A point in the writes since all was last hashed: `revert` takes it until all is hashed again. */
  get savepoint(): Savepoint {
    return this.#log.length;
  }

  /** Undoes the writes since then. */
  revert(savepoint: Savepoint): void {
    assert(savepoint >= 0 && savepoint <= this.#log.length, "a savepoint is in the past");
    while (this.#log.length > savepoint) {
      const { slot, wasEmpty } = this.#log.pop();
      if (wasEmpty) this.#putBack(slot, undefined);
      else this.#putBack(slot, { slot, leaves: this.#log.leaves, row: this.#log.length });
    }
  }

  /** The root of the current state. Hashes what changed since it was last asked for, and forgets what was before. */
  root(): Hash {
    if (this.#log.length > 0) this.seal();
    const leafCount = this.#count;
    this.#root ??= mapRoot({ leafCount, top: this.#tree.top() }, this.#hash);
    return this.#root;
  }

  /** What storage must write to get here from the state that was last hashed. */
  changes(): readonly StoredChange[] {
    const changes: StoredChange[] = [];
    const log = this.#log;
    for (const row of log.firsts) {
      const slot = log.slotOf(row);
      const [wasThere, isThere] = [slot < this.#sealedCount, slot < this.#count];
      const isSameKey = wasThere && isThere && this.#keepsKey(slot, row);
      if (isSameKey && this.#leaves.hasSameValue(slot, log.leaves, row)) continue;
      if (isThere) changes.push({ key: this.#leaves.key(slot), value: this.#stored(slot) });
      if (!wasThere || isSameKey) continue;
      const key = log.leaves.key(row);
      if (this.#index.get(key) === undefined) changes.push({ key, value: undefined });
    }
    return changes;
  }

  /** Hashes what changed since the last time, and hands out what that overwrote. */
  seal(): Overwritten {
    const log = this.#log;
    // The path of the slot that is now last has lost its right-hand sides.
    if (this.#count < this.#sealedCount) this.#logChange(this.#count - 1);
    const written = log.writtenSlots();
    const present = written.subarray(0, lengthBelow(written, this.#count));
    const nodes = this.#tree.update(present, this.#count, () => {
      for (const slot of present) this.#leafHasher.add(slot, this.#leaves);
      this.#leafHasher.finish();
    });
    const slots = written.slice(0, lengthBelow(written, this.#sealedCount));
    const firsts = slots.map((slot) => log.firstTo(slot));
    const overwritten = new Overwritten({
      nodes,
      slots,
      leaves: LeafRows.picked(log.leaves, firsts),
      inserted: log.inserted,
      hasRemoved: this.#hasRemoved(),
    });
    this.#startLog();
    return overwritten;
  }

  /** Undoes the newest `seal` that still stands, with all that it ended: the nodes come back without being hashed again. */
  takeBack({ nodes, slots, leaves }: Overwritten): void {
    assert(this.#log.length === 0, "what came after is taken back before");
    for (let slot = this.#count - 1; slot >= nodes.count; slot--) this.#putBack(slot, undefined);
    slots.forEach((slot, row) => {
      this.#putBack(slot, { slot, leaves, row });
    });
    assert(nodes.count === this.#count, "every slot has back what it had");
    this.#tree.takeBack(nodes);
    this.#startLog();
  }

  /** Proves what `key` holds, or that it holds nothing, under `root()`. */
  prove(key: Uint8Array): MapProof {
    this.root();
    return this.proveBefore([], key);
  }

  /** Reads the state before `blocks`: the newest ones that were sealed, the oldest first. A copy. */
  getBefore(blocks: readonly Overwritten[], key: Uint8Array): Uint8Array | undefined {
    const slot = this.#slotOf(key);
    let found: FoundLeaf | undefined =
      slot === undefined ? undefined : { slot, leaves: this.#leaves, row: slot };
    for (let index = blocks.length - 1; index >= 0; index--) {
      found = blocks[index]?.before(key, found);
    }
    return found?.leaves.value(found.row);
  }

  /** Proves what `key` held in the state before `blocks`, which are as for `getBefore`. */
  proveBefore(blocks: readonly Overwritten[], key: Uint8Array): MapProof {
    assert(this.#log.length === 0, "what is proved is sealed");
    const { slot, key: found, value, nextKey } = this.#leafBefore(blocks, key);
    const updates = blocks.map(({ nodes }) => nodes);
    return {
      leafCount: updates[0]?.count ?? this.#count,
      slot,
      leaf: { key: found, value, nextKey },
      siblings: this.#tree.path(slot, updates),
    };
  }

  /** All that `restore` needs, in the order of the slots. */
  *entries(): IterableIterator<StoredEntry> {
    for (let slot = 1; slot < this.#count; slot++) {
      yield { key: this.#leaves.key(slot), value: this.#stored(slot) };
    }
  }

  /** Whether a slot has the key that the first write to it found. */
  #keepsKey(slot: number, row: number): boolean {
    if (!this.#hasRemoved()) return true;
    return this.#log.leaves.compareKey(row, this.#leaves.key(slot)) === 0;
  }

  #hasRemoved(): boolean {
    return this.#count < this.#sealedCount + this.#log.inserted.length;
  }

  #stored(slot: number): Uint8Array {
    return storedValue(slot, this.#leaves.value(slot, STORED_HEADER_BYTES));
  }

  #slotOf(key: Uint8Array): number | undefined {
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, "a key has 1..256 bytes");
    return this.#index.get(key);
  }

  /** The leaf of `key` or of the next smaller one. */
  #leafBefore(blocks: readonly Overwritten[], key: Uint8Array): SlotLeaf {
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, "a key has 1..256 bytes");
    for (const block of blocks) {
      const leaf = block.leafFor(key);
      if (leaf !== undefined) return leaf;
    }
    const slot = this.#floor(key);
    return { ...this.#leaves.leaf(slot), slot };
  }

  #floor(key: Uint8Array): number {
    const slot = this.#index.floor(key);
    assert(slot !== undefined, "the empty key is below every other");
    return slot;
  }

  #insert(key: Uint8Array, value: Uint8Array): void {
    const previous = this.#floor(key);
    this.#append({ key, value, nextKey: this.#leaves.nextKey(previous) });
    this.#logChange(previous);
    this.#leaves.setNextKey(previous, key);
  }

  /** Gives every leaf its next key. */
  #linkAll(): void {
    let previous: number | undefined;
    for (const slot of this.#index.values()) {
      if (previous !== undefined) this.#leaves.setNextKey(previous, this.#leaves.key(slot));
      previous = slot;
    }
  }

  /** The key is the map's own from now on. */
  #append(leaf: Leaf): void {
    assert(this.#count < MAX_LEAVES, "a map has room for 2^30 leaves");
    const slot = this.#count;
    this.#log.addInsertion(slot, leaf.key);
    this.#leaves.set(slot, leaf);
    this.#index.place(leaf.key, slot);
    this.#count += 1;
  }

  /** The leaf of the slot is about to change or to go. */
  #logChange(slot: number): void {
    this.#log.addChange(slot, this.#leaves);
  }

  /** Brings back what stood in a slot. Another slot may have the same key until it has its own back. */
  #putBack(slot: number, found: FoundLeaf | undefined): void {
    if (slot < this.#count) {
      const key = this.#leaves.key(slot);
      if (found !== undefined && found.leaves.compareKey(found.row, key) === 0) {
        this.#leaves.copy(slot, found.leaves, found.row);
        return;
      }
      if (this.#index.get(key) === slot) this.#index.remove(key);
    }
    if (found === undefined) {
      this.#leaves.drop(slot);
      this.#count = slot;
    } else {
      this.#leaves.copy(slot, found.leaves, found.row);
      this.#index.place(this.#leaves.key(slot), slot);
      this.#count = Math.max(this.#count, slot + 1);
    }
  }

  #startLog(): void {
    this.#log.clear();
    this.#sealedCount = this.#count;
    this.#root = undefined;
  }
}

/** A plain array: a Buffer's slice() would alias. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

/** How many of ascending numbers are below a bound. */
function lengthBelow(ascending: Int32Array, bound: number): number {
  let length = ascending.length;
  while (length > 0 && (ascending[length - 1] as number) >= bound) length -= 1;
  return length;
}
