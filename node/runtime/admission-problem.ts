// What a client is told of a transaction that was not taken in: each refusal of decoding, signature check, application
// and pool as a problem document.

import type { Hash } from "../../crypto/index.ts";
import type { AdmissionRefusal } from "../replica/index.ts";
import type { Problem, ProblemDetails } from "../rpc/index.ts";
import type { CheckRefusal } from "../verification/index.ts";

/** Roughly the time until a full pool has room again: a few blocks. */
export const RETRY_AFTER_MS = 500;

export function checkProblem(refusal: CheckRefusal): Problem {
  switch (refusal) {
    case "bad-signature":
      return { code: "BAD_SIGNATURE" };
    case "wrong-chain":
      return { code: "WRONG_CHAIN" };
    default:
      return { code: "INVALID_ENCODING", details: { reason: refusal } };
  }
}

export function admissionProblem(
  refused: AdmissionRefusal,
  { hash, minFee }: { readonly hash: Hash; readonly minFee: bigint },
): Problem {
  switch (refused.refusal) {
    case "nonce-too-low":
      return { code: "NONCE_TOO_LOW", hash, details: { expected: refused.expected } };
    case "nonce-gap": {
      const details = { expected: refused.expected, limit: refused.limit };
      return { code: "NONCE_GAP", hash, details };
    }
    case "expired":
      return { code: "EXPIRED", hash, details: { height: refused.height } };
    case "too-far-expiry":
      return { code: "EXPIRY_TOO_FAR", hash, details: { limit: refused.limit } };
    case "insufficient-balance": {
      const details = amounts({ balance: refused.balance, needed: refused.needed });
      return { code: "INSUFFICIENT_BALANCE", hash, details };
    }
    case "underpriced-replacement": {
      const detail = "Another transaction with this nonce is pending; a higher fee replaces it";
      return { code: "FEE_TOO_LOW", hash, detail, details: amounts({ needed: refused.needed }) };
    }
    case "sender-full":
      return { code: "SENDER_FULL", hash, details: { limit: refused.limit } };
    case "pool-full": {
      const details = {
        retryAfterMs: RETRY_AFTER_MS,
        ...amounts({ feeToEnter: refused.feeToEnter }),
      };
      return { code: "POOL_FULL", hash, details };
    }
    case "app-rejected":
      return refused.code === "fee-too-low"
        ? { code: "FEE_TOO_LOW", hash, details: amounts({ needed: minFee }) }
        : { code: "APP_REJECTED", hash, details: { reason: refused.code } };
  }
}

/** Amounts leave as decimal text: they have 64 bits. */
function amounts(values: Readonly<Record<string, bigint>>): ProblemDetails {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${value}`]));
}
