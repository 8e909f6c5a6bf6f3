// The hashes of a Merkle tree over leaves in slots 0 .. count-1, kept in flat arrays and brought up to date layer by
// layer, only where leaves changed. A missing right half is the tree of zeros of its height. Each update hands out the
// nodes that it overwrote: with them the tree goes back, or shows a path as it was.

import { assert, type Hash, type LayerHasher } from "../../crypto/index.ts";
import { depthOf, MAX_LEAVES, zeroNodes } from "./map-proof.ts";
import { BYTES_PER_NODE, copyNodes, type Nodes, newNodes, WORDS_PER_NODE } from "./node-words.ts";

/** Pairs that are handed to the layer hasher at once. */
const BATCH_PAIRS = 1_024;
const INITIAL_LEAVES = 1_024;

/** What stood in the nodes that an update wrote, level by level from the leaves up. */
export type OverwrittenNodes = {
  /** The leaves before the update. */
  readonly count: number;
  /** Where each level begins in `indexes`; the last number is the end. */
  readonly starts: Int32Array;
  /** Ascending within a level. */
  readonly indexes: Int32Array;
  /** Eight for each index. */
  readonly words: Uint32Array;
};

export class DenseTree {
  readonly #hashLayer: LayerHasher;
  readonly #zeros: readonly Nodes[];
  readonly #layers: Nodes[] = [newNodes(INITIAL_LEAVES)];
  readonly #input = newNodes(2 * BATCH_PAIRS);
  readonly #output = newNodes(BATCH_PAIRS);
  #count = 0;

