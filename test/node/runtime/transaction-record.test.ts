import { expect, test } from "vitest";
import { decode, type Hash, type Height } from "../../../crypto/index.ts";
import type { Receipt, TransactionResult } from "../../../node/ledger/index.ts";
import {
  blockReceiptsCodec,
  receiptAt,
  receiptPlaceCodec,
  receiptRecords,
} from "../../../node/runtime/transaction-record.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { chainOf, PRESENT, writes } from "../proof/fixtures.ts";

const height = 5 as Height;

function receipt(index: number, result: TransactionResult = "ok"): Receipt {
  const code = result === "ok" ? "" : "bad-nonce";
  const output = new Uint8Array(index);
  return { transaction: hashOf(`transaction ${index}`), index, result, code, feePaid: 1n, output };
}

function placeOf(record: Uint8Array | undefined) {
  const decoded = decode(receiptPlaceCodec, record ?? new Uint8Array(0));
  if (!decoded.ok) throw new Error(decoded.refusal);
  return decoded.value;
}

test("every receipt of a block is found at its place", () => {
  const receipts = [receipt(0), receipt(1, "failed"), receipt(2)];
  const { receipts: bytes, transactions } = receiptRecords(height, receipts);
  const found = transactions.map(({ hash, record }) =>
    receiptAt(bytes, placeOf(record), hash as Hash),
  );
  expect(found).toEqual(receipts);
});

test("a skipped receipt is kept, for it is a leaf of the block's tree, and not found by its transaction", () => {
  const receipts = [receipt(0, "skipped"), receipt(1)];
  const { receipts: bytes, transactions } = receiptRecords(height, receipts);
  expect(transactions.map(({ hash }) => hash)).toEqual([receipts[1]?.transaction]);
  expect(receiptAt(bytes, placeOf(transactions[0]?.record), hashOf("transaction 1"))).toEqual(
    receipts[1],
  );
  expect(decode(blockReceiptsCodec, bytes)).toEqual({ ok: true, value: { receipts } });
});

test("the proof of what the state says of the block lies with its receipts", () => {
  const lastBlock = chainOf([[writes(0, 20, 1)]])
    .at(1)
    .prove(PRESENT);
  const { receipts: bytes } = receiptRecords(height, [receipt(0)], lastBlock);
  const value = { receipts: [receipt(0)], lastBlock };
  expect(decode(blockReceiptsCodec, bytes)).toEqual({ ok: true, value });
});
