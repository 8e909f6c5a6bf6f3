// Every reason why bytes are no proof, a literal each, and what it means for people.

import type { MessageRefusal } from "../../consensus/index.ts";

export type ProofRefusal =
  /** "malformed" and what is wrong with the certificate. One of another chain is a "bad-signature". */
  | MessageRefusal
  | "genesis-certificate"
  | "last-block-not-proven"
  | "wrong-height"
  | "wrong-key"
  | "wrong-shape"
  | "wrong-root"
  | "wrong-leaf"
  | "wrong-transaction"
  | "wrong-index"
  | "broken-chain"
  | "receipt-not-in-block";

const CLAUSES: Partial<Record<ProofRefusal, string>> = {
  malformed: "the bytes are not a proof in its one canonical encoding",
  "wrong-epoch": "the certificate is of another validator set",
  "unknown-signer": "the certificate names a signer that genesis does not",
  "repeated-signer": "the certificate counts a signer twice",
  "signatures-without-signers": "the certificate has not one signature for each signer",
  "below-quorum": "the certificate is signed by less than a quorum",
  "bad-signature": "a signature of the certificate is forged, or of another chain",
  "genesis-certificate": "the certificate is for genesis, which nobody certifies",
  "last-block-not-proven": "the state root does not say which block it belongs to",
  "wrong-height": "the state belongs to another height than the certificate",
  "wrong-key": "the proof is about another key",
  "wrong-shape": "the Merkle path has another shape than the tree",
  "wrong-root": "the Merkle path does not lead to the certified state root",
  "wrong-leaf": "the Merkle path leads to a leaf that says nothing about the key",
  "wrong-transaction": "the receipt is that of another transaction",
  "wrong-index": "the receipt lies at another place of the block",
  "broken-chain": "the blocks between the receipt and the certificate do not follow one another",
  "receipt-not-in-block": "the receipt is not among those of its block",
};

/** One clause for people, without a full stop. */
export function describeProofRefusal(refusal: ProofRefusal): string {
  return CLAUSES[refusal] ?? `the certificate is refused (${refusal})`;
}
