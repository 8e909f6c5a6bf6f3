// Signatures for simulations: a keyed hash instead of Ed25519, behind the same interface. Nobody without the signer can
// make one, as long as nobody asks the registry; no key is secret outside a simulation.

import {
  concatBytes,
  domain,
  equalBytes,
  type PublicKey,
  type Signature,
  type SignatureScheme,
  type Signer,
} from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";

const keyDomain = domain("quorate/simulated-key/1");
const signatureDomain = domain("quorate/simulated-signature/1");

/** Signer number `index` of a simulated network. */
export function standInSigner(index: number): Signer {
  const publicKey = hashIn(keyDomain, Uint8Array.of(index >> 8, index & 255)) as Uint8Array;
  return {
    publicKey: publicKey as PublicKey,
    sign: (message) => standInSignature(publicKey, message),
  };
}

function standInSignature(publicKey: Uint8Array, message: Uint8Array): Signature {
  const half = hashIn(signatureDomain, publicKey, message);
  return concatBytes(half, half) as Signature;
}

export const standInScheme: SignatureScheme = {
  name: "stand-in",
  verify: ({ publicKey, message, signature }) =>
    equalBytes(standInSignature(publicKey, message), signature),
  verifyQuick: ({ publicKey, message, signature }) =>
    equalBytes(standInSignature(publicKey, message), signature),
};
