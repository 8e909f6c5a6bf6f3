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

/** How many bytes a leaf is hashed as: a power of two, 64 .. 32,768. */
export function leafBytes({ key, value, nextKey }: Leaf): number {
  const length = HEADER_BYTES + key.length + value.length + nextKey.length;
  return Math.max(MIN_LEAF_BYTES, 2 ** (32 - Math.clz32(length - 1)));
}

export function leafHash(leaf: Leaf, hashLayer: LayerHasher): Hash {
  let hash: Hash | undefined;
  new LeafHasher(hashLayer).hash([leaf], (_, digest) => {
    hash = digest.slice() as Hash;
  });
  assert(hash !== undefined, "one leaf has one hash");
  return hash;
}

export class LeafHasher {
  readonly #hashLayer: LayerHasher;
  #layer = new Uint8Array(MIN_LEAF_BYTES);
  #above = new Uint8Array(MIN_LEAF_BYTES / 2);

  constructor(hashLayer: LayerHasher) {
    this.#hashLayer = hashLayer;
  }

  /** Calls `take` once for each leaf, in no particular order; the digest is only lent. */
  hash(leaves: readonly Leaf[], take: (index: number, digest: Uint8Array) => void): void {
    const bySize = new Map<number, number[]>();
    leaves.forEach((leaf, index) => {
      const size = leafBytes(leaf);
      const group = bySize.get(size);
      if (group === undefined) bySize.set(size, [index]);
      else group.push(index);
    });
    for (const [size, indexes] of bySize) {
      const step = Math.max(1, BATCH_BYTES / size);
      for (let start = 0; start < indexes.length; start += step) {
        this.#hashBatch(leaves, indexes.slice(start, start + step), size, take);
      }
    }
  }

  #hashBatch(
    leaves: readonly Leaf[],
    indexes: readonly number[],
    size: number,
    take: (index: number, digest: Uint8Array) => void,
  ): void {
    this.#reserve(size * indexes.length);
    indexes.forEach((index, place) => {
      const leaf = leaves[index];
      assert(leaf !== undefined, "a batch is made of leaves");
      writeLeaf(this.#layer, { offset: place * size, size }, leaf);
    });
    for (let bytes = size; bytes > HASH_BYTES; bytes /= 2) {
      const input = this.#layer.subarray(0, bytes * indexes.length);
      this.#hashLayer(input, this.#above.subarray(0, (bytes / 2) * indexes.length));
      [this.#layer, this.#above] = [this.#above, this.#layer];
    }
    indexes.forEach((index, place) => {
      take(index, this.#layer.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
    });
  }

  #reserve(bytes: number): void {
    if (this.#layer.length < bytes) this.#layer = new Uint8Array(bytes);
    if (this.#above.length < bytes) this.#above = new Uint8Array(bytes);
  }
}

function writeLeaf(
  target: Uint8Array,
  place: { readonly offset: number; readonly size: number },
  { key, value, nextKey }: Leaf,
): void {
  let offset = place.offset;
  target.set(LEAF_DOMAIN.prefix, offset);
  offset += HASH_BYTES;
  target[offset++] = key.length >>> 8;
  target[offset++] = key.length;
  target[offset++] = value.length >>> 24;
  target[offset++] = value.length >>> 16;
  target[offset++] = value.length >>> 8;
  target[offset++] = value.length;
  target[offset++] = nextKey.length >>> 8;
  target[offset++] = nextKey.length;
  target.set(key, offset);
  offset += key.length;
  target.set(value, offset);
  offset += value.length;
  target.set(nextKey, offset);
  offset += nextKey.length;
  target.fill(0, offset, place.offset + place.size);
}
