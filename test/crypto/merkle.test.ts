// Merkle trees: every leaf is provable, nothing else is.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ascii,
  concatBytes,
  decode,
  domain,
  encode,
  type Hash,
  hash,
  hashIn,
  MAX_MERKLE_LEAVES,
  type MerkleProof,
  merkleProof,
  merkleProofCodec,
  merkleRoot,
  toHex,
  verifyMerkleProof,
} from "../../crypto/index.ts";
import { hashLayer } from "../../crypto/native/index.ts";

const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const items = fc.oneof(hashes, fc.uint8Array({ maxLength: 70 }));
const lists = fc.oneof(
  fc.array(hashes, { minLength: 1, maxLength: 70 }),
  fc.array(items, { minLength: 1, maxLength: 70 }),
);

const leaves = Array.from({ length: 11 }, (_, index) => ascii(`transaction ${index}`));
const root = merkleRoot(leaves);

function verdict(leaf: Uint8Array, proof: MerkleProof, under: Hash = root) {
  const verdict = verifyMerkleProof({ root: under, leaf, proof });
  return verdict.ok ? "proven" : verdict.refusal;
}

function leafAt(index: number): Uint8Array {
  return leaves[index] as Uint8Array;
}

// Computed apart from this code, with Python's hashlib.
const VECTORS = [
  "0x63fc2872090f71cd563b540319b26147b1e1ad4777bba72081f16ae8daf70e57",
  "0x9659a1249644a7bccfb544a0e58c457296774b2ed721b6adda71225a88fa8577",
  "0x975eae18c9697b27c9c1b8bb7803cb72d054d090f6e215d2a82fb6cea4a58d21",
  "0x5ad50e7a46e82bf8f7446a654eb5105e1e3f975c23a77526073e6f3002ac982e",
  "0x569979144a9dbac396331191e3b88dcccc01bc76fe84aee52f625f7882593186",
];

test("proves every leaf of a list of any length", () => {
  fc.assert(
    fc.property(lists, (list) => {
      const root = merkleRoot(list);
      for (const [index, leaf] of list.entries()) {
        expect(verdict(leaf, merkleProof(list, index), root)).toBe("proven");
      }
    }),
    { numRuns: 40 },
  );
});

test("has the same root and proofs under the native layer hasher", () => {
  fc.assert(
    fc.property(lists, fc.nat(), (list, place) => {
      const index = place % list.length;
      expect(merkleRoot(list, hashLayer)).toEqual(merkleRoot(list));
      expect(merkleProof(list, index, hashLayer)).toEqual(merkleProof(list, index));
    }),
  );
  const long = Array.from({ length: 3_001 }, (_, index) =>
    hashIn(domain("leaf"), ascii(`${index}`)),
  );
  expect(merkleRoot(long, hashLayer)).toEqual(merkleRoot(long));
});

test("keeps its fixed vectors", () => {
  const roots = [0, 1, 2, 3, 11].map((count) => toHex(merkleRoot(leaves.slice(0, count))));
  expect(roots).toEqual(VECTORS);
});

test("is built as its header says", () => {
  const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
  const leaf = (bytes: Uint8Array) => hashIn(domain("quorate/merkle/leaf-of-a-list/1"), bytes);
  const pair = new Uint8Array(32);
  hashLayer(concatBytes(leaf(a), leaf(b)), pair);
  const top = new Uint8Array(32);
  hashLayer(concatBytes(pair, leaf(c)), top);
  const rootDomain = domain("quorate/merkle/root-of-a-list/1");
  expect(merkleRoot([a, b, c])).toEqual(hashIn(rootDomain, new Uint8Array([0, 0, 0, 3]), top));
});

describe("two lists have two roots", () => {
  test("whatever their elements", () => {
    fc.assert(
      fc.property(
        fc.array(items, { maxLength: 9 }),
        fc.array(items, { maxLength: 9 }),
        (one, two) => {
          const same =
            one.length === two.length &&
            one.every((x, i) => Buffer.compare(x, two[i] as Uint8Array) === 0);
          expect(toHex(merkleRoot(one)) === toHex(merkleRoot(two))).toBe(same);
        },
      ),
    );
  });

  test.each([3, 5, 6, 7, 11])("when the last elements of %i are doubled", (count) => {
    const list = leaves.slice(0, count);
    for (let doubled = 1; doubled <= count; doubled++) {
      expect(merkleRoot([...list, ...list.slice(-doubled)])).not.toEqual(merkleRoot(list));
    }
  });

  test("when one is the nodes above the other", () => {
    const leaf = (bytes: Uint8Array) => hashIn(domain("quorate/merkle/leaf-of-a-list/1"), bytes);
    const four = leaves.slice(0, 4);
    expect(merkleRoot(four.map(leaf))).not.toEqual(merkleRoot(four));
    const nodes = [0, 2].map((start) => concatBytes(leaf(leafAt(start)), leaf(leafAt(start + 1))));
    expect(merkleRoot(nodes)).not.toEqual(merkleRoot(four));
  });

  test("when elements change places", () => {
    expect(merkleRoot([leafAt(1), leafAt(0)])).not.toEqual(merkleRoot([leafAt(0), leafAt(1)]));
  });
});

