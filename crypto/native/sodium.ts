// libsodium through sodium-native: the fastest check (58 microseconds on the machine of the README's table) and the
// fastest signer. Absent, not broken, where the addon does not load.

import { createRequire } from "node:module";
import { SIGNATURE_BYTES } from "../brands.ts";
import type { SignatureScheme } from "../signature.ts";
import { schemeFrom } from "./scheme.ts";

/** The calls that we use. The library's own types want Buffers where its code takes any view of unshared memory. */
export type Sodium = {
  readonly crypto_sign_verify_detached: (
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ) => boolean | undefined;
  readonly crypto_sign_detached: (
    signature: Uint8Array,
    message: Uint8Array,
    secretKey: Uint8Array,
  ) => void;
  readonly crypto_sign_seed_keypair: (
    publicKey: Uint8Array,
    secretKey: Uint8Array,
    seed: Uint8Array,
  ) => void;
  readonly crypto_core_ed25519_is_valid_point: (point: Uint8Array) => boolean | undefined;
  readonly crypto_hash_sha256: (output: Uint8Array, input: Uint8Array) => void;
};

const require = createRequire(import.meta.url);

/** libsodium, or undefined where it does not load: the back ends after it then take over. */
export const sodium = loadSodium();

export const sodiumScheme: SignatureScheme | undefined = sodium && schemeOf(sodium);

function schemeOf(sodium: Sodium): SignatureScheme {
  return schemeFrom({
    name: "sodium",
    accepts: ({ publicKey, message, signature }) =>
      sodium.crypto_sign_verify_detached(signature, message, publicKey) === true,
    refusesForGood: ({ publicKey, signature }) =>
      sodium.crypto_core_ed25519_is_valid_point(publicKey) === true &&
      sodium.crypto_core_ed25519_is_valid_point(signature.slice(0, SIGNATURE_BYTES / 2)) === true,
  });
}

function loadSodium(): Sodium | undefined {
  try {
    return require("sodium-native") as Sodium;
  } catch {
    // Whatever the reason, the answer is the same: do without. `nativeScheme().name` says which back end runs.
    return undefined;
  }
}
