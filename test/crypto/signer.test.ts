// Signers: every library gives the same key and the same signatures.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ascii,
  createNobleSigner,
  fromHex,
  nobleScheme,
  publicKeyOf,
  secretKey,
  toHex,
} from "../../crypto/index.ts";
import { createSigner, nativeScheme } from "../../crypto/native/index.ts";
import { createOpensslSigner } from "../../crypto/native/openssl.ts";

const signers = [createNobleSigner, createOpensslSigner, createSigner];

// RFC 8032, section 7.1, TEST 1.
const rfc = {
  seed: "0x9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  publicKey: "0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  signature:
    "0xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
};

function seedFrom(bytes: Uint8Array | undefined) {
  return secretKey(bytes ?? new Uint8Array(0));
}

test("every signer gives the signature of RFC 8032", () => {
  const seed = seedFrom(fromHex(rfc.seed));
  expect(toHex(publicKeyOf(seed))).toBe(rfc.publicKey);
  for (const create of signers) {
    const signer = create(seed);
    expect(toHex(signer.publicKey)).toBe(rfc.publicKey);
    expect(toHex(signer.sign(new Uint8Array(0)))).toBe(rfc.signature);
  }
});

test("every signer gives the same bytes, which every scheme accepts", () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seeds, fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const [first, ...others] = signers.map((create) => create(secretKey(seed)));
      const signature = first?.sign(message);
      if (first === undefined || signature === undefined) throw new Error("no signer");
      for (const other of others) {
        expect(other.publicKey).toEqual(first.publicKey);
        expect(other.sign(message)).toEqual(signature);
      }
      const check = { publicKey: first.publicKey, message, signature };
      expect(nativeScheme().verifyQuick(check)).toBe(true);
      expect(nobleScheme.verifyQuick(check)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("a signer keeps its own copy of the key", () => {
  for (const create of signers) {
    const seed = new Uint8Array(32).fill(5);
    const signer = create(secretKey(seed));
    const before = signer.sign(ascii("vote"));
    seed.fill(6);
    expect(signer.sign(ascii("vote"))).toEqual(before);
  }
});

test("a signer signs bytes in memory shared with other threads", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(1);
  for (const create of signers) {
    const signer = create(secretKey(new Uint8Array(32).fill(5)));
    expect(signer.sign(shared)).toEqual(signer.sign(new Uint8Array(4).fill(1)));
  }
});

test("a secret key has 32 bytes", () => {
  expect(() => secretKey(new Uint8Array(31))).toThrow("invariant broken");
});
