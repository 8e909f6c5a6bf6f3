// What the node remembers of final transactions: the receipts of each block as one byte string, and for each transaction
// where its receipt lies in which. The index stays small: it is what lookups by hash touch at random.
// Receipts of skipped transactions are kept too, for they are leaves of the tree that the state names. Where an old
// receipt may lean on the state after the block, a proof of what that state says of it lies with them.

import {
  type Codec,
  concatBytes,
  decode,
  encode,
  equalBytes,
  type Hash,
  type Height,
  heightCodec,
  list,
  optional,
  struct,
  uint16,
  uint32,
} from "../../crypto/index.ts";
import {
  encodeReceipt,
  type MapProof,
  mapProofCodec,
  type Receipt,
  receiptCodec,
} from "../ledger/index.ts";
import type { TransactionRecord } from "../storage/index.ts";
import { MAX_BLOCK_TRANSACTIONS } from "../sync/index.ts";

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

/** What is kept of a final block beside the block itself. */
export type BlockReceipts = {
  /** One for each transaction, in order. */
  readonly receipts: readonly Receipt[];
  /** Of LAST_BLOCK_KEY in the state after the block. */
  readonly lastBlock?: MapProof;
};

export const blockReceiptsCodec: Codec<BlockReceipts> = struct<BlockReceipts>({
  receipts: list(receiptCodec, MAX_BLOCK_TRANSACTIONS),
  lastBlock: optional(mapProofCodec),
});

const lastBlockBytes = optional(mapProofCodec);

/** For storage: a block's receipts, and a record for each transaction. One that was skipped has none: it may still come. */
export function receiptRecords(
  height: Height,
  receipts: readonly Receipt[],
  lastBlock?: MapProof,
): { readonly receipts: Uint8Array; readonly transactions: readonly TransactionRecord[] } {
  const count = encode(uint32, receipts.length);
  const encoded: Uint8Array[] = [count];
  const transactions: TransactionRecord[] = [];
  let offset = count.length;
  for (const receipt of receipts) {
    const bytes = encodeReceipt(receipt);
    if (receipt.result !== "skipped") {
      const record = encode(receiptPlaceCodec, { height, offset, length: bytes.length });
      transactions.push({ hash: receipt.transaction, record });
    }
    encoded.push(bytes);
    offset += bytes.length;
  }
  return { receipts: concatBytes(...encoded, encode(lastBlockBytes, lastBlock)), transactions };
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
