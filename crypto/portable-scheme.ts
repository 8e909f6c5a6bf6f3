// What every back end falls back to: ZIP-215 as @noble/ed25519 decides it (https://zips.z.cash/zip-0215), and the one
// short cut that holds under every rule for Ed25519: a signature whose S is not below the group order is invalid.

import { SIGNATURE_BYTES } from "./brands.ts";
import { Point, verify } from "./ed25519.ts";
import type { SignatureCheck, SignatureScheme } from "./signature.ts";

/** The verdict of ZIP-215. About 1.2 ms for two valid points, 0.2 ms when A or R is no point. */
export function isValidByZip215({ publicKey, message, signature }: SignatureCheck): boolean {
  return verify(signature, message, publicKey, { zip215: true });
}

/** Is S below the order of the base point? False settles any verdict, for the price of a few comparisons. */
export function hasReducedScalar({ signature }: SignatureCheck): boolean {
  for (let index = SIGNATURE_BYTES - 1; index >= SIGNATURE_BYTES / 2; index--) {
    const difference =
      (signature[index] as number) - (GROUP_ORDER[index - SIGNATURE_BYTES / 2] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER = Uint8Array.from({ length: SIGNATURE_BYTES / 2 }, (_, index) =>
  Number((Point.CURVE().n >> BigInt(8 * index)) & 0xffn),
);

/** The back end of browsers. Its quick check is RFC 8032 with cofactor: canonical points, no key of small order. */
export const nobleScheme: SignatureScheme = {
  name: "noble",
  verify: (check) => hasReducedScalar(check) && isValidByZip215(check),
  verifyQuick: (check) =>
    hasReducedScalar(check) &&
    verify(check.signature, check.message, check.publicKey, { zip215: false }),
};