  constructor(hashLayer: LayerHasher) {
    this.#hashLayer = hashLayer;
    this.#zeros = zeroNodes(hashLayer).map((node) => {
      const layer = newNodes(1);
      layer.bytes.set(node);
      return layer;
    });
  }

  /** Within an update only: hashes of leaves, one after the other, for slots that are updated. */
  setLeaves(slots: readonly number[], hashes: Uint8Array): void {
    const { words } = this.#layer(0, this.#count);
    const from = new Uint32Array(hashes.buffer, hashes.byteOffset, hashes.length / 4);
    for (let index = 0; index < slots.length; index++) {
      copyNodes(from, index, words, slots[index] as number, 1);
    }
  }

  /**
   * Recomputes what lies above `slots` (ascending, no slot twice), for `count` leaves from now on, after `setLeaves` has
   * replaced the leaves. After a shrinking the last slot must be among them: its path lost its right-hand sides.
   */
  update(slots: Int32Array, count: number, replaceLeaves: () => void): OverwrittenNodes {
    assert(count >= 1 && count <= MAX_LEAVES, "a tree has 1..2^30 leaves");
    const before = this.#count;
    this.#count = count;
    const dirty = [slots];
    for (let level = 0; level < depthOf(count); level++) {
      dirty.push(parentsOf(dirty[level] as Int32Array));
    }
    const overwritten = this.#remember(before, dirty);
    replaceLeaves();
    for (let level = 1; level < dirty.length; level++) {
      this.#hashParents(level - 1, dirty[level] as Int32Array);
    }
    return overwritten;
  }

  /** Undoes the newest update that still stands. */
  takeBack({ count, starts, indexes, words }: OverwrittenNodes): void {
    this.#count = count;
    for (let level = 0; level + 1 < starts.length; level++) {
      const layer = this.#layers[level];
      assert(layer !== undefined, "an update writes to layers that exist");
      const end = starts[level + 1] as number;
      for (let at = starts[level] as number; at < end; at++) {
        copyNodes(words, at, layer.words, indexes[at] as number, 1);
      }
    }
  }

  /** The root node of an updated tree. */
  top(): Uint8Array {
    return this.#node({ level: depthOf(this.#count), index: 0, count: this.#count }, []);
  }

  /**
   * The siblings on the way from a leaf to the top: of the updated tree, or as it was before the first of the updates
   * that are given, which are the newest, the oldest first.
   */
  path(slot: number, updates: readonly OverwrittenNodes[] = []): Hash[] {
    const count = updates[0]?.count ?? this.#count;
    assert(slot >= 0 && slot < count, "a proven slot is in use");
    return Array.from({ length: depthOf(count) }, (_, level) => {
      const index = Math.floor(slot / 2 ** level) ^ 1;
      return this.#node({ level, index, count }, updates) as Hash;
    });
  }

  /** A node of a tree of `count` leaves: what the first update to write there found, or what stands there still. */
  #node(
    { level, index, count }: { readonly level: number; readonly index: number; count: number },
    updates: readonly OverwrittenNodes[],
  ): Uint8Array {
    if (index >= widthOf(count, level)) return nodeAt(this.#zeros[level], 0);
    for (const { starts, indexes, words } of updates) {
      const range = { from: starts[level] ?? 0, to: starts[level + 1] ?? 0 };
      const position = positionOf(indexes, index, range);
      if (position >= 0) return nodeAt({ bytes: new Uint8Array(words.buffer) }, position);
    }
    return nodeAt(this.#layers[level], index);
  }

  #remember(count: number, dirty: readonly Int32Array[]): OverwrittenNodes {
    const starts = new Int32Array(dirty.length + 1);
    dirty.forEach((nodes, level) => {
      starts[level + 1] = (starts[level] as number) + nodes.length;
    });
    const total = starts[dirty.length] as number;
    const indexes = new Int32Array(total);
    const words = new Uint32Array(total * WORDS_PER_NODE);
    dirty.forEach((nodes, level) => {
      const layer = this.#layer(level, this.#width(level));
      const start = starts[level] as number;
      indexes.set(nodes, start);
      for (let at = 0; at < nodes.length; at++) {
        copyNodes(layer.words, nodes[at] as number, words, start + at, 1);
      }
    });
    return { count, starts, indexes, words };
  }

  #width(level: number): number {
    return widthOf(this.#count, level);
  }

  #hashParents(level: number, parents: Int32Array): void {
    const above = this.#layer(level + 1, this.#width(level + 1));
    for (let start = 0; start < parents.length; start += BATCH_PAIRS) {
      const batch = parents.subarray(start, start + BATCH_PAIRS);
      this.#gather(level, batch);
      this.#hashLayer(
        this.#input.bytes.subarray(0, 2 * BYTES_PER_NODE * batch.length),
        this.#output.bytes.subarray(0, BYTES_PER_NODE * batch.length),
      );
      for (let index = 0; index < batch.length; index++) {
        const parent = batch[index] as number;
        copyNodes(this.#output.words, index, above.words, parent, 1);
      }
    }
  }

  #gather(level: number, parents: Int32Array): void {
    const { words } = this.#layer(level, this.#width(level));
    const zero = this.#zeros[level]?.words;
    assert(zero !== undefined, "zeros reach as high as any tree");
    const width = this.#width(level);
    for (let index = 0; index < parents.length; index++) {
      const left = 2 * (parents[index] as number);
      if (left + 1 < width) copyNodes(words, left, this.#input.words, 2 * index, 2);
      else {
        copyNodes(words, left, this.#input.words, 2 * index, 1);
        copyNodes(zero, 0, this.#input.words, 2 * index + 1, 1);
      }
    }
  }

  #layer(level: number, nodes: number): Nodes {
    const layer = this.#layers[level];
    if (layer === undefined) {
      assert(level === this.#layers.length, "layers are made from the leaves up");
      const first = newNodes(nodes);
      this.#layers.push(first);
      return first;
    }
    if (layer.bytes.length < nodes * BYTES_PER_NODE) {
      const larger = newNodes(Math.max(nodes, (2 * layer.bytes.length) / BYTES_PER_NODE));
      larger.words.set(layer.words);
      this.#layers[level] = larger;
      return larger;
    }
    return layer;
  }
}

/** How many nodes a tree of `count` leaves has on a level. */
function widthOf(count: number, level: number): number {
  return Math.ceil(count / 2 ** level);
}

/** Where `wanted` stands in a part of ascending numbers, or -1. */
export function positionOf(
  ascending: Int32Array,
  wanted: number,
  { from = 0, to = ascending.length } = {},
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low < to && ascending[low] === wanted ? low : -1;
}

/** A copy. */
function nodeAt(layer: { readonly bytes: Uint8Array } | undefined, index: number): Uint8Array {
  assert(layer !== undefined, "a tree has every layer below its top");
  const offset = index * BYTES_PER_NODE;
  return layer.bytes.slice(offset, offset + BYTES_PER_NODE);
}

/** The distinct parents of ascending nodes, ascending. */
function parentsOf(nodes: Int32Array): Int32Array {
  const parents = new Int32Array(nodes.length);
  let length = 0;
  for (let index = 0; index < nodes.length; index++) {
    const parent = (nodes[index] as number) >>> 1;
    if (length === 0 || parents[length - 1] !== parent) {
      parents[length] = parent;
      length += 1;
    }
  }
  return parents.subarray(0, length);
}
