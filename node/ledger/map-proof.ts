// Proofs that a key has a value, or none, under the root of an authenticated map. Portable: all a client needs.
//
// The map is a list of leaves, each naming the next larger key, hashed into a binary tree:
//   leaf = see leaf.ts
//   node = SHA-256(left ‖ right); a missing leaf is 32 zero bytes
//   root = SHA-256(domain quorate/state-root/1 ‖ uint32 leaf count ‖ top node); the depth is the least that holds them
// Slot 0 is the start of the list, with an empty key and value; an empty next key is its end. A key is absent when a
// leaf below it names a next key above it.

import {
  assert,
  type Codec,
  compareBytes,
  domain,
  equalBytes,
  type Hash,
  hashCodec,
  hashIn,
  type LayerHasher,
  list,
  portableHashLayer,
  struct,
  uint32,
  variableBytes,
} from "../../crypto/index.ts";
import { type Leaf, leafHash, MAX_KEY_BYTES, MAX_VALUE_BYTES } from "./leaf.ts";

export const MAX_LEAVES = 2 ** 30;
export const MAX_DEPTH = 30;

/** The leaf of a key, or of the next smaller one, and the way from it to the root. */
export type MapProof = {
  readonly leafCount: number;
  readonly slot: number;
  readonly leaf: Leaf;
  /** From the leaf's sibling up. */
  readonly siblings: readonly Hash[];
};

export type MapProofRefusal = "wrong-shape" | "wrong-root" | "wrong-leaf";

export type MapProofVerdict =
  | {
      readonly ok: true;
      /** Undefined: the key has no value. */
      readonly value: Uint8Array | undefined;
    }
  | { readonly ok: false; readonly refusal: MapProofRefusal };

const leafCodec: Codec<Leaf> = struct<Leaf>({
  key: variableBytes(MAX_KEY_BYTES),
  value: variableBytes(MAX_VALUE_BYTES),
  nextKey: variableBytes(MAX_KEY_BYTES),
});

export const mapProofCodec: Codec<MapProof> = struct<MapProof>({
  leafCount: uint32,
  slot: uint32,
  leaf: leafCodec,
  siblings: list(hashCodec, MAX_DEPTH),
});

const ROOT_DOMAIN = domain("quorate/state-root/1");

/** What `key` holds under `root`, as far as the proof is one. */
export function verifyMapProof(root: Hash, key: Uint8Array, proof: MapProof): MapProofVerdict {
  const { leafCount, slot, leaf, siblings } = proof;
  if (key.length === 0 || leafCount === 0 || leafCount > MAX_LEAVES || slot >= leafCount) {
    return { ok: false, refusal: "wrong-shape" };
  }
  if (siblings.length !== depthOf(leafCount) || !fitsBounds(leaf)) {
    return { ok: false, refusal: "wrong-shape" };
  }
  if (!equalBytes(rootFrom(proof), root)) return { ok: false, refusal: "wrong-root" };
  if (equalBytes(leaf.key, key)) return { ok: true, value: leaf.value };
  const isBelow = compareBytes(leaf.key, key) < 0;
  const isLast = leaf.nextKey.length === 0;
  if (isBelow && (isLast || compareBytes(key, leaf.nextKey) < 0)) {
    return { ok: true, value: undefined };
  }
  return { ok: false, refusal: "wrong-leaf" };
}

/** The least depth at which a tree has room for so many leaves. */
export function depthOf(leafCount: number): number {
  return leafCount <= 1 ? 0 : 32 - Math.clz32(leafCount - 1);
}

/** The node over nothing but missing leaves, for each height from 0 to MAX_DEPTH. */
export function zeroNodes(hashLayer: LayerHasher): readonly Uint8Array[] {
  const nodes = [new Uint8Array(32)];
  for (let level = 0; level < MAX_DEPTH; level++) {
    const below = nodes[level];
    assert(below !== undefined, "each height of zeros stands on the one below");
    const pair = new Uint8Array(64);
    pair.set(below, 0);
    pair.set(below, 32);
    const node = new Uint8Array(32);
    hashLayer(pair, node);
    nodes.push(node);
  }
  return nodes;
}

export function mapRoot(
  tree: { readonly leafCount: number; readonly top: Uint8Array },
  hash: typeof hashIn = hashIn,
): Hash {
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, tree.leafCount);
  return hash(ROOT_DOMAIN, count, tree.top);
}

function fitsBounds({ key, value, nextKey }: Leaf): boolean {
  return (
    key.length <= MAX_KEY_BYTES &&
    value.length <= MAX_VALUE_BYTES &&
    nextKey.length <= MAX_KEY_BYTES
  );
}

function rootFrom(proof: MapProof): Hash {
  let node: Uint8Array = leafHash(proof.leaf, portableHashLayer);
  const pair = new Uint8Array(64);
  proof.siblings.forEach((sibling, level) => {
    const isRight = Math.floor(proof.slot / 2 ** level) % 2 === 1;
    pair.set(isRight ? sibling : node, 0);
    pair.set(isRight ? node : sibling, 32);
    node = new Uint8Array(32);
    portableHashLayer(pair, node);
  });
  return mapRoot({ leafCount: proof.leafCount, top: node });
}
