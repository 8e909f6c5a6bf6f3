// The rule that turns a library's own check into ZIP-215: its `true` is final, its `false` is decided by noble, unless a
// cheaper proof settles it. So all back ends give one verdict, and only signatures that look valid are fast.

import type { PublicKey, Signature } from "../brands.ts";
import { hasReducedScalar, isValidByZip215 } from "../portable-scheme.ts";
import type { SignatureCheck, SignatureScheme } from "../signature.ts";

export type LibraryCheck = {
  readonly name: string;
  /** The library's check. Must be a subset of ZIP-215; the suite of edge cases holds each library to it. */
  readonly accepts: (check: SignatureCheck) => boolean;
  /**
   * True only if A and R are proven to lie in the prime-order subgroup. There the equation with and without cofactor are
   * one, so a refusal of `accepts` is the refusal of ZIP-215.
   */
  readonly refusesForGood?: (check: SignatureCheck) => boolean;
};

export function schemeFrom({ name, accepts, refusesForGood }: LibraryCheck): SignatureScheme {
  return {
    name,
    verifyQuick: (check) => hasReducedScalar(check) && accepts(unshared(check)),
    verify: (given) => {
      if (!hasReducedScalar(given)) return false;
      const check = unshared(given);
      if (accepts(check)) return true;
      if (refusesForGood?.(check) === true) return false;
      return isValidByZip215(check);
    },
  };
}

/** The check over private memory: sodium answers `undefined` to views on memory that another thread could change. */
function unshared(check: SignatureCheck): SignatureCheck {
  const { publicKey, message, signature } = check;
  if (!isShared(publicKey) && !isShared(message) && !isShared(signature)) return check;
  return {
    publicKey: Uint8Array.from(publicKey) as PublicKey,
    message: Uint8Array.from(message),
    signature: Uint8Array.from(signature) as Signature,
  };
}

export function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer;
}
