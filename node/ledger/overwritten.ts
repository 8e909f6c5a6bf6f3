// What one block overwrote in the map: the leaves and nodes that the state before it had in their place. A state of the
// past is the present one with what later blocks overwrote laid over it, the oldest block's on top.
//
// Every leaf that a block changes is remembered, and a leaf covers the keys from its own up to the next. So if the leaf
// that covers a key before the block is among those, it is the answer; if not, the block left it as it was, and the
// same question about the next newer block gives it.

import { assert, compareBytes } from "../../crypto/index.ts";
import type { OverwrittenNodes } from "./dense-tree.ts";
import type { Leaf } from "./leaf.ts";

export type SlotLeaf = Leaf & { readonly slot: number };

/** Rough sizes in memory of what is kept for a node and for a leaf, its value apart. */
const BYTES_PER_NODE = 36;
const BYTES_PER_LEAF = 280;
/** Every block is asked about once or twice, for the proof that is kept of the one before; sorting costs thirty scans. */
const MAX_SCANS = 4;

export class Overwritten {
  // Not one object for each leaf: a history keeps a hundred thousand of them.
  readonly #keys: Uint8Array[] = [];
  readonly #nextKeys: Uint8Array[] = [];
  readonly #slots: number[] = [];
  readonly #values: Uint8Array[] = [];
  readonly #inserted: Uint8Array[] = [];
  #valueBytes = 0;
  #nodes: OverwrittenNodes | undefined;
  /** The leaves in the order of their keys: made when somebody keeps asking, which is seldom. */
  #order: Int32Array | undefined;
  #scans = 0;

  /** A leaf that the block is about to change, or to take away; no leaf twice. */
  addLeaf(leaf: SlotLeaf): void {
    const { key, value, nextKey, slot } = leaf;
    this.#keys.push(key);
    this.#nextKeys.push(nextKey);
    this.#slots.push(slot);
    this.#values.push(value);
    this.#valueBytes += value.length;
  }

  /** A key that the block makes an entry for. It may have had another one before. */
  addInserted(key: Uint8Array): void {
    this.#inserted.push(key);
  }

  /** The block has ended. */
  close(nodes: OverwrittenNodes): void {
    this.#nodes = nodes;
  }

  get nodes(): OverwrittenNodes {
    assert(this.#nodes !== undefined, "what a block overwrote is asked for when it has ended");
    return this.#nodes;
  }

  /** About what this keeps in memory. */
  get bytes(): number {
    const leaves = BYTES_PER_LEAF * this.#keys.length + this.#valueBytes;
    return leaves + BYTES_PER_NODE * this.nodes.indexes.length;
  }

  /** Every key whose leaf was changed, made or taken away; in no order, some of them twice. */
  keys(): readonly Uint8Array[] {
    return [...this.#keys, ...this.#inserted];
  }

  /** The leaf of `key` or of the next smaller one before the block; undefined: it is the same after the block. */
  leafFor(key: Uint8Array): SlotLeaf | undefined {
    const isWorthSorting = this.#order !== undefined || ++this.#scans > MAX_SCANS;
    const position = isWorthSorting ? this.#search(key) : this.#scan(key);
    if (position === undefined) return undefined;
    const leaf = this.#leafAt(position);
    const isLast = leaf.nextKey.length === 0;
    return isLast || compareBytes(key, leaf.nextKey) < 0 ? leaf : undefined;
  }

  /** The position of the largest key that is not above `key`. */
  #search(key: Uint8Array): number | undefined {
    this.#order ??= this.#sorted();
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#keys[this.#order[middle] as number] as Uint8Array, key) > 0) {
        high = middle;
      } else low = middle + 1;
    }
    return this.#order[low - 1];
  }

  /** The same without the order. */
  #scan(key: Uint8Array): number | undefined {
    let best: number | undefined;
    for (const [position, candidate] of this.#keys.entries()) {
      if (compareBytes(candidate, key) > 0) continue;
      const isBetter =
        best === undefined || compareBytes(candidate, this.#keys[best] as Uint8Array) > 0;
      if (isBetter) best = position;
    }
    return best;
  }

  #sorted(): Int32Array {
    const order = Int32Array.from(this.#keys.keys());
    return order.sort((left, right) =>
      compareBytes(this.#keys[left] as Uint8Array, this.#keys[right] as Uint8Array),
    );
  }

  #leafAt(position: number): SlotLeaf {
    const key = this.#keys[position];
    const value = this.#values[position];
    const nextKey = this.#nextKeys[position];
    const slot = this.#slots[position];
    const isWhole = key !== undefined && value !== undefined && nextKey !== undefined;
    assert(isWhole && slot !== undefined, "a leaf is whole");
    return { key, value, nextKey, slot };
  }
}
