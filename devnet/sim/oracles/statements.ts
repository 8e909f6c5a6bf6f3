// Signed statements, wherever they stand: in a message of their own, beside another, or folded into a certificate. Each
// comes with its signature and the bytes that it covers; nothing is believed of it yet.

import type {
  CommitCert,
  CommitVote,
  Message,
  Proposal,
  QuorumCert,
  Timeout,
  TimeoutCert,
  ValidatorIndex,
  Vote,
} from "../../../consensus/index.ts";
import type { Hash, Signature } from "../../../crypto/index.ts";
import type { Premises } from "./oracle.ts";
import {
  hashOf,
  signedCommitVote,
  signedProposal,
  signedTimeout,
  signedVote,
} from "./signed-bytes.ts";
import { wordOf } from "./words.ts";

export type StatementKind = "proposal" | "vote" | "commit-vote" | "timeout";

export type Statement = {
  readonly kind: StatementKind;
  readonly signer: ValidatorIndex;
  readonly epoch: number;
  readonly view: number;
  /** All that it says beyond its view: two statements of one signer, kind and view with other words conflict. */
  readonly words: string;
  /** The word of the block that it is about; timeouts are about none. */
  readonly block?: string;
  /** Of which view the certificate is that it names as the highest; votes do not say. */
  readonly names?: number;
  readonly signature: Signature;
  readonly bytes: () => Uint8Array;
  /** It alone as a message, for whoever asks for proof; a timeout's certificate is named, not carried. */
  readonly message: () => Message;
};

/** Does the signature stand under these bytes, by the key of the validator that is named? */
export function isSigned({ validators, scheme }: Premises, statement: Statement): boolean {
  const publicKey = validators.members[statement.signer]?.publicKey;
  if (publicKey === undefined) return false;
  const { signature } = statement;
  return scheme.verify({ publicKey, message: statement.bytes(), signature });
}

/** Hands out every signed statement in a message. */
export function eachStatement(
  chainId: Hash,
  message: Message,
  take: (statement: Statement) => void,
): void {
  switch (message.type) {
    case "proposal":
      take(proposal(chainId, message));
      eachVote(chainId, message.block.justify, take);
      if (message.tc !== undefined) eachTimeout(chainId, message.tc, take);
      return;
    case "vote":
      return take(vote(chainId, message));
    case "commit-vote":
      take(commitVote(chainId, message));
      if (message.qc !== undefined) eachVote(chainId, message.qc, take);
      return;
    case "timeout": {
      const { content, voter, signature, highQc, highTc } = message;
      take(timeout(chainId, { content, voter, signature, highQc }));
      eachVote(chainId, highQc, take);
      if (highTc !== undefined) eachTimeout(chainId, highTc, take);
      if (message.vote !== undefined) take(vote(chainId, message.vote));
      return;
    }
    case "decision":
      return eachCommitVote(chainId, message.cert, take);
  }
}

export function eachVote(
  chainId: Hash,
  content: QuorumCert,
  take: (statement: Statement) => void,
): void {
  const { signers, signatures } = content.signatures;
  for (const [at, voter] of signers.entries()) {
    const signature = signatures[at];
    if (signature !== undefined) take(vote(chainId, { content, voter, signature }));
  }
}

export function eachCommitVote(
  chainId: Hash,
  content: CommitCert,
  take: (statement: Statement) => void,
): void {
  const { signers, signatures } = content.signatures;
  for (const [at, voter] of signers.entries()) {
    const signature = signatures[at];
    if (signature !== undefined) take(commitVote(chainId, { content, voter, signature }));
  }
}

function eachTimeout(chainId: Hash, tc: TimeoutCert, take: (statement: Statement) => void): void {
  const { epoch, view, highQcViews, highQc } = tc;
  const { signers, signatures } = tc.signatures;
  for (const [at, voter] of signers.entries()) {
    const signature = signatures[at];
    const highQcView = highQcViews[at];
    if (signature === undefined || highQcView === undefined) continue;
    const content = { epoch, view, highQcView };
    take(timeout(chainId, { content, voter, signature, highQc }));
  }
  eachVote(chainId, highQc, take);
}

function proposal(chainId: Hash, { block, signature }: Proposal): Statement {
  const { epoch, view, proposer: signer, justify } = block;
  const hash = hashOf(block);
  const word = wordOf(hash);
  const bytes = () => signedProposal(chainId, epoch, hash);
  const names = justify.view;
  return {
    kind: "proposal",
    signer,
    epoch,
    view,
    words: word,
    block: word,
    names,
    signature,
    bytes,
    message: () => ({ type: "proposal", block, signature }),
  };
}

function vote(
  chainId: Hash,
  { content, voter, signature }: Pick<Vote, "content" | "voter" | "signature">,
): Statement {
  const { epoch, view, height, block } = content;
  const word = wordOf(block);
  return {
    kind: "vote",
    signer: voter,
    epoch,
    view,
    words: `${word} ${height}`,
    block: word,
    signature,
    bytes: () => signedVote(chainId, content),
    message: () => ({ type: "vote", content: { epoch, view, height, block }, voter, signature }),
  };
}

function commitVote(
  chainId: Hash,
  { content, voter, signature }: Pick<CommitVote, "content" | "voter" | "signature">,
): Statement {
  const { epoch, view, height, block, stateRoot } = content;
  const word = wordOf(block);
  const bare = { epoch, view, height, block, stateRoot };
  return {
    kind: "commit-vote",
    signer: voter,
    epoch,
    view,
    words: `${word} ${wordOf(stateRoot)} ${height}`,
    block: word,
    names: view,
    signature,
    bytes: () => signedCommitVote(chainId, content),
    message: () => ({ type: "commit-vote", content: bare, voter, signature }),
  };
}

function timeout(
  chainId: Hash,
  {
    content,
    voter,
    signature,
    highQc,
  }: Pick<Timeout, "content" | "voter" | "signature" | "highQc">,
): Statement {
  const { epoch, view, highQcView: names } = content;
  const named = { ...highQc, view: names, signatures: { signers: [], signatures: [] } };
  return {
    kind: "timeout",
    signer: voter,
    epoch,
    view,
    words: `${names}`,
    names,
    signature,
    bytes: () => signedTimeout(chainId, content),
    message: () => ({ type: "timeout", content, voter, signature, highQc: named }),
  };
}
