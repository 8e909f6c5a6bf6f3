import { describe, expect, test } from "vitest";
import type { Height } from "../../../crypto/index.ts";
import { Pool } from "../../../mempool/index.ts";
import { admit, type PooledTransaction } from "../../../node/replica/admission.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { newLedger, type TransferOptions, transfer } from "./fixtures.ts";

const ledger = newLedger();

function offered(options: TransferOptions, pool = new Pool<PooledTransaction>(), height = 0) {
  return admit(transfer(options), { pool, ledger, height: height as Height });
}

describe("admission", () => {
  test("takes a sound transaction into the pool, with what a block will carry", () => {
    const pool = new Pool<PooledTransaction>();
    const transaction = transfer();
    const admission = admit(transaction, { pool, ledger, height: 0 as Height });
    expect(admission).toEqual({ ok: true, status: "added" });
    expect(pool.get(transaction.id)?.signed).toBe(transaction);
  });

  test("calls the same bytes a duplicate", () => {
    const pool = new Pool<PooledTransaction>();
    offered({}, pool);
    expect(offered({}, pool)).toEqual({ ok: true, status: "duplicate" });
  });

  test.each([
    ["of another chain", { chainId: hashOf("elsewhere") }, "wrong-chain"],
    ["below the least fee", { fee: 0n }, "fee-too-low"],
    ["that moves nothing", { amount: 0n }, "zero-amount"],
  ] as const)("refuses one %s by the application's code", (_, options, code) => {
    const admission = offered(options);
    expect(admission).toEqual({ ok: false, refusal: "app-rejected", code });
  });

  test("refuses one that its sender cannot pay, fee and amount together", () => {
    const admission = offered({ amount: 1_000n, fee: 1n });
    expect(admission).toMatchObject({ ok: false, refusal: "insufficient-balance", needed: 1_001n });
    expect(offered({ amount: 999n, fee: 1n })).toMatchObject({ ok: true });
  });

  test("refuses one whose last height is the height that is final already", () => {
    expect(offered({ until: 7 }, undefined, 7)).toMatchObject({ ok: false, refusal: "expired" });
    expect(offered({ until: 8 }, undefined, 7)).toMatchObject({ ok: true });
  });

  test("refuses a nonce too far ahead of the account", () => {
    expect(offered({ nonce: 1_024 })).toMatchObject({ ok: false, refusal: "nonce-gap" });
  });

  test("takes one behind a gap, to wait there", () => {
    expect(offered({ nonce: 5 })).toEqual({ ok: true, status: "added" });
  });

  test("reads nonce and balance of accounts that do not exist as nothing", () => {
    const admission = offered({ from: "carol" });
    expect(admission).toMatchObject({ ok: false, refusal: "insufficient-balance", balance: 0n });
  });
});
