import { describe, expect, test } from "vitest";
import { blockHash } from "../../../consensus/index.ts";
import { Payloads } from "../../../node/replica/payloads.ts";
import { payloadRefusal, type VotingContext } from "../../../node/replica/voting-conditions.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, NOW_MS, newLedger, transfer } from "./fixtures.ts";

const ledger = newLedger();
const context: VotingContext = {
  limits: { maxBlockTransactions: 3, maxBlockBytes: 2_000, maxClockDriftMs: 500 },
  now: NOW_MS,
  parentTimestampMs: NOW_MS - 1_000,
  check: (transaction) => ledger.check(transaction),
};

function refusalOf(
  transactions: readonly SignedTransaction[],
  options: { readonly timestampMs?: number; readonly context?: Partial<VotingContext> } = {},
) {
  const made = block(1, { with: transactions, timestampMs: options.timestampMs ?? NOW_MS });
  const ids = transactions.map(({ id }) => id);
  const content = { block: made, hash: blockHash(made), ids };
  const payload = new Payloads().open(content, (_, at) => transactions[at]);
  return payloadRefusal(payload, { ...context, ...options.context });
}

const several = (count: number) => Array.from({ length: count }, (_, nonce) => transfer({ nonce }));

describe("a payload", () => {
  test("is voted for when nothing speaks against it", () => {
    expect(refusalOf(several(3))).toBeUndefined();
  });

  test("is voted for when it is empty", () => {
    expect(refusalOf([])).toBeUndefined();
  });

  test("is refused with more transactions than a block may carry", () => {
    expect(refusalOf(several(4))).toBe("too-many-transactions");
  });

  test("is refused with more bytes than a block may carry", () => {
    const transactions = several(3);
    const bytes = transactions.reduce((sum, one) => sum + one.bytes.length, 0);
    const exactly = { ...context.limits, maxBlockBytes: bytes };
    expect(refusalOf(transactions, { context: { limits: exactly } })).toBeUndefined();
    const less = { ...context.limits, maxBlockBytes: bytes - 1 };
    expect(refusalOf(transactions, { context: { limits: less } })).toBe("too-many-bytes");
  });

  test("is refused when its time is further ahead than clocks may drift", () => {
    expect(refusalOf([], { timestampMs: NOW_MS + 500 })).toBeUndefined();
    expect(refusalOf([], { timestampMs: NOW_MS + 501 })).toBe("timestamp-ahead");
  });

  test("may go on from a parent that is further ahead, by the least step", () => {
    const parentTimestampMs = NOW_MS + 3_600_000;
    const refusalAt = (ms: number) =>
      refusalOf([], { timestampMs: parentTimestampMs + ms, context: { parentTimestampMs } });
    expect([refusalAt(1), refusalAt(2)]).toEqual([undefined, "timestamp-ahead"]);
  });

  test("is refused at a time of 2^53, however that came about", () => {
    expect(refusalOf([], { timestampMs: Number.MAX_SAFE_INTEGER })).toBe("timestamp-ahead");
  });

  test("is refused with a transaction that may no longer be executed at its height", () => {
    expect(refusalOf([transfer({ until: 1 })])).toBeUndefined();
    expect(refusalOf([transfer({ until: 0 })])).toBe("expired-transaction");
  });

  test.each([
    ["of another chain", transfer({ chainId: hashOf("elsewhere") })],
    ["below the least fee", transfer({ fee: 0n })],
    ["that moves nothing", transfer({ amount: 0n })],
  ])("is refused with a transaction %s", (_, bad) => {
    expect(refusalOf([transfer({ nonce: 1 }), bad])).toBe("invalid-transaction");
  });

  test("is not refused for a nonce or a balance: execution skips those", () => {
    expect(refusalOf([transfer({ nonce: 77, amount: 10_000n })])).toBeUndefined();
  });
});
