// A leaf of the authenticated map, and how its bytes lie, in memory as where they are hashed. Portable.
//
//   packed leaf = uint16 key length ‖ uint32 value length ‖ uint16 next key length ‖ key ‖ value ‖ next key ‖ zeros
//   leaf bytes  = 32-byte prefix of the leaf domain ‖ packed leaf, a power of two in all, at least 64 bytes
//   leaf hash   = the top of the tree of pairs over its 32-byte words: node = SHA-256(left ‖ right)
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

/** Where a leaf is packed. */
export type Packed = { readonly bytes: Uint8Array; readonly start: number };

export const LEAF_PREFIX: Uint8Array = domain("quorate/state/leaf-of-the-map/1").prefix;
assert(LEAF_PREFIX.length === HASH_BYTES, "the prefix fills the first word of a leaf");

const LENGTHS_BYTES = 8;
const MIN_LEAF_BYTES = 2 * HASH_BYTES;
const SHORT_BYTES = 64;

/** How many bytes a leaf is packed in: 32 fewer than it is hashed as, so 32, 96, 224 .. 32,736. */
export function packedBytes({ key, value, nextKey }: Leaf): number {
  return bytesFor(key.length + value.length + nextKey.length);
}

/** The same of a leaf that is packed. */
export function packedBytesAt(place: Packed): number {
  return bytesFor(keyLength(place) + valueLength(place) + nextKeyLength(place));
}

function bytesFor(contentBytes: number): number {
  const length = HASH_BYTES + LENGTHS_BYTES + contentBytes;
  return Math.max(MIN_LEAF_BYTES, 2 ** (32 - Math.clz32(length - 1))) - HASH_BYTES;
}

/** With zeros up to `end`. */
export function packLeaf({ bytes, start }: Packed, end: number, leaf: Leaf): void {
  const { key, value, nextKey } = leaf;
  let offset = start;
  bytes[offset++] = key.length >>> 8;
  bytes[offset++] = key.length;
  bytes[offset++] = value.length >>> 24;
  bytes[offset++] = value.length >>> 16;
  bytes[offset++] = value.length >>> 8;
  bytes[offset++] = value.length;
  bytes[offset++] = nextKey.length >>> 8;
  bytes[offset++] = nextKey.length;
  offset = put(bytes, offset, key);
  offset = put(bytes, offset, value);
  offset = put(bytes, offset, nextKey);
  bytes.fill(0, offset, end);
}

/** Overwrites a value with one of the same length. Answers false, and does nothing, for another. */
export function packValue(place: Packed, value: Uint8Array): boolean {
  if (valueLength(place) !== value.length) return false;
  put(place.bytes, valueStart(place), value);
  return true;
}

/** Overwrites the next key, up to `end`. Answers false, and does nothing, if it needs more room. */
export function packNextKey(place: Packed, end: number, nextKey: Uint8Array): boolean {
  const { bytes, start } = place;
  const from = valueStart(place) + valueLength(place);
  if (from + nextKey.length > end) return false;
  bytes[start + 6] = nextKey.length >>> 8;
  bytes[start + 7] = nextKey.length;
  bytes.fill(0, put(bytes, from, nextKey), end);
  return true;
}

/** A copy. */
export function packedKey(place: Packed): Uint8Array {
  const from = place.start + LENGTHS_BYTES;
  return place.bytes.slice(from, from + keyLength(place));
}

/** A copy, after up to eight bytes for the caller to fill. */
export function packedValue(place: Packed, room = 0): Uint8Array {
  const from = valueStart(place);
  return place.bytes.slice(from - room, from + valueLength(place));
}

/** A copy. */
export function packedNextKey(place: Packed): Uint8Array {
  const from = valueStart(place) + valueLength(place);
  return place.bytes.slice(from, from + nextKeyLength(place));
}

/** Lexicographic order, as of `compareBytes`: positive if the packed key is above `key`. */
export function comparePackedKey(place: Packed, key: Uint8Array): number {
  const { bytes } = place;
  const length = keyLength(place);
  const shared = Math.min(length, key.length);
  const from = place.start + LENGTHS_BYTES;
  for (let index = 0; index < shared; index++) {
    const difference = (bytes[from + index] as number) - (key[index] as number);
    if (difference !== 0) return difference;
  }
  return length - key.length;
}

export function haveSameValue(one: Packed, other: Packed): boolean {
  const length = valueLength(one);
  if (valueLength(other) !== length) return false;
  const [from, otherFrom] = [valueStart(one), valueStart(other)];
  for (let index = 0; index < length; index++) {
    if (one.bytes[from + index] !== other.bytes[otherFrom + index]) return false;
  }
  return true;
}

export function leafHash(leaf: Leaf, hashLayer: LayerHasher): Hash {
  const size = HASH_BYTES + packedBytes(leaf);
  let layer = new Uint8Array(size);
  layer.set(LEAF_PREFIX);
  packLeaf({ bytes: layer, start: HASH_BYTES }, size, leaf);
  while (layer.length > HASH_BYTES) {
    const above = new Uint8Array(layer.length / 2);
    hashLayer(layer, above);
    layer = above;
  }
  return layer as Hash;
}

function keyLength({ bytes, start }: Packed): number {
  return ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
}

function valueLength({ bytes, start }: Packed): number {
  const high = ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number);
  return (high << 16) | ((bytes[start + 4] as number) << 8) | (bytes[start + 5] as number);
}

function nextKeyLength({ bytes, start }: Packed): number {
  return ((bytes[start + 6] as number) << 8) | (bytes[start + 7] as number);
}

function valueStart(place: Packed): number {
  return place.start + LENGTHS_BYTES + keyLength(place);
}

/** Answers where it ends. For a few bytes `set` costs more than it moves. */
function put(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > SHORT_BYTES) target.set(bytes, offset);
  else for (let index = 0; index < length; index++) target[offset + index] = bytes[index] as number;
  return offset + length;
}
