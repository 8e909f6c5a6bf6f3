// Keys of accounts: made, read, used. Portable; a secret key never leaves the signer.

import {
  type Address,
  addressOf,
  createNobleSigner,
  fromHex,
  SECRET_KEY_BYTES,
  type Signer,
  secretKey,
  toHex,
} from "../../crypto/index.ts";
import { badArgument } from "./arguments.ts";

/** A signer and the account that its key opens, as long as that account's key was not rotated. */
export type Key = Signer & { readonly address: Address };

/** From the platform's source of randomness. `secret` is 0x-hex: whoever has it has the account. */
export function generateKey(): { readonly key: Key; readonly secret: string } {
  const seed = crypto.getRandomValues(new Uint8Array(SECRET_KEY_BYTES));
  return { key: keyOf(createNobleSigner(secretKey(seed))), secret: toHex(seed) };
}

/** 0x and 64 lower-case hex digits; a ClientError BAD_ARGUMENT that does not show them otherwise. */
export function keyFromSecret(secret: string): Key {
  const seed = typeof secret === "string" ? fromHex(secret) : undefined;
  if (seed?.length !== SECRET_KEY_BYTES) {
    throw badArgument("secret", "a secret key is 0x and 64 lower-case hex digits");
  }
  return keyOf(createNobleSigner(secretKey(seed)));
}

/** For any signer, such as a faster one; `address` where its key signs for another account. */
export function keyOf(signer: Signer, address: Address = addressOf(signer.publicKey)): Key {
  const { publicKey, sign } = signer;
  return { address, publicKey, sign };
}
