// The pool without threads, for simulators and tests: the same answers, from the same code, by the time `check` returns.

import type { Hash, SignatureScheme } from "../../crypto/index.ts";
import { hashIn, nativeScheme } from "../../crypto/native/index.ts";
import { transactionId } from "../transaction/index.ts";
import { isSignedBySender, readCandidate } from "./candidate.ts";
import type { Checked, CheckRule, VerificationPool } from "./verification.ts";

export type InlineVerificationOptions = {
  readonly chainId: Hash;
  /** `nativeScheme()` unless given. */
  readonly scheme?: SignatureScheme;
};

/** Never overloaded: its backlog is always 0. */
export function createInlineVerification(options: InlineVerificationOptions): VerificationPool {
  const { chainId, scheme = nativeScheme() } = options;
  let closed = false;
  return {
    backlog: 0,
    check: (transactions, rule) => {
      if (closed) return Promise.resolve({ ok: false, refusal: "closed" });
      const results = transactions.map((bytes) => checkOne(bytes, { chainId, rule, scheme }));
      return Promise.resolve({ ok: true, results });
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}

function checkOne(
  bytes: Uint8Array,
  {
    chainId,
    rule,
    scheme,
  }: { readonly chainId: Hash; readonly rule: CheckRule; readonly scheme: SignatureScheme },
): Checked {
  const candidate = readCandidate(bytes, chainId);
  if (!candidate.ok) return candidate;
  const signed = { id: transactionId(candidate.value.bytes, hashIn), ...candidate.value };
  if (!isSignedBySender(signed, { rule, scheme })) return { ok: false, refusal: "bad-signature" };
  return { ok: true, transaction: signed };
}
