// What came of a transaction:
//   certificate -> state root -> what the state says of its block -> receipts root -> receipt
// A block that a later one made final has no certificate of its own. Then the certificate is that of the next block with
// one, and in between stands what each state says of its block, which the next one's names by its hash.

import { type CommitCert, commitCertCodec } from "../../consensus/index.ts";
import {
  type Codec,
  decode,
  encode,
  equalBytes,
  type Hash,
  type Height,
  list,
  type MerkleProof,
  merkleProofCodec,
  struct,
  verifyMerkleProof,
} from "../../crypto/index.ts";
import {
  type LastBlock,
  lastBlockCodec,
  lastBlockHash,
  type MapProof,
  mapProofCodec,
  type Receipt,
  receiptCodec,
  receiptHash,
} from "../ledger/index.ts";
import type { ProofRefusal } from "./refusal.ts";
import { type CertifiedBlock, checkAnchor, type Trust } from "./trust.ts";

export type ReceiptProof = {
  readonly receipt: Receipt;
  /** From the receipt to the receipts root of its block. */
  readonly path: MerkleProof;
  /** From the receipt's block to the one before the certified block; empty when the receipt's block is the certified one. */
  readonly uncertified: readonly LastBlock[];
  /** Of LAST_BLOCK_KEY, in the certified state. */
  readonly lastBlock: MapProof;
  readonly cert: CommitCert;
};

export type ProvenReceipt = {
  readonly ok: true;
  readonly receipt: Receipt;
  /** Of the block that the transaction is in. */
  readonly height: Height;
  readonly timestampMs: number;
  /** The same block, or the next one that has a certificate. */
  readonly certified: CertifiedBlock;
};

export type ReceiptProofVerdict =
  | ProvenReceipt
  | { readonly ok: false; readonly refusal: ProofRefusal };

/** Blocks in a row without certificate that a proof may bridge. */
export const MAX_UNCERTIFIED = 256;

export const receiptProofCodec: Codec<ReceiptProof> = struct<ReceiptProof>({
  receipt: receiptCodec,
  path: merkleProofCodec,
  uncertified: list(lastBlockCodec, MAX_UNCERTIFIED),
  lastBlock: mapProofCodec,
  cert: commitCertCodec,
});

/** What `bytes` prove of `transaction`. A receipt that says `skipped` is no end: the transaction may still be executed. */
export function checkReceiptProof(
  bytes: Uint8Array,
  trust: Trust,
  transaction: Hash,
): ReceiptProofVerdict {
  const decoded = decode(receiptProofCodec, bytes);
  if (!decoded.ok) return { ok: false, refusal: "malformed" };
  const { receipt, path, uncertified } = decoded.value;
  if (!equalBytes(receipt.transaction, transaction)) {
    return { ok: false, refusal: "wrong-transaction" };
  }
  if (path.index !== receipt.index) return { ok: false, refusal: "wrong-index" };
  const anchor = checkAnchor(decoded.value, trust);
  if (!anchor.ok) return anchor;
  const block = walkBack(anchor.lastBlock, uncertified);
  if (block === undefined) return { ok: false, refusal: "broken-chain" };
  const { height, timestampMs, receiptsRoot: root } = block;
  if (!verifyMerkleProof({ root, leaf: receiptHash(receipt), proof: path }).ok) {
    return { ok: false, refusal: "receipt-not-in-block" };
  }
  return { ok: true, receipt, height, timestampMs, certified: anchor.block };
}

/** The first of the chain, if each is the one before the next. */
function walkBack(certified: LastBlock, uncertified: readonly LastBlock[]): LastBlock | undefined {
  let later = certified;
  for (const block of uncertified.toReversed()) {
    const named = lastBlockHash(encode(lastBlockCodec, block));
    if (!equalBytes(later.previous, named)) return undefined;
    later = block;
  }
  return later;
}
