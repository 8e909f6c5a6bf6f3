import { describe, expect, test } from "vitest";
import type { Height, Nonce } from "../../../crypto/index.ts";
import type { AdmissionRefusal } from "../../../node/replica/index.ts";
import { admissionProblem, checkProblem } from "../../../node/runtime/admission-problem.ts";
import type { CheckRefusal } from "../../../node/verification/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";

const hash = hashOf("transaction");
const height = 7 as Height;
const nonce = 3 as Nonce;

describe("a transaction that the pool refused", () => {
  test.each<readonly [AdmissionRefusal, object]>([
    [
      { refusal: "nonce-too-low", nonce, expected: 5 as Nonce },
      { code: "NONCE_TOO_LOW", details: { expected: 5 } },
    ],
    [
      { refusal: "nonce-gap", nonce, expected: 1 as Nonce, limit: 2 },
      { code: "NONCE_GAP", details: { expected: 1, limit: 2 } },
    ],
    [
      { refusal: "expired", validUntilHeight: 6 as Height, height },
      { code: "EXPIRED", details: { height: 7 } },
    ],
    [
      { refusal: "too-far-expiry", validUntilHeight: 900 as Height, height, limit: 100 },
      { code: "EXPIRY_TOO_FAR", details: { limit: 100 } },
    ],
    [
      { refusal: "insufficient-balance", balance: 2n ** 63n, needed: 2n ** 64n },
      {
        code: "INSUFFICIENT_BALANCE",
        details: { balance: "9223372036854775808", needed: "18446744073709551616" },
      },
    ],
    [
      { refusal: "underpriced-replacement", fee: 1n, needed: 2n },
      { code: "FEE_TOO_LOW", details: { needed: "2" } },
    ],
    [
      { refusal: "sender-full", bytes: 9, limit: 8 },
      { code: "SENDER_FULL", details: { limit: 8 } },
    ],
    [
      { refusal: "pool-full", count: 1, bytes: 1, feeToEnter: 4n },
      { code: "POOL_FULL", details: { retryAfterMs: 500, feeToEnter: "4" } },
    ],
    [
      { refusal: "app-rejected", code: "fee-too-low" },
      { code: "FEE_TOO_LOW", details: { needed: "3" } },
    ],
    [
      { refusal: "app-rejected", code: "zero-amount" },
      { code: "APP_REJECTED", details: { reason: "zero-amount" } },
    ],
  ])("for %o is told of it with the numbers", (refused, problem) => {
    expect(admissionProblem(refused, { hash, minFee: 3n })).toMatchObject({
      ...problem,
      hash,
    });
  });
});

describe("bytes that the check refused", () => {
  test.each<readonly [CheckRefusal, object]>([
    ["bad-signature", { code: "BAD_SIGNATURE" }],
    ["wrong-chain", { code: "WRONG_CHAIN" }],
    ["truncated", { code: "INVALID_ENCODING", details: { reason: "truncated" } }],
    ["trailing-bytes", { code: "INVALID_ENCODING", details: { reason: "trailing-bytes" } }],
    ["too-long", { code: "INVALID_ENCODING", details: { reason: "too-long" } }],
    ["out-of-range", { code: "INVALID_ENCODING", details: { reason: "out-of-range" } }],
    ["unknown-tag", { code: "INVALID_ENCODING", details: { reason: "unknown-tag" } }],
  ])("as %s have their code", (refusal, problem) => {
    expect(checkProblem(refusal)).toEqual(problem);
  });
});
