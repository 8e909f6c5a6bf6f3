// Proofs that need no trust in whoever hands them over: what a key of the state holds, and what came of a transaction,
// checked against the validator set of genesis alone. Portable: clients, browsers and `quorate verify` use this folder.

export {
  checkReceiptProof,
  MAX_UNCERTIFIED,
  type ProvenReceipt,
  type ReceiptProof,
  type ReceiptProofVerdict,
  receiptProofCodec,
} from "./receipt-proof.ts";
export { describeProofRefusal, type ProofRefusal } from "./refusal.ts";
export {
  checkStateProof,
  type ProvenState,
  type StateProof,
  type StateProofVerdict,
  stateProofCodec,
} from "./state-proof.ts";
export { type CertifiedBlock, type Trust, trustIn } from "./trust.ts";
