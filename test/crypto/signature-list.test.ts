// Signature lists: sorted, distinct, one encoding each.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concatBytes,
  decode,
  encode,
  MAX_VALIDATORS,
  type SignatureList,
  signature,
  signatureList,
  signatureListCodec,
} from "../../crypto/index.ts";

function signatureBy(signer: number) {
  return signature(new Uint8Array(64).fill(signer));
}

function signedBy(...signers: number[]): SignatureList {
  return signatureList(signers.map((signer) => ({ signer, signature: signatureBy(signer) })));
}

function wire(bitmap: readonly number[], signatureBytes: number): Uint8Array {
  return concatBytes(
    new Uint8Array([bitmap.length]),
    new Uint8Array(bitmap),
    new Uint8Array(signatureBytes),
  );
}

const signerSets = fc.uniqueArray(fc.nat(MAX_VALIDATORS - 1), { maxLength: MAX_VALIDATORS });

test("sorts its entries and keeps each signature with its signer", () => {
  fc.assert(
    fc.property(signerSets, (signers) => {
      const list = signedBy(...signers);
      const sorted = signers.toSorted((left, right) => left - right);
      expect(list).toEqual({ signers: sorted, signatures: sorted.map(signatureBy) });
    }),
  );
});

test("is decoded to the same list", () => {
  fc.assert(
    fc.property(signerSets, (signers) => {
      const list = signedBy(...signers);
      const decoded = decode(signatureListCodec, encode(signatureListCodec, list));
      expect(decoded).toEqual({ ok: true, value: list });
    }),
  );
});

test("is on the wire as the length of the bitmap, the bitmap, the signatures", () => {
  const encoded = encode(signatureListCodec, signedBy(9, 0, 3));
  expect(encoded.slice(0, 3)).toEqual(new Uint8Array([2, 0b0000_1001, 0b0000_0010]));
  expect(encoded.slice(3)).toEqual(concatBytes(signatureBy(0), signatureBy(3), signatureBy(9)));
});

test("is one zero byte when nobody signed", () => {
  expect(encode(signatureListCodec, signedBy())).toEqual(new Uint8Array([0]));
});

test("holds as many signers as there may be validators", () => {
  const all = signedBy(...Array.from({ length: MAX_VALIDATORS }, (_, index) => index));
  const encoded = encode(signatureListCodec, all);
  expect(encoded).toHaveLength(1 + 32 + 256 * 64);
  expect(decode(signatureListCodec, encoded)).toEqual({ ok: true, value: all });
});

describe("a decoded list is refused", () => {
  test.each([
    ["with a bitmap above 32 bytes", wire([...new Array(32).fill(0), 1], 64), "too-long"],
    ["with a bitmap that ends in a zero byte", wire([1, 0], 64), "out-of-range"],
    ["with a bitmap of zeros", wire([0], 0), "out-of-range"],
    ["with fewer signatures than signers", wire([0b11], 127), "truncated"],
    ["with more signatures than signers", wire([0b1], 128), "trailing-bytes"],
    ["without its bitmap", new Uint8Array([2, 1]), "truncated"],
    ["without anything", new Uint8Array(0), "truncated"],
  ])("%s", (_, bytes, refusal) => {
    expect(decode(signatureListCodec, bytes)).toEqual({ ok: false, refusal });
  });
});

test("random bytes decode only if they are the encoding of what they decode to", () => {
  const bitmaps = fc.uint8Array({ maxLength: 3 });
  fc.assert(
    fc.property(bitmaps, fc.nat(24), (bitmap, count) => {
      const bytes = wire([...bitmap], 64 * count);
      const decoded = decode(signatureListCodec, bytes);
      if (decoded.ok) expect(encode(signatureListCodec, decoded.value)).toEqual(bytes);
    }),
    { numRuns: 2_000 },
  );
});

describe("our own bugs stop the process", () => {
  const one = signatureBy(1);
  const write = (list: SignatureList) => () => encode(signatureListCodec, list);
  test.each([
    ["a signer named twice", () => signedBy(4, 2, 4)],
    ["a signer beyond the largest set", () => signedBy(MAX_VALIDATORS)],
    ["a negative signer", () => signedBy(-1)],
    ["signers out of order", write({ signers: [2, 1], signatures: [one, one] })],
    ["a signer without a signature", write({ signers: [1, 2], signatures: [one] })],
  ])("%s", (_, attempt) => {
    expect(attempt).toThrow("invariant broken");
  });
});
