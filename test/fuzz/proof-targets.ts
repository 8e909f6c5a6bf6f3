// What clients are handed as proofs, and the receipts of a block as they lie on disk. Whatever is believed is right.

import { equalBytes, hash, merkleProof } from "../../crypto/index.ts";
import { LAST_BLOCK_KEY, receiptHash } from "../../node/ledger/index.ts";
import {
  checkReceiptProof,
  checkStateProof,
  type ReceiptProof,
  receiptProofCodec,
  type StateProof,
  stateProofCodec,
} from "../../node/proof/index.ts";
import { blockReceiptsCodec } from "../../node/runtime/transaction-record.ts";
import { ABSENT, chainOf, found, PRESENT, trustOf, writes } from "../node/proof/fixtures.ts";
import { codecTarget } from "./codec-target.ts";
import { must, type Target } from "./target.ts";

const { w, at } = chainOf([
  [writes(0, 20, 7), writes(1, 30, 99), writes(2, 30, 8)],
  [writes(3, 20, 8)],
]);
const trust = trustOf(w);
const { receipts, lastBlock, prove, cert } = at(1);

const STATE_PROOFS: readonly StateProof[] = [PRESENT, ABSENT].map((key) => ({
  key,
  proof: prove(key),
  lastBlock: prove(LAST_BLOCK_KEY),
  cert,
}));

const receipt = found(receipts[2]);
const leaves = receipts.map((each) => receiptHash(each));
const path = merkleProof(leaves, 2);
const { cert: next, prove: proveNext } = at(2);
const RECEIPT_PROOFS: readonly ReceiptProof[] = [
  { receipt, path, uncertified: [], lastBlock: prove(LAST_BLOCK_KEY), cert },
  {
    receipt,
    path,
    uncertified: [lastBlock],
    lastBlock: proveNext(LAST_BLOCK_KEY),
    cert: next,
  },
];

export const PROOF_TARGETS: readonly Target[] = [
  codecTarget({
    name: "state-proof",
    codec: stateProofCodec,
    values: STATE_PROOFS,
    judge: (_, input) => {
      const verdict = checkStateProof(input, trust, PRESENT);
      if (!verdict.ok) return verdict.refusal;
      must(
        verdict.height === 1 && equalBytes(verdict.stateRoot, at(1).stateRoot),
        "the block that is believed is right",
      );
      const { value } = verdict;
      must(value !== undefined && value[0] === 7, "a value that is believed is right");
      return "proven";
    },
  }),
  codecTarget({
    name: "receipt-proof",
    codec: receiptProofCodec,
    values: RECEIPT_PROOFS,
    judge: (_, input) => {
      const verdict = checkReceiptProof(input, trust, hash(receipt.transaction));
      if (!verdict.ok) return verdict.refusal;
      const { height, receipt: believed } = verdict;
      const isRight = equalBytes(receiptHash(believed), receiptHash(receipt));
      must(height === 1 && isRight, "a receipt that is believed is right");
      return "proven";
    },
  }),
  codecTarget({
    name: "block-receipts",
    codec: blockReceiptsCodec,
    values: [{ receipts: [] }, { receipts, lastBlock: prove(LAST_BLOCK_KEY) }],
  }),
];
