// What the node remembers of a final transaction: where it stands and what came of it.

import {
  type Codec,
  encode,
  type Hash,
  type Height,
  hashCodec,
  heightCodec,
  struct,
} from "../../crypto/index.ts";
import { type Receipt, receiptCodec } from "../ledger/index.ts";

export type TransactionOutcome = {
  readonly height: Height;
  readonly block: Hash;
  readonly receipt: Receipt;
};

export const transactionOutcomeCodec: Codec<TransactionOutcome> = struct<TransactionOutcome>({
  height: heightCodec,
  block: hashCodec,
  receipt: receiptCodec,
});

/** For the index by transaction. One that was skipped has no outcome: it may still get one in a later block. */
export function outcomesOf(final: {
  readonly height: Height;
  readonly hash: Hash;
  readonly receipts: readonly Receipt[];
}): readonly { readonly hash: Hash; readonly record: Uint8Array }[] {
  const { height, hash: block, receipts } = final;
  return receipts
    .filter(({ result }) => result !== "skipped")
    .map((receipt) => {
      const record = encode(transactionOutcomeCodec, { height, block, receipt });
      return { hash: receipt.transaction, record };
    });
}
