// The fastest library that is there: libsodium if it loads, else OpenSSL if it knows Ed25519, else noble. Whichever it
// is, verdicts and signatures are the same bits.

import { PUBLIC_KEY_BYTES, publicKey, SIGNATURE_BYTES, signature } from "../brands.ts";
import { createNobleSigner, SECRET_KEY_BYTES, type SecretKey } from "../keys.ts";
import { nobleScheme } from "../portable-scheme.ts";
import type { SignatureScheme, Signer } from "../signature.ts";
import { createOpensslSigner, opensslScheme } from "./openssl.ts";
import { isShared } from "./scheme.ts";
import { type Sodium, sodium, sodiumScheme } from "./sodium.ts";

export function nativeScheme(): SignatureScheme {
  return sodiumScheme ?? opensslScheme ?? nobleScheme;
}

/** Keeps its own copy of the key. */
export function createSigner(secretKey: SecretKey): Signer {
  if (sodium !== undefined) return createSodiumSigner(sodium, secretKey);
  if (opensslScheme !== undefined) return createOpensslSigner(secretKey);
  return createNobleSigner(secretKey);
}

function createSodiumSigner(sodium: Sodium, secretKey: SecretKey): Signer {
  const own = publicKey(new Uint8Array(PUBLIC_KEY_BYTES));
  const seedAndPublicKey = new Uint8Array(SECRET_KEY_BYTES + PUBLIC_KEY_BYTES);
  sodium.crypto_sign_seed_keypair(own, seedAndPublicKey, Uint8Array.from(secretKey));
  return {
    publicKey: own,
    sign: (message) => {
      const made = signature(new Uint8Array(SIGNATURE_BYTES));
      // libsodium reads the message twice; if it changed in between, the signature would give the key away.
      const unshared = isShared(message) ? Uint8Array.from(message) : message;
      sodium.crypto_sign_detached(made, unshared, seedAndPublicKey);
      return made;
    },
  };
}
