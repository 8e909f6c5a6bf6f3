// The two halves of a check. The cheap half (layout, chain) takes less time than asking another thread, so it runs where
// the bytes arrive and keeps garbage out of the queues; the dear half (signature, hash) runs in the workers.

import { type Decoded, equalBytes, type Hash, type SignatureScheme } from "../../crypto/index.ts";
import {
  decodeTransaction,
  MAX_TRANSACTION_BYTES,
  type SignedTransaction,
  signatureCheck,
  type Transaction,
} from "../transaction/index.ts";
import type { CheckRefusal, CheckRule } from "./verification.ts";

/** Well formed and of our chain; nobody has looked at the signature. `bytes` is our own, unshared copy. */
export type Candidate = { readonly bytes: Uint8Array; readonly transaction: Transaction };

export type ReadCandidate =
  | { readonly ok: true; readonly value: Candidate }
  | { readonly ok: false; readonly refusal: CheckRefusal };

export function readCandidate(given: Uint8Array, chainId: Hash): ReadCandidate {
  // Copied before it is read: shared memory could change in between. What is too long anyway is not worth a copy.
  const bytes = given.length > MAX_TRANSACTION_BYTES ? given : new Uint8Array(given);
  const decoded: Decoded<Transaction> = decodeTransaction(bytes);
  if (!decoded.ok) return decoded;
  if (!equalBytes(decoded.value.chainId, chainId)) return { ok: false, refusal: "wrong-chain" };
  return { ok: true, value: { bytes, transaction: decoded.value } };
}

export function isSignedBySender(
  signed: SignedTransaction,
  { rule, scheme }: { readonly rule: CheckRule; readonly scheme: SignatureScheme },
): boolean {
  const check = signatureCheck(signed);
  return rule === "vote" ? scheme.verify(check) : scheme.verifyQuick(check);
}
