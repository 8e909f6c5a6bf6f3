// The hashes of a Merkle tree over leaves in slots 0 .. count-1, kept in flat arrays and brought up to date layer by
// layer, only where leaves changed. A missing right half is the tree of zeros of its height.

import { assert, type Hash, type LayerHasher } from "../../crypto/index.ts";
import { depthOf, MAX_LEAVES, zeroNodes } from "./map-proof.ts";

const WORDS_PER_NODE = 8;
const BYTES_PER_NODE = 32;
/** Pairs that are handed to the layer hasher at once. */
const BATCH_PAIRS = 1_024;
const INITIAL_LEAVES = 1_024;

/** Nodes are moved as words: their byte order stays as it is. */
type Layer = { words: Uint32Array; bytes: Uint8Array };

export class DenseTree {
  readonly #hashLayer: LayerHasher;
  readonly #zeros: readonly Layer[];
  readonly #layers: Layer[] = [newLayer(INITIAL_LEAVES)];
  readonly #input = newLayer(2 * BATCH_PAIRS);
  readonly #output = newLayer(BATCH_PAIRS);
  #count = 0;

  constructor(hashLayer: LayerHasher) {
    this.#hashLayer = hashLayer;
    this.#zeros = zeroNodes(hashLayer).map((node) => {
      const layer = newLayer(1);
      layer.bytes.set(node);
      return layer;
    });
  }

  setLeaf(slot: number, hash: Uint8Array): void {
    const leaves = this.#layer(0, slot + 1);
    leaves.bytes.set(hash, slot * BYTES_PER_NODE);
  }

  /**
   * Recomputes what lies above `slots` (ascending, no slot twice), for `count` leaves from now on. After a shrinking
   * the last slot must be among them: its path lost its right-hand sides.
   */
  update(slots: Int32Array, count: number): void {
    assert(count >= 1 && count <= MAX_LEAVES, "a tree has 1..2^30 leaves");
    this.#count = count;
    const depth = depthOf(count);
    let dirty = slots;
    for (let level = 0; level < depth; level++) {
      dirty = parentsOf(dirty);
      this.#hashParents(level, dirty);
    }
  }

  /** The root node of an updated tree. */
  top(): Uint8Array {
    return this.#node(depthOf(this.#count), 0);
  }

  /** The siblings on the way from a leaf to the top of an updated tree. */
  path(slot: number): Hash[] {
    assert(slot >= 0 && slot < this.#count, "a proven slot is in use");
    const depth = depthOf(this.#count);
    return Array.from({ length: depth }, (_, level) => {
      const sibling = Math.floor(slot / 2 ** level) ^ 1;
      return this.#node(level, sibling) as Hash;
    });
  }

  #node(level: number, index: number): Uint8Array {
    const source = index < this.#width(level) ? this.#layers[level] : this.#zeros[level];
    assert(source !== undefined, "a tree has every layer below its top");
    const offset = index < this.#width(level) ? index * BYTES_PER_NODE : 0;
    return source.bytes.slice(offset, offset + BYTES_PER_NODE);
  }

  #width(level: number): number {
    return Math.ceil(this.#count / 2 ** level);
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

  #layer(level: number, nodes: number): Layer {
    const layer = this.#layers[level];
    if (layer === undefined) {
      assert(level === this.#layers.length, "layers are made from the leaves up");
      const first = newLayer(nodes);
      this.#layers.push(first);
      return first;
    }
    if (layer.bytes.length < nodes * BYTES_PER_NODE) {
      const larger = newLayer(Math.max(nodes, (2 * layer.bytes.length) / BYTES_PER_NODE));
      larger.words.set(layer.words);
      layer.words = larger.words;
      layer.bytes = larger.bytes;
    }
    return layer;
  }
}

function newLayer(nodes: number): Layer {
  const words = new Uint32Array(nodes * WORDS_PER_NODE);
  return { words, bytes: new Uint8Array(words.buffer) };
}

function copyNodes(
  from: Uint32Array,
  fromNode: number,
  to: Uint32Array,
  toNode: number,
  nodes: number,
): void {
  const source = fromNode * WORDS_PER_NODE;
  const target = toNode * WORDS_PER_NODE;
  for (let word = 0; word < nodes * WORDS_PER_NODE; word++) {
    to[target + word] = from[source + word] as number;
  }
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