describe("a proof is refused", () => {
  const proof = merkleProof(leaves, 6);

  test("for another leaf", () => {
    expect(verdict(leafAt(5), proof)).toBe("wrong-root");
  });

  test("under another root", () => {
    expect(verdict(leafAt(6), proof, merkleRoot(leaves.slice(1)))).toBe("wrong-root");
  });

  test("with any one bit of a sibling turned over", () => {
    for (const [place, sibling] of proof.siblings.entries()) {
      for (let bit = 0; bit < 256; bit += 37) {
        const changed = hash(sibling.slice());
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        const siblings = proof.siblings.with(place, changed);
        expect(verdict(leafAt(6), { ...proof, siblings })).toBe("wrong-root");
      }
    }
  });

  test("at any other index", () => {
    for (let index = 0; index < leaves.length; index++) {
      if (index !== 6) expect(verdict(leafAt(6), { ...proof, index })).not.toBe("proven");
    }
  });

  test("for any other count", () => {
    for (let count = 0; count < 40; count++) {
      if (count !== leaves.length) {
        expect(verdict(leafAt(6), { ...proof, count })).not.toBe("proven");
      }
    }
  });

  test("with a sibling too many, too few, or none", () => {
    const { siblings } = proof;
    for (const others of [[...siblings, ...siblings.slice(0, 1)], siblings.slice(1), []]) {
      expect(verdict(leafAt(6), { ...proof, siblings: others })).toBe("wrong-sibling-count");
    }
  });

  test.each([
    ["an index at the count", { index: 11, count: 11 }],
    ["a negative index", { index: -1, count: 11 }],
    ["an index with a fraction", { index: 0.5, count: 11 }],
    ["an index that is not a number", { index: Number.NaN, count: 11 }],
    ["an empty list", { index: 0, count: 0 }],
    ["a count with a fraction", { index: 6, count: 10.5 }],
    ["an endless list", { index: 0, count: Number.POSITIVE_INFINITY }],
    ["a list above the bound", { index: 0, count: MAX_MERKLE_LEAVES + 1 }],
  ])("with %s", (_, position) => {
    expect(verdict(leafAt(6), { ...proof, ...position })).toBe("index-out-of-range");
  });

  test("that shows an inner node as a leaf", () => {
    const leaf = (bytes: Uint8Array) => hashIn(domain("quorate/merkle/leaf-of-a-list/1"), bytes);
    const four = leaves.slice(0, 4);
    const { siblings } = merkleProof(four, 0);
    const node = concatBytes(leaf(leafAt(0)), leaf(leafAt(1)));
    const short = { index: 0, count: 2, siblings: siblings.slice(1) };
    expect(verdict(node, short, merkleRoot(four))).toBe("wrong-root");
  });
});

describe("an encoded proof", () => {
  test("is decoded to the same proof", () => {
    fc.assert(
      fc.property(lists, fc.nat(), (list, place) => {
        const proof = merkleProof(list, place % list.length);
        const decoded = decode(merkleProofCodec, encode(merkleProofCodec, proof));
        expect(decoded).toEqual({ ok: true, value: proof });
      }),
      { numRuns: 40 },
    );
  });

  const encoded = encode(merkleProofCodec, merkleProof(leaves, 6));

  test("is refused when cut off anywhere or followed by anything", () => {
    for (let length = 0; length < encoded.length; length++) {
      const decoded = decode(merkleProofCodec, encoded.slice(0, length));
      expect(decoded).toEqual({ ok: false, refusal: "truncated" });
    }
    const longer = concatBytes(encoded, new Uint8Array(32));
    expect(decode(merkleProofCodec, longer)).toEqual({ ok: false, refusal: "trailing-bytes" });
  });

  test.each([
    ["an index at the count", [0, 0, 0, 5, 0, 0, 0, 5]],
    ["an empty list", [0, 0, 0, 0, 0, 0, 0, 0]],
    ["a list above the bound", [0, 0, 0, 0, 1, 0, 0, 1]],
  ])("is refused with %s", (_, head) => {
    const decoded = decode(merkleProofCodec, new Uint8Array(head));
    expect(decoded).toEqual({ ok: false, refusal: "out-of-range" });
  });

  test("has at most 24 siblings", () => {
    const head = new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0]);
    const bytes = concatBytes(head, new Uint8Array(24 * 32));
    expect(bytes).toHaveLength(8 + 24 * 32);
    expect(decode(merkleProofCodec, bytes).ok).toBe(true);
  });
});

describe("our own bugs stop the process", () => {
  const proof = merkleProof(leaves, 6);
  test.each([
    ["a proof of no leaf", () => merkleProof(leaves, leaves.length)],
    ["a proof in an empty list", () => merkleProof([], 0)],
    [
      "an encoding of an impossible position",
      () => encode(merkleProofCodec, { ...proof, index: 11 }),
    ],
    ["an encoding without a sibling", () => encode(merkleProofCodec, { ...proof, siblings: [] })],
  ])("%s", (_, attempt) => {
    expect(attempt).toThrow("invariant broken");
  });
});
