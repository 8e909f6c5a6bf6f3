// The three certificates: a quorum voted (QuorumCert), gave a view up (TimeoutCert), made a block final together with
// the state after it (CommitCert). Layouts, and the exact bytes that each signer signs.

import {
  type Codec,
  concatBytes,
  type Domain,
  domain,
  type Epoch,
  encode,
  epochCodec,
  equalBytes,
  type Hash,
  type Height,
  hashCodec,
  heightCodec,
  list,
  MAX_VALIDATORS,
  type SignatureList,
  signatureListCodec,
  struct,
  type View,
  viewCodec,
} from "../crypto/index.ts";

/** Which block a vote is for. */
export type VoteContent = {
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly block: Hash;
};

/** Which block, and which state after executing it, a commit vote is for. */
export type CommitVoteContent = VoteContent & { readonly stateRoot: Hash };

/** Which view a timeout gives up, and the highest certificate its signer had seen. */
export type TimeoutContent = {
  readonly epoch: Epoch;
  readonly view: View;
  readonly highQcView: View;
};

/** A quorum voted for one block in one view. The one of genesis has view 0 and no signatures. */
export type QuorumCert = VoteContent & { readonly signatures: SignatureList };

/** A quorum made a block final and agrees on the state after it. */
export type CommitCert = CommitVoteContent & { readonly signatures: SignatureList };

/** A quorum gave a view up; `highQcViews[i]` is what signer i signed, `highQc` the highest of them. */
export type TimeoutCert = {
  readonly epoch: Epoch;
  readonly view: View;
  readonly highQcViews: readonly View[];
  readonly signatures: SignatureList;
  readonly highQc: QuorumCert;
};

/** The highest that somebody holds: what proves which view they are in. */
export type Certificates = { readonly highQc: QuorumCert; readonly highTc?: TimeoutCert };

const voteFields = {
  epoch: epochCodec,
  view: viewCodec,
  height: heightCodec,
  block: hashCodec,
};

export const voteContentCodec: Codec<VoteContent> = struct<VoteContent>(voteFields);

export const commitVoteContentCodec: Codec<CommitVoteContent> = struct<CommitVoteContent>({
  ...voteFields,
  stateRoot: hashCodec,
});

export const timeoutContentCodec: Codec<TimeoutContent> = struct<TimeoutContent>({
  epoch: epochCodec,
  view: viewCodec,
  highQcView: viewCodec,
});

export const quorumCertCodec: Codec<QuorumCert> = struct<QuorumCert>({
  ...voteFields,
  signatures: signatureListCodec,
});

export const commitCertCodec: Codec<CommitCert> = struct<CommitCert>({
  ...voteFields,
  stateRoot: hashCodec,
  signatures: signatureListCodec,
});

export const timeoutCertCodec: Codec<TimeoutCert> = struct<TimeoutCert>({
  epoch: epochCodec,
  view: viewCodec,
  highQcViews: list(viewCodec, MAX_VALIDATORS),
  signatures: signatureListCodec,
  highQc: quorumCertCodec,
});

const voteDomain = domain("quorate/vote/1");
const commitVoteDomain = domain("quorate/commit-vote/1");
const timeoutDomain = domain("quorate/timeout/1");

/** What a signature covers: domain prefix, chain id, content. The content starts with the epoch. */
function signedBytes<T>(kind: Domain, chainId: Hash, codec: Codec<T>, content: T): Uint8Array {
  return concatBytes(kind.prefix, chainId, encode(codec, content));
}

export function voteBytes(chainId: Hash, content: VoteContent): Uint8Array {
  return signedBytes(voteDomain, chainId, voteContentCodec, content);
}

export function commitVoteBytes(chainId: Hash, content: CommitVoteContent): Uint8Array {
  return signedBytes(commitVoteDomain, chainId, commitVoteContentCodec, content);
}

export function timeoutBytes(chainId: Hash, content: TimeoutContent): Uint8Array {
  return signedBytes(timeoutDomain, chainId, timeoutContentCodec, content);
}

/** The certificate that genesis has of itself: final by definition, signed by nobody. */
export function genesisQc(genesis: { readonly epoch: Epoch; readonly block: Hash }): QuorumCert {
  return {
    epoch: genesis.epoch,
    view: 0 as View,
    height: 0 as Height,
    block: genesis.block,
    signatures: { signers: [], signatures: [] },
  };
}

/** The highest view that any signer of `tc` had seen certified. */
export function highQcViewOf(tc: TimeoutCert): View {
  let highest = 0;
  for (const view of tc.highQcViews) highest = Math.max(highest, view);
  return highest as View;
}

/** The last view that is over by one of these. */
export function provenView({ highQc, highTc }: Certificates): View {
  return Math.max(highQc.view, highTc?.view ?? 0) as View;
}

/** The certificate of the later view; the left one when both have the same. */
export function laterCert<T extends { readonly view: View }>(left: T, right: T): T {
  return right.view > left.view ? right : left;
}

/** Do two certificates or votes speak of the same block in the same view? */
export function sameVote(left: VoteContent, right: VoteContent): boolean {
  return (
    left.epoch === right.epoch &&
    left.view === right.view &&
    left.height === right.height &&
    equalBytes(left.block, right.block)
  );
}
