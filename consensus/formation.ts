// How a quorum of ballots becomes a certificate. The ballots agree and come from distinct voters: the tally saw to it.

import { assert, signatureList, type View } from "../crypto/index.ts";
import type { CommitCert, QuorumCert, TimeoutCert } from "./certificates.ts";
import { laterCert } from "./certificates.ts";
import type { CommitVote, Timeout, Vote } from "./messages.ts";
import type { Ballot } from "./tally.ts";

export function quorumCertFrom(votes: readonly Vote[]): QuorumCert {
  return { ...firstOf(votes).content, signatures: signaturesOf(votes) };
}

export function commitCertFrom(votes: readonly CommitVote[]): CommitCert {
  return { ...firstOf(votes).content, signatures: signaturesOf(votes) };
}

export function timeoutCertFrom(timeouts: readonly Timeout[]): TimeoutCert {
  const { content, highQc } = firstOf(timeouts);
  return {
    epoch: content.epoch,
    view: content.view,
    highQcViews: timeouts.map((timeout): View => timeout.content.highQcView),
    signatures: signaturesOf(timeouts),
    highQc: timeouts.reduce((highest, timeout) => laterCert(highest, timeout.highQc), highQc),
  };
}

function signaturesOf(ballots: readonly Ballot[]) {
  return signatureList(ballots.map(({ voter, signature }) => ({ signer: voter, signature })));
}

function firstOf<B>(ballots: readonly B[]): B {
  const first = ballots[0];
  assert(first !== undefined, "a quorum is not empty");
  return first;
}
