// Who leads a view: a pure function of the view and of what its proposal builds on, so that whoever holds a proposal and
// its parent can check the proposer. Safety never needs one leader a view, for each validator votes once a view.
//
// Reputation, upon a view entered with highQc on block b: the eligible are those who signed b's `justify`, and b's
//   proposer; the first of them at or after `view mod n`, cyclically, leads. Both are part of b, hence the same for all;
//   the signers of the QC on b are not, for every validator assembles its own.
// Upon a block right above genesis, and after n views in a row without a certified block: round robin.
// Liveness: the eligible hold a quorum's power, so f+1 of honest power at least, and in n views on one b each of them
//   leads. Who is silent signs nothing, and costs no view once a `justify` lacks its vote. Where highQcs differ, two may
//   lead one view and split its votes; then the timeouts of that view carry the highest QC to all. Only a liar can
//   disagree for longer: by a QC that it hid, which it could hide only where it led, and can show only once, within n
//   views: a staler one changes no leader. That such a liar runs out of them in time is argued, not proven.

import { assert, type View } from "../crypto/index.ts";
import type { QuorumCert } from "./certificates.ts";
import type { Block } from "./messages.ts";
import { roundRobin, type ValidatorIndex, type ValidatorSet } from "./validators.ts";

export type LeaderQuestion = {
  readonly validators: ValidatorSet;
  readonly view: View;
  /** What the proposal of this view builds on. */
  readonly justify: QuorumCert;
  /** The block that `justify` certifies, if it is at hand; genesis is none. */
  readonly parent: Block | undefined;
};

/** Undefined if it cannot be said without the parent. All validators of a chain have the same choice. */
export type LeaderChoice = (question: LeaderQuestion) => ValidatorIndex | undefined;

export type LeaderChoiceName = "round-robin" | "reputation";

export const LEADER_CHOICES: Readonly<Record<LeaderChoiceName, LeaderChoice>> = {
  "round-robin": ({ validators, view }) => roundRobin(validators, view),
  reputation,
};

function reputation({ validators, view, justify, parent }: LeaderQuestion) {
  const first = roundRobin(validators, view);
  const count = validators.members.length;
  if (justify.view === 0 || view > justify.view + count) return first;
  if (parent === undefined) return undefined;
  if (parent.justify.view === 0) return first;
  const eligible = new Set([parent.proposer, ...parent.justify.signatures.signers]);
  for (let passed = 0; passed < count; passed++) {
    const index = (first + passed) % count;
    if (eligible.has(index)) return index;
  }
  assert(false, "a certified block has a proposer of the set");
}
