// Merkle trees over ordered lists of byte strings (transactions, receipts of a block), with inclusion proofs.
//
//   leaf   = SHA-256(prefix of LEAF, 32 bytes long ‖ bytes)     node = SHA-256(left ‖ right)
//   root   = hashIn(ROOT, count as uint32 ‖ top node)           a node without a sibling moves up as it is
//
// The count fixes the shape, so no list passes for another with elements doubled (CVE-2012-2459), split or left out,
// and no node for a leaf. A leaf of 32 bytes fills one pair, so whole trees go through the layer hasher.

import { assert } from "./assert.ts";
import { HASH_BYTES, type Hash, hash } from "./brands.ts";
import { concatBytes, equalBytes } from "./bytes.ts";
import { type Codec, hashCodec, refuseDecoding } from "./codec.ts";
import { domain, hashIn } from "./hash.ts";
import { type LayerHasher, PAIR_BYTES, portableHashLayer } from "./layer-hash.ts";

/** The path from one leaf to the top: the siblings from the bottom up, none where the node moved up alone. */
export type MerkleProof = {
  readonly index: number;
  readonly count: number;
  readonly siblings: readonly Hash[];
};

export type MerkleRefusal = "index-out-of-range" | "wrong-sibling-count" | "wrong-root";

export type MerkleVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: MerkleRefusal };

/** The longest list: a path then has at most 24 siblings, 768 bytes. */
export const MAX_MERKLE_LEAVES = 2 ** 24;

const LEAF_DOMAIN = domain("quorate/merkle/leaf-of-a-list/1");
const ROOT_DOMAIN = domain("quorate/merkle/root-of-a-list/1");

assert(LEAF_DOMAIN.prefix.length === HASH_BYTES, "a prefix and a hash make one pair");

/** `hashLayer`: in Node the native one, for the same root 20 times sooner. */
export function merkleRoot(
  leaves: readonly Uint8Array[],
  hashLayer: LayerHasher = portableHashLayer,
): Hash {
  let layer = leafLayer(leaves, hashLayer);
  while (layer.length > HASH_BYTES) layer = layerAbove(layer, hashLayer);
  return rootOver(leaves.length, layer);
}

/** The proof that `leaves[index]` stands at `index` of a list of that length under `merkleRoot(leaves)`. */
export function merkleProof(
  leaves: readonly Uint8Array[],
  index: number,
  hashLayer: LayerHasher = portableHashLayer,
): MerkleProof {
  assert(isPosition(index, leaves.length), `no leaf ${index} in a list of ${leaves.length}`);
  const siblings: Hash[] = [];
  let layer = leafLayer(leaves, hashLayer);
  for (let position = index; layer.length > HASH_BYTES; position >>= 1) {
    const start = (position ^ 1) * HASH_BYTES;
    if (start < layer.length) siblings.push(hash(layer.slice(start, start + HASH_BYTES)));
    layer = layerAbove(layer, hashLayer);
  }
  return { index, count: leaves.length, siblings };
}

/** Does `root` commit to `leaf` at exactly `proof.index` of exactly `proof.count`? Trusts no number in the proof. */
export function verifyMerkleProof(claim: {
  readonly root: Hash;
  readonly leaf: Uint8Array;
  readonly proof: MerkleProof;
}): MerkleVerdict {
  const { index, count, siblings } = claim.proof;
  if (!isPosition(index, count)) return { ok: false, refusal: "index-out-of-range" };
  const sides = sidesOf(index, count);
  if (siblings.length !== sides.length) return { ok: false, refusal: "wrong-sibling-count" };
  let node: Uint8Array = leafLayer([claim.leaf], portableHashLayer);
  for (const [step, sibling] of siblings.entries()) {
    node = layerAbove(
      sides[step] === "left" ? concatBytes(node, sibling) : concatBytes(sibling, node),
      portableHashLayer,
    );
  }
  if (!equalBytes(rootOver(count, node), claim.root)) return { ok: false, refusal: "wrong-root" };
  return { ok: true };
}

/** uint32 index, uint32 count, then the siblings: these two say how many, at most 24. */
export const merkleProofCodec: Codec<MerkleProof> = {
  write: (writer, { index, count, siblings }) => {
    assert(isPosition(index, count), `no leaf ${index} in a list of ${count}`);
    assert(
      siblings.length === sidesOf(index, count).length,
      "a proof has the siblings of its path",
    );
    writer.uint32(index);
    writer.uint32(count);
    for (const sibling of siblings) hashCodec.write(writer, sibling);
  },
  read: (reader) => {
    const index = reader.uint32();
    const count = reader.uint32();
    if (!isPosition(index, count)) refuseDecoding("out-of-range");
    return { index, count, siblings: sidesOf(index, count).map(() => hashCodec.read(reader)) };
  },
};

function isPosition(index: number, count: number): boolean {
  return (
    Number.isInteger(index) &&
    Number.isInteger(count) &&
    index >= 0 &&
    index < count &&
    count <= MAX_MERKLE_LEAVES
  );
}

/** From the bottom up, on which side of its sibling the path runs; layers in which it has none are left out. */
function sidesOf(index: number, count: number): readonly ("left" | "right")[] {
  const sides: ("left" | "right")[] = [];
  let position = index;
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    if ((position & 1) === 1) sides.push("right");
    else if (position + 1 < width) sides.push("left");
    position >>= 1;
  }
  return sides;
}

function leafLayer(leaves: readonly Uint8Array[], hashLayer: LayerHasher): Uint8Array {
  assert(leaves.length <= MAX_MERKLE_LEAVES, `a list of ${leaves.length} is too long for a tree`);
  const layer = new Uint8Array(leaves.length * HASH_BYTES);
  if (leaves.every((leaf) => leaf.length === HASH_BYTES)) {
    const pairs = new Uint8Array(leaves.length * PAIR_BYTES);
    for (const [index, leaf] of leaves.entries()) {
      pairs.set(LEAF_DOMAIN.prefix, index * PAIR_BYTES);
      pairs.set(leaf, index * PAIR_BYTES + HASH_BYTES);
    }
    hashLayer(pairs, layer);
    return layer;
  }
  for (const [index, leaf] of leaves.entries()) {
    layer.set(hashIn(LEAF_DOMAIN, leaf), index * HASH_BYTES);
  }
  return layer;
}

function layerAbove(layer: Uint8Array, hashLayer: LayerHasher): Uint8Array {
  const pairs = Math.floor(layer.length / PAIR_BYTES);
  const last = layer.subarray(pairs * PAIR_BYTES);
  const above = new Uint8Array(pairs * HASH_BYTES + last.length);
  hashLayer(layer.subarray(0, pairs * PAIR_BYTES), above.subarray(0, pairs * HASH_BYTES));
  above.set(last, pairs * HASH_BYTES);
  return above;
}

function rootOver(count: number, top: Uint8Array): Hash {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, count);
  return hashIn(ROOT_DOMAIN, data, top);
}
