// Hashes leaves many at once through the layer hasher, which is several times faster than one by one. Portable.

import { HASH_BYTES, type LayerHasher } from "../../crypto/index.ts";
import { LEAF_PREFIX } from "./leaf.ts";
import type { LeafRows } from "./leaf-rows.ts";
import { BYTES_PER_NODE, type Nodes, newNodes } from "./node-words.ts";

const BATCH_BYTES = 64 * 1024;
/** As many as there are powers of two up to that of the largest leaf. */
const SIZES = 16;
const NONE = newNodes(0);

/** Receives the digests of some leaves, one after the other, in the order of the slots. They are only lent. */
export type TakeDigests = (slots: readonly number[], digests: Uint8Array) => void;

/** Leaves of one size that are hashed together. */
type Batch = { readonly size: number; leaves: Nodes; slots: number[] };

export class LeafHasher {
  readonly #hashLayer: LayerHasher;
  readonly #take: TakeDigests;
  /** By the logarithm of their size. */
  readonly #batches: Batch[] = Array.from({ length: SIZES }, (_, log) => {
    return { size: 2 ** log, leaves: NONE, slots: [] };
  });
  #layer = new Uint8Array(HASH_BYTES);
  #above = new Uint8Array(HASH_BYTES);

  /** Each leaf that is added is taken once, in no particular order. */
  constructor(hashLayer: LayerHasher, take: TakeDigests) {
    this.#hashLayer = hashLayer;
    this.#take = take;
  }

  /** The leaf in the row of its slot. */
  add(slot: number, leaves: LeafRows): void {
    const size = leaves.leafBytes(slot);
    const batch = this.#batches[31 - Math.clz32(size)] as Batch;
    const nodes = size / BYTES_PER_NODE;
    const node = nodes * batch.slots.length;
    if (size * (batch.slots.length + 1) > batch.leaves.bytes.length) grow(batch);
    leaves.pack(slot, batch.leaves, { node: node + 1, nodes: nodes - 1 });
    batch.slots.push(slot);
    if (size * batch.slots.length >= BATCH_BYTES) this.#hash(batch);
  }

  /** Hashes what still waits. */
  finish(): void {
    for (const batch of this.#batches) if (batch.slots.length > 0) this.#hash(batch);
  }

  #hash(batch: Batch): void {
    const { size, slots } = batch;
    let below = batch.leaves.bytes;
    for (let bytes = size; bytes > HASH_BYTES; bytes /= 2) {
      const length = (bytes / 2) * slots.length;
      if (this.#above.length < length) this.#above = new Uint8Array(length);
      this.#hashLayer(below.subarray(0, 2 * length), this.#above.subarray(0, length));
      below = this.#above;
      [this.#layer, this.#above] = [this.#above, this.#layer];
    }
    batch.slots = [];
    this.#take(slots, below.subarray(0, HASH_BYTES * slots.length));
  }
}

/** Twice the room; the prefixes stand there before the leaves do. */
function grow(batch: Batch): void {
  const { size, leaves } = batch;
  const larger = newNodes(Math.max(size, 2 * leaves.bytes.length) / BYTES_PER_NODE);
  larger.bytes.set(leaves.bytes);
  for (let start = leaves.bytes.length; start < larger.bytes.length; start += size) {
    larger.bytes.set(LEAF_PREFIX, start);
  }
  batch.leaves = larger;
}
