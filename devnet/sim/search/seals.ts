// Signatures for searches that sign and check millions of statements: 128 bits of a plain mixing function, far cheaper
// than a hash. Nobody without the signer makes one, as long as nobody calls `sealOf` for another; for searches only.

import type { PublicKey, Signature, SignatureScheme, Signer } from "../../../crypto/index.ts";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** What of a signature carries information. */
const SEAL_BYTES = 16;

export function sealSigner(index: number): Signer {
  const publicKey = new Uint8Array(KEY_BYTES).fill(0xa5) as PublicKey;
  new DataView(publicKey.buffer).setUint32(0, index);
  return { publicKey, sign: (message) => sealOf(publicKey, message) };
}

export const sealScheme: SignatureScheme = {
  name: "seal",
  verify: ({ publicKey, message, signature }) => isSealOf(publicKey, message, signature),
  verifyQuick: ({ publicKey, message, signature }) => isSealOf(publicKey, message, signature),
};

function isSealOf(key: Uint8Array, message: Uint8Array, seal: Uint8Array): boolean {
  const expected = sealOf(key, message);
  for (let at = 0; at < SEAL_BYTES; at++) if (expected[at] !== seal[at]) return false;
  return seal.length === SIGNATURE_BYTES;
}

function sealOf(key: Uint8Array, message: Uint8Array): Signature {
  const owner = new DataView(key.buffer, key.byteOffset).getUint32(0);
  let first = owner ^ 0x9e37_79b9;
  let second = owner ^ 0x85eb_ca6b;
  let third = owner ^ 0xc2b2_ae35;
  let fourth = owner ^ 0x27d4_eb2f;
  for (const byte of message) {
    first = Math.imul(first ^ byte, 0x0100_0193) ^ (fourth >>> 15);
    second = Math.imul(second + byte, 0xcc9e_2d51) ^ (first >>> 13);
    third = Math.imul(third ^ (byte << 7), 0x1b87_3593) ^ (second >>> 16);
    fourth = Math.imul(fourth + (byte << 11), 0x85eb_ca6b) ^ (third >>> 14);
  }
  const seal = new Uint8Array(SIGNATURE_BYTES) as Signature;
  const words = new DataView(seal.buffer);
  words.setUint32(0, first);
  words.setUint32(4, second);
  words.setUint32(8, third);
  words.setUint32(12, fourth);
  return seal;
}
