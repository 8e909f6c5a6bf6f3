// What validators say to each other: layouts on the wire, and how a draft becomes a signed message.

import {
  type Codec,
  concatBytes,
  constant,
  domain,
  type Epoch,
  encode,
  epochCodec,
  type Hash,
  type Height,
  hashCodec,
  hashIn,
  heightCodec,
  optional,
  type Signature,
  type Signer,
  signatureCodec,
  struct,
  uint16,
  uint53,
  union,
  type View,
  viewCodec,
} from "../crypto/index.ts";
import {
  type CommitCert,
  type CommitVoteContent,
  commitCertCodec,
  commitVoteBytes,
  commitVoteContentCodec,
  type QuorumCert,
  quorumCertCodec,
  type TimeoutCert,
  type TimeoutContent,
  timeoutBytes,
  timeoutCertCodec,
  timeoutContentCodec,
  type VoteContent,
  voteBytes,
  voteContentCodec,
} from "./certificates.ts";
import type { ValidatorIndex } from "./validators.ts";

/** A block as the engine sees it: its payload is a hash, whose meaning belongs to whoever executes it. */
export type Block = {
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly parent: Hash;
  /** Certifies the parent. */
  readonly justify: QuorumCert;
  readonly payload: Hash;
  /** Milliseconds since 1970, by the proposer's clock; later than the parent's. */
  readonly timestampMs: number;
  readonly proposer: ValidatorIndex;
};

export type Proposal = {
  readonly type: "proposal";
  readonly block: Block;
  /** Proof that the view before was given up; there exactly when `justify` is not of that view. */
  readonly tc?: TimeoutCert;
  readonly signature: Signature;
};

export type Vote = {
  readonly type: "vote";
  readonly content: VoteContent;
  readonly voter: ValidatorIndex;
  readonly signature: Signature;
};

export type CommitVote = {
  readonly type: "commit-vote";
  readonly content: CommitVoteContent;
  readonly voter: ValidatorIndex;
  readonly signature: Signature;
  /** Lifts receivers that missed the votes; absent once its receiver has as good a one. */
  readonly qc?: QuorumCert;
};

export type Timeout = {
  readonly type: "timeout";
  readonly content: TimeoutContent;
  readonly voter: ValidatorIndex;
  readonly signature: Signature;
  /** Of view `content.highQcView`. */
  readonly highQc: QuorumCert;
  /** How the sender came into the view, when not by `highQc`. */
  readonly highTc?: TimeoutCert;
  /** What the sender voted for in this view, so that no vote is lost with a leader. */
  readonly vote?: Vote;
};

/** A final block's certificate, told to those who did not see the commit votes. */
export type Decision = { readonly type: "decision"; readonly cert: CommitCert };

export type Message = Proposal | Vote | CommitVote | Timeout | Decision;

type Unsigned<T> = T extends Message ? Omit<T, "signature"> : never;

/** A message that waits for its durable record before it may be signed. */
export type Draft = Unsigned<Proposal | Vote | CommitVote | Timeout>;

export const blockCodec: Codec<Block> = struct<Block>({
  epoch: epochCodec,
  view: viewCodec,
  height: heightCodec,
  parent: hashCodec,
  justify: quorumCertCodec,
  payload: hashCodec,
  timestampMs: uint53,
  proposer: uint16,
});

const voteCodec: Codec<Vote> = struct<Vote>({
  type: constant("vote"),
  content: voteContentCodec,
  voter: uint16,
  signature: signatureCodec,
});

export const messageCodec: Codec<Message> = union<Message>({
  proposal: [
    1,
    struct<Proposal>({
      type: constant("proposal"),
      block: blockCodec,
      tc: optional(timeoutCertCodec),
      signature: signatureCodec,
    }),
  ],
  vote: [2, voteCodec],
  "commit-vote": [
    3,
    struct<CommitVote>({
      type: constant("commit-vote"),
      content: commitVoteContentCodec,
      voter: uint16,
      signature: signatureCodec,
      qc: optional(quorumCertCodec),
    }),
  ],
  timeout: [
    4,
    struct<Timeout>({
      type: constant("timeout"),
      content: timeoutContentCodec,
      voter: uint16,
      signature: signatureCodec,
      highQc: quorumCertCodec,
      highTc: optional(timeoutCertCodec),
      vote: optional(voteCodec),
    }),
  ],
  decision: [5, struct<Decision>({ type: constant("decision"), cert: commitCertCodec })],
});

const blockDomain = domain("quorate/block/1");
const proposalDomain = domain("quorate/proposal/1");

/** Blocks are immutable and hashed at every turn: each object once. */
const hashes = new WeakMap<Block, Hash>();

/** Names a block: covers every field, the particular certificate in `justify` included. */
export function blockHash(block: Block): Hash {
  const known = hashes.get(block);
  if (known !== undefined) return known;
  const computed = hashIn(blockDomain, encode(blockCodec, block));
  hashes.set(block, computed);
  return computed;
}

/** What the proposer signs: epoch and hash, and the hash covers the rest. */
export function proposalBytes(chainId: Hash, block: Block): Uint8Array {
  const epoch = encode(epochCodec, block.epoch);
  return concatBytes(proposalDomain.prefix, chainId, epoch, blockHash(block));
}

/** The signed message that a draft stands for. Call it only once the draft's record is durable. */
export function signDraft(draft: Draft, chainId: Hash, signer: Signer): Message {
  switch (draft.type) {
    case "proposal":
      return { ...draft, signature: signer.sign(proposalBytes(chainId, draft.block)) };
    case "vote":
      return { ...draft, signature: signer.sign(voteBytes(chainId, draft.content)) };
    case "commit-vote":
      return { ...draft, signature: signer.sign(commitVoteBytes(chainId, draft.content)) };
    case "timeout":
      return { ...draft, signature: signer.sign(timeoutBytes(chainId, draft.content)) };
  }
}
