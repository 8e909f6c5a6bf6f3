// What came of one transaction in one block. The root over a block's receipts is part of the state that follows it.

import {
  ascii,
  assert,
  type Codec,
  domain,
  HASH_BYTES,
  type Hash,
  hashCodec,
  hashIn,
  merkleRoot,
  refuseDecoding,
  struct,
  uint8,
  uint32,
  uint64,
  variableBytes,
} from "../../crypto/index.ts";
import type { Hashers } from "./hashers.ts";

/**
 * - `ok`: done, fee paid, nonce used.
 * - `failed`: the call changed nothing; fee paid, nonce used.
 * - `skipped`: nothing at all changed; the same transaction may still be valid in a later block.
 */
export type TransactionResult = "ok" | "failed" | "skipped";

export type Receipt = {
  readonly transaction: Hash;
  /** Its place in the block, from 0. */
  readonly index: number;
  readonly result: TransactionResult;
  /** Why not, 1..64 bytes of `a-z`, `0-9` and `-`; empty when ok. */
  readonly code: string;
  readonly feePaid: bigint;
  /** What the call answers, at most MAX_OUTPUT_BYTES. */
  readonly output: Uint8Array;
};

export const MAX_CODE_BYTES = 64;
export const MAX_OUTPUT_BYTES = 1_024;

const RECEIPT_DOMAIN = domain("quorate/receipt/1");
const RESULTS: readonly TransactionResult[] = ["ok", "failed", "skipped"];
const CODE_PATTERN = /^[a-z0-9-]*$/;

const MAX_RECEIPT_BYTES = HASH_BYTES + 4 + 1 + 4 + MAX_CODE_BYTES + 8 + 4 + MAX_OUTPUT_BYTES;
// Safe to share: filled and copied within one synchronous call. A DataView over each small result would cost more.
const scratch = new Uint8Array(MAX_RECEIPT_BYTES);
const scratchData = new DataView(scratch.buffer);

const resultCodec: Codec<TransactionResult> = {
  write: (writer, result) => uint8.write(writer, RESULTS.indexOf(result)),
  read: (reader) => RESULTS[uint8.read(reader)] ?? refuseDecoding("unknown-tag"),
};

const codeBytesCodec = variableBytes(MAX_CODE_BYTES);

const codeCodec: Codec<string> = {
  write: (writer, code) => codeBytesCodec.write(writer, ascii(code)),
  read: (reader) => {
    const code = String.fromCharCode(...codeBytesCodec.read(reader));
    return CODE_PATTERN.test(code) ? code : refuseDecoding("out-of-range");
  },
};

export const receiptCodec: Codec<Receipt> = struct<Receipt>({
  transaction: hashCodec,
  index: uint32,
  result: resultCodec,
  code: codeCodec,
  feePaid: uint64,
  output: variableBytes(MAX_OUTPUT_BYTES),
});

/** As `receiptCodec` does, by hand: one for every transaction in every execution. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const { transaction, index, result, code, feePaid, output } = receipt;
  assert(code.length <= MAX_CODE_BYTES, "a code has at most 64 bytes");
  assert(output.length <= MAX_OUTPUT_BYTES, "an output has at most 1,024 bytes");
  const codeOffset = HASH_BYTES + 4 + 1 + 4;
  const feeOffset = codeOffset + code.length;
  scratch.set(transaction);
  scratchData.setUint32(HASH_BYTES, index);
  scratchData.setUint8(HASH_BYTES + 4, RESULTS.indexOf(result));
  scratchData.setUint32(HASH_BYTES + 5, code.length);
  if (code.length > 0) scratch.set(ascii(code), codeOffset);
  scratchData.setBigUint64(feeOffset, feePaid);
  scratchData.setUint32(feeOffset + 8, output.length);
  scratch.set(output, feeOffset + 12);
  return scratch.slice(0, feeOffset + 12 + output.length);
}

/** The leaf that stands for a receipt in its block's tree. */
export function receiptHash(receipt: Receipt, hash: typeof hashIn = hashIn): Hash {
  return hash(RECEIPT_DOMAIN, encodeReceipt(receipt));
}

/** The Merkle root over the receipts' hashes, in the order of the block. */
export function receiptsRoot(receipts: readonly Receipt[], hashers: Hashers = {}): Hash {
  const leaves = receipts.map((receipt) => receiptHash(receipt, hashers.hash));
  return merkleRoot(leaves, hashers.hashLayer);
}
