// What one block overwrote in the map: the leaves and nodes that the state before it had in their place. A state of the
// past is the present one with what later blocks overwrote laid over it, the oldest block's on top.
//
// Every leaf that a block changes is remembered, and a leaf covers the keys from its own up to the next. So if the leaf
// that covers a key before the block is among those, it is the answer; if not, the block left it as it was, and the
// same question about the next newer block gives it.

import { compareBytes } from "../../crypto/index.ts";
import { type OverwrittenNodes, positionOf } from "./dense-tree.ts";
import type { Leaf } from "./leaf.ts";
import type { LeafRows } from "./leaf-rows.ts";

export type SlotLeaf = Leaf & { readonly slot: number };

/** The slot of a leaf, and the row that it can be read in. */
export type FoundLeaf = {
  readonly slot: number;
  readonly leaves: LeafRows;
  readonly row: number;
};

/** Rough sizes in memory of what is kept for a node and for a leaf, unless it is a long one. */
const BYTES_PER_NODE = 36;
const BYTES_PER_LEAF = 100;
const BYTES_PER_INSERTED_KEY = 150;
/** Every block is asked about once or twice, for the proof that is kept of the one before; sorting costs thirty scans. */
const MAX_SCANS = 4;

export class Overwritten {
  readonly nodes: OverwrittenNodes;
  /** The slots whose leaves the block changed or took away, ascending. */
  readonly slots: Int32Array;
  /** Those leaves, in rows of the same order. */
  readonly leaves: LeafRows;
  /** Every key that the block made a leaf for. It may have had another one before. */
  readonly #inserted: readonly Uint8Array[];
  readonly #hasRemoved: boolean;
  /** The rows in the order of their keys: made when somebody keeps asking, which is seldom. */
  #order: Int32Array | undefined;
  #scans = 0;

  constructor(block: {
    readonly nodes: OverwrittenNodes;
    readonly slots: Int32Array;
    readonly leaves: LeafRows;
    readonly inserted: readonly Uint8Array[];
    /** Whether it took any leaf away. */
    readonly hasRemoved: boolean;
  }) {
    this.nodes = block.nodes;
    this.slots = block.slots;
    this.leaves = block.leaves;
    this.#inserted = block.inserted;
    this.#hasRemoved = block.hasRemoved;
  }

  /** About what this keeps in memory. */
  get bytes(): number {
    const leaves = BYTES_PER_LEAF * this.slots.length + this.leaves.apartBytes;
    const nodes = BYTES_PER_NODE * this.nodes.indexes.length;
    return leaves + nodes + BYTES_PER_INSERTED_KEY * this.#inserted.length;
  }

  /** Every key whose leaf was changed, made or taken away; in no order, some of them twice. */
  keys(): readonly Uint8Array[] {
    const old = Array.from(this.slots, (_, row) => this.leaves.key(row));
    return [...old, ...this.#inserted];
  }

  /** The leaf of `key` or of the next smaller one before the block; undefined: it is the same after the block. */
  leafFor(key: Uint8Array): SlotLeaf | undefined {
    const row = this.#rowFor(key);
    if (row === undefined) return undefined;
    return { ...this.leaves.leaf(row), slot: this.slots[row] as number };
  }

  /** Where the leaf of `key` stood before the block, if it stands in `found` after it; undefined: nowhere. */
  before(key: Uint8Array, found: FoundLeaf | undefined): FoundLeaf | undefined {
    const slot = found?.slot ?? -1;
    const row = positionOf(this.slots, slot);
    if (row >= 0 && this.leaves.compareKey(row, key) === 0) return this.#found(row);
    const isInOldSlot = slot < this.nodes.count;
    // A leaf moves only to where another one was taken away.
    if (!this.#hasRemoved) return isInOldSlot ? found : undefined;
    if (found !== undefined && isInOldSlot && row < 0) return found;
    const covering = this.#rowFor(key);
    const isOwn = covering !== undefined && this.leaves.compareKey(covering, key) === 0;
    return isOwn ? this.#found(covering) : undefined;
  }

  #found(row: number): FoundLeaf {
    return { slot: this.slots[row] as number, leaves: this.leaves, row };
  }

  /** The row of the leaf that covered `key`, if the block changed it. */
  #rowFor(key: Uint8Array): number | undefined {
    const isWorthSorting = this.#order !== undefined || ++this.#scans > MAX_SCANS;
    const row = isWorthSorting ? this.#search(key) : this.#scan(key);
    if (row === undefined) return undefined;
    const nextKey = this.leaves.nextKey(row);
    return nextKey.length === 0 || compareBytes(key, nextKey) < 0 ? row : undefined;
  }

  /** The row of the largest key that is not above `key`. */
  #search(key: Uint8Array): number | undefined {
    this.#order ??= this.#sorted();
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.leaves.compareKey(this.#order[middle] as number, key) > 0) high = middle;
      else low = middle + 1;
    }
    return this.#order[low - 1];
  }

  /** The same without the order. */
  #scan(key: Uint8Array): number | undefined {
    let best: { readonly row: number; readonly key: Uint8Array } | undefined;
    for (let row = 0; row < this.slots.length; row++) {
      if (this.leaves.compareKey(row, key) > 0) continue;
      if (best === undefined || this.leaves.compareKey(row, best.key) > 0) {
        best = { row, key: this.leaves.key(row) };
      }
    }
    return best?.row;
  }

  #sorted(): Int32Array {
    const keys = Array.from(this.slots, (_, row) => this.leaves.key(row));
    const order = Int32Array.from(keys.keys());
    return order.sort((left, right) =>
      compareBytes(keys[left] as Uint8Array, keys[right] as Uint8Array),
    );
  }
}
