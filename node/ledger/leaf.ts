// The leaves of the authenticated map and how they are hashed: many at once through the layer hasher, which is several
// times faster than one by one. Portable.
//
//   leaf bytes = 32-byte prefix of the leaf domain ‖ uint16 key length ‖ uint32 value length ‖ uint16 next key length
//                ‖ key ‖ value ‖ next key ‖ zeros up to the next power of two, at least 64 bytes
//   leaf hash  = the top of the tree of pairs over its 32-byte words: node = SHA-256(left ‖ right)
//
// The lengths fix the reading. No inner node passes for a leaf, nor a leaf of one size for one of another: the first
// word would have to be a hash that equals the prefix.

import { assert, domain, HASH_BYTES, type Hash, type LayerHasher } from "../../crypto/index.ts";

export const MAX_KEY_BYTES = 256;
export const MAX_VALUE_BYTES = 16 * 1024;

export type Leaf = {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The key of the next leaf in order; empty at the end. */
  readonly nextKey: Uint8Array;
};

const LEAF_DOMAIN = domain("quorate/state/leaf-of-the-map/1");
assert(LEAF_DOMAIN.prefix.length === HASH_BYTES, "the prefix fills the first word of a leaf");

const LENGTHS_BYTES = 8;
const HEADER_BYTES = HASH_BYTES + LENGTHS_BYTES;
const MIN_LEAF_BYTES = 2 * HASH_BYTES;
const BATCH_BYTES = 64 * 1024;
const SHORT_BYTES = 64;

/** How many bytes a leaf is hashed as: a power of two, 64 .. 32,768. */
export function leafBytes({ key, value, nextKey }: Leaf): number {
  const length = HEADER_BYTES + key.length + value.length + nextKey.length;
  return Math.max(MIN_LEAF_BYTES, 2 ** (32 - Math.clz32(length - 1)));
}

export function leafHash(leaf: Leaf, hashLayer: LayerHasher): Hash {
  let hash: Hash | undefined;
  const hasher = new LeafHasher(hashLayer, (_, digests) => {
    hash = digests.slice() as Hash;
  });
  hasher.add(0, leaf);
  hasher.finish();
  assert(hash !== undefined, "one leaf has one hash");
  return hash;
}

/** Receives the digests of some leaves, one after the other, in the order of the slots. They are only lent. */
export type TakeDigests = (slots: readonly number[], digests: Uint8Array) => void;

/** Leaves of one size that are hashed together. */
type Batch = { readonly size: number; bytes: Uint8Array; slots: number[] };

export class LeafHasher {
  readonly #hashLayer: LayerHasher;
  readonly #take: TakeDigests;
  readonly #batches = new Map<number, Batch>();
  #layer = new Uint8Array(MIN_LEAF_BYTES);
  #above = new Uint8Array(MIN_LEAF_BYTES);

  /** Each leaf that is added is taken once, in no particular order. */
  constructor(hashLayer: LayerHasher, take: TakeDigests) {
    this.#hashLayer = hashLayer;
    this.#take = take;
  }

  add(slot: number, leaf: Leaf): void {
    const size = leafBytes(leaf);
    let batch = this.#batches.get(size);
    if (batch === undefined) {
      batch = { size, bytes: new Uint8Array(size), slots: [] };
      this.#batches.set(size, batch);
    }
    const offset = size * batch.slots.length;
    if (offset + size > batch.bytes.length) {
      const larger = new Uint8Array(2 * batch.bytes.length);
      larger.set(batch.bytes);
      batch.bytes = larger;
    }
    writeLeaf(batch.bytes, { offset, size }, leaf);
    batch.slots.push(slot);
    if (offset + size >= BATCH_BYTES) this.#hash(batch);
  }

  /** Hashes what still waits. */
  finish(): void {
    for (const batch of this.#batches.values()) if (batch.slots.length > 0) this.#hash(batch);
  }

  #hash(batch: Batch): void {
    const { size, slots } = batch;
    let below = batch.bytes;
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

function writeLeaf(
  target: Uint8Array,
  place: { readonly offset: number; readonly size: number },
  { key, value, nextKey }: Leaf,
): void {
  let offset = put(target, place.offset, LEAF_DOMAIN.prefix);
  target[offset++] = key.length >>> 8;
  target[offset++] = key.length;
  target[offset++] = value.length >>> 24;
  target[offset++] = value.length >>> 16;
  target[offset++] = value.length >>> 8;
  target[offset++] = value.length;
  target[offset++] = nextKey.length >>> 8;
  target[offset++] = nextKey.length;
  offset = put(target, offset, key);
  offset = put(target, offset, value);
  offset = put(target, offset, nextKey);
  const end = place.offset + place.size;
  while (offset < end) target[offset++] = 0;
}

/** Answers where it ends. For a few bytes `set` costs more than it moves. */
function put(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > SHORT_BYTES) target.set(bytes, offset);
  else for (let index = 0; index < length; index++) target[offset + index] = bytes[index] as number;
  return offset + length;
}
