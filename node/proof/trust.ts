// Where every proof ends: a certificate that a quorum of genesis signed, and the state's own word on the block it follows.

import { type CommitCert, QuorumCheck, type ValidatorSet } from "../../consensus/index.ts";
import {
  decode,
  type Hash,
  type Height,
  type SignatureScheme,
  type View,
} from "../../crypto/index.ts";
import {
  LAST_BLOCK_KEY,
  type LastBlock,
  lastBlockCodec,
  type MapProof,
  verifyMapProof,
} from "../ledger/index.ts";
import type { ProofRefusal } from "./refusal.ts";

/** What a checker believes: the validators of genesis. Keep it: a certificate that comes again is not checked again. */
export type Trust = {
  readonly validators: ValidatorSet;
  readonly quorums: Pick<QuorumCheck, "commitCertRefusal">;
};

/** A block that has a certificate of its own, and the state after it. */
export type CertifiedBlock = {
  readonly height: Height;
  readonly blockHash: Hash;
  readonly stateRoot: Hash;
  readonly view: View;
  /** The block's. A proof is no older than this. */
  readonly timestampMs: number;
};

/** The part that all proofs have. */
export type Anchor = {
  /** Of LAST_BLOCK_KEY, in the certified state. */
  readonly lastBlock: MapProof;
  readonly cert: CommitCert;
};

type AnchorVerdict =
  | { readonly ok: true; readonly block: CertifiedBlock; readonly lastBlock: LastBlock }
  | { readonly ok: false; readonly refusal: ProofRefusal };

/** `scheme` may be the portable one or a native one: both follow ZIP-215. */
export function trustIn(genesis: {
  readonly validators: ValidatorSet;
  readonly scheme: SignatureScheme;
}): Trust {
  const { validators, scheme } = genesis;
  return { validators, quorums: new QuorumCheck(validators, scheme) };
}

export function checkAnchor({ lastBlock: proof, cert }: Anchor, trust: Trust): AnchorVerdict {
  if (cert.view === 0 || cert.height === 0) return { ok: false, refusal: "genesis-certificate" };
  const refusal = trust.quorums.commitCertRefusal(cert);
  if (refusal !== undefined) return { ok: false, refusal };
  const proven = verifyMapProof(cert.stateRoot, LAST_BLOCK_KEY, proof);
  const value = proven.ok ? proven.value : undefined;
  const lastBlock = value === undefined ? undefined : decode(lastBlockCodec, value);
  if (!lastBlock?.ok) return { ok: false, refusal: "last-block-not-proven" };
  const { height, timestampMs } = lastBlock.value;
  if (height !== cert.height) return { ok: false, refusal: "wrong-height" };
  const { view, block: blockHash, stateRoot } = cert;
  const block = { height, blockHash, stateRoot, view, timestampMs };
  return { ok: true, block, lastBlock: lastBlock.value };
}
