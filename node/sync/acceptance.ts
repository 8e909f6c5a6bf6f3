// What a validator believes of an answer: nothing that does not hash to what was asked for, and of final blocks only a
// contiguous run under a certificate that it has checked.

import {
  type Block,
  blockHash,
  type CommitCert,
  type Tip,
  type Verified,
  type Verifier,
} from "../../consensus/index.ts";
import { equalBytes, type Hash } from "../../crypto/index.ts";
import type { Hashers } from "../ledger/index.ts";
import { decodeSignedTransaction, type SignedTransaction } from "../transaction/index.ts";
import { type Answer, type BlockWithBodies, payloadHash } from "./wire.ts";

/** A block whose bodies are, byte for byte, those that its payload hash names. */
export type WholeBlock = {
  readonly block: Block;
  readonly hash: Hash;
  readonly ids: readonly Hash[];
  readonly transactions: readonly SignedTransaction[];
};

export type AnswerRefusal =
  | "malformed-body"
  | "bodies-of-another-block"
  | "another-block"
  | "nothing-offered"
  | "uncertified"
  | "does-not-follow"
  | "certificate-of-another-block"
  | "bad-certificate";

export type Accepted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: AnswerRefusal };

/** Binds bodies to their block. Their signatures need no check where the block is certified. */
export function wholeBlock(
  { block, bodies }: BlockWithBodies,
  { hash, hashLayer }: Hashers = {},
): Accepted<WholeBlock> {
  const transactions: SignedTransaction[] = [];
  for (const body of bodies) {
    const decoded = decodeSignedTransaction(body, hash);
    if (!decoded.ok) return { ok: false, refusal: "malformed-body" };
    transactions.push(decoded.value);
  }
  const ids = transactions.map(({ id }) => id);
  if (!equalBytes(payloadHash(ids, hashLayer), block.payload)) {
    return { ok: false, refusal: "bodies-of-another-block" };
  }
  return { ok: true, value: { block, hash: blockHash(block), ids, transactions } };
}

/** The block with the hash that was asked for. */
export function acceptBlock(
  answer: Extract<Answer, { type: "block" }>,
  hash: Hash,
  hashers: Hashers = {},
): Accepted<WholeBlock> {
  if (answer.found === undefined) return { ok: false, refusal: "nothing-offered" };
  const whole = wholeBlock(answer.found, hashers);
  if (whole.ok && !equalBytes(whole.value.hash, hash)) {
    return { ok: false, refusal: "another-block" };
  }
  return whole;
}

export type CertifiedRun = {
  readonly blocks: readonly WholeBlock[];
  readonly cert: Verified<CommitCert>;
};

/** Final blocks that follow `tip` without a gap, the last one certified. */
export function acceptRun(
  answer: Extract<Answer, { type: "blocks" }>,
  known: { readonly tip: Tip; readonly verifier: Verifier; readonly hashers?: Hashers },
): Accepted<CertifiedRun> {
  if (answer.blocks.length === 0) return { ok: false, refusal: "nothing-offered" };
  if (answer.cert === undefined) return { ok: false, refusal: "uncertified" };
  let parent: { readonly hash: Hash; readonly height: number } = known.tip;
  const blocks: WholeBlock[] = [];
  for (const offered of answer.blocks) {
    const { block } = offered;
    if (block.height !== parent.height + 1 || !equalBytes(block.parent, parent.hash)) {
      return { ok: false, refusal: "does-not-follow" };
    }
    const whole = wholeBlock(offered, known.hashers);
    if (!whole.ok) return whole;
    blocks.push(whole.value);
    parent = { hash: whole.value.hash, height: block.height };
  }
  const isLast = answer.cert.height === parent.height && equalBytes(answer.cert.block, parent.hash);
  if (!isLast) return { ok: false, refusal: "certificate-of-another-block" };
  const verified = known.verifier.verifyCommitCert(answer.cert);
  if (!verified.ok) return { ok: false, refusal: "bad-certificate" };
  return { ok: true, value: { blocks, cert: verified.message } };
}
