// What differs between the members of the HotStuff family: how a validator votes and what that vote locks, which blocks a
// QC makes final, and whether a second round of commit votes is cast. All else is shared: the pacemaker with its
// timeouts and TCs, and votes that go to all, not to the next leader. The rules for signing stand in safety-rules.ts.
//
// Below, c is the first certified block of a view after b's that does not extend b; at most one block a view is certified.
//
// commit-votes: Jolteon (arXiv:2106.10362) with the commit votes of AIP-89; the default. Safety: header of engine.ts.
// two-chain: Jolteon, section 4. A QC on b' of the view after b makes b final: its voters knew QC(b) before they gave up
//   that view or a later one, so each later TC names b's view or a later one. A justify of c below b would be refused
//   with such a TC, and one at or above b extends b: no c.
// three-chain: chained HotStuff (arXiv:1803.05069), sections 5 and 6. A QC on b'' of the view after b' of the view after
//   b makes b final: its voters had locked b. One of them voted for c too, after b'', so the justify of c is not below b;
//   then it certifies b or what extends b, and c extends b: no c. No TC is needed for this.

import type { Hash } from "../crypto/index.ts";
import type { QuorumCert } from "./certificates.ts";
import type { Block } from "./messages.ts";
import { mayVote, mayVoteLockingHighest, mayVoteOnLock, type VoteRule } from "./safety-rules.ts";

export type RuleSet = {
  readonly mayVote: VoteRule;
  /** The QC of the block that `qc` makes final with all its ancestors, as far as the blocks at hand show it. */
  readonly finalBy: (
    qc: QuorumCert,
    blockOf: (hash: Hash) => Block | undefined,
  ) => QuorumCert | undefined;
  /** Without them nothing has a CommitCert, and a gap can only be closed block by block. */
  readonly castsCommitVotes: boolean;
  /** How far, at best, the last final view lies behind the one that begins. */
  readonly viewsInFlight: number;
};

export type RuleSetName = "commit-votes" | "two-chain" | "three-chain";

export const RULE_SETS: Readonly<Record<RuleSetName, RuleSet>> = {
  "commit-votes": { mayVote, finalBy: twoChain, castsCommitVotes: true, viewsInFlight: 2 },
  "two-chain": {
    mayVote: mayVoteLockingHighest,
    finalBy: twoChain,
    castsCommitVotes: false,
    viewsInFlight: 3,
  },
  "three-chain": {
    mayVote: mayVoteOnLock,
    finalBy: threeChain,
    castsCommitVotes: false,
    viewsInFlight: 4,
  },
};

/** A certified block on a parent that was certified in the view before makes the parent final. */
function twoChain(qc: QuorumCert, blockOf: (hash: Hash) => Block | undefined) {
  const justify = blockOf(qc.block)?.justify;
  return justify !== undefined && justify.view + 1 === qc.view ? justify : undefined;
}

/** Three blocks, each certified in the view after its parent's, make the first of them final. */
function threeChain(qc: QuorumCert, blockOf: (hash: Hash) => Block | undefined) {
  const middle = twoChain(qc, blockOf);
  return middle && twoChain(middle, blockOf);
}
