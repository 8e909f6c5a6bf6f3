// What the node remembers of final transactions: the receipts of each block as one byte string, and for each
// transaction where its receipt lies in which. The index stays small: it is what lookups by hash touch at random.

import {
  type Codec,
  concatBytes,
  decode,
  encode,
  equalBytes,
  type Hash,
  type Height,
  heightCodec,
  struct,
  uint16,
  uint32,
} from "../../crypto/index.ts";
import { type Receipt, receiptCodec } from "../ledger/index.ts";
import type { TransactionRecord } from "../storage/index.ts";

/** Where a receipt lies: 14 bytes. */
export type ReceiptPlace = {
  readonly height: Height;
  readonly offset: number;
  readonly length: number;
};

export const receiptPlaceCodec: Codec<ReceiptPlace> = struct<ReceiptPlace>({
  height: heightCodec,
  offset: uint32,
  length: uint16,
});

/** For storage: a block's receipts, and a record for each transaction. One that was skipped has none: it may still come. */
export function receiptRecords(
  height: Height,
  receipts: readonly Receipt[],
): { readonly receipts: Uint8Array; readonly transactions: readonly TransactionRecord[] } {
  const encoded: Uint8Array[] = [];
  const transactions: TransactionRecord[] = [];
  let offset = 0;
  for (const receipt of receipts) {
    if (receipt.result === "skipped") continue;
    const bytes = encode(receiptCodec, receipt);
    const record = encode(receiptPlaceCodec, { height, offset, length: bytes.length });
    transactions.push({ hash: receipt.transaction, record });
    encoded.push(bytes);
    offset += bytes.length;
  }
  return { receipts: concatBytes(...encoded), transactions };
}

/** The receipt of `transaction` at its place in a block's receipts; undefined if it lies elsewhere. */
export function receiptAt(
  receipts: Uint8Array,
  { offset, length }: ReceiptPlace,
  transaction: Hash,
): Receipt | undefined {
  const decoded = decode(receiptCodec, receipts.subarray(offset, offset + length));
  if (!decoded.ok || !equalBytes(decoded.value.transaction, transaction)) return undefined;
  return decoded.value;
}
