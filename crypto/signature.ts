// What a valid signature is, and the one interface behind which every Ed25519 library stands.

import type { PublicKey, Signature } from "./brands.ts";

export type SignatureCheck = {
  readonly publicKey: PublicKey;
  /** The exact bytes that were signed: domain prefix, chain id and content. */
  readonly message: Uint8Array;
  readonly signature: Signature;
};

/** One Ed25519 library. All agree on `verify`; `verifyQuick` may differ between libraries, but only by refusing. */
export type SignatureScheme = {
  readonly name: string;
  /** ZIP-215: the rule for certificates, evidence, client proofs and bodies in blocks. Bit for bit the same in every back end. */
  readonly verify: (check: SignatureCheck) => boolean;
  /** The library's own check alone. True implies `verify`. Decides what a pool admits, where a slow refusal would be a gift to a flood. */
  readonly verifyQuick: (check: SignatureCheck) => boolean;
};

/** A secret key in use. Deterministic: the same message always gives the same signature. */
export type Signer = {
  readonly publicKey: PublicKey;
  readonly sign: (message: Uint8Array) => Signature;
};
