// Everything that validators have said about views near ours: first proposals, and the three tallies. Turns a
// quorum into its certificate and a contradiction into evidence. Bounded by the window of views that the engine keeps.

import { equalBytes, toHex, type View } from "../crypto/index.ts";
import type { CommitCert, QuorumCert, TimeoutCert } from "./certificates.ts";
import { commitCertFrom, quorumCertFrom, timeoutCertFrom } from "./formation.ts";
import { blockHash, type CommitVote, type Proposal, type Timeout, type Vote } from "./messages.ts";
import type { Evidence } from "./protocol.ts";
import { type Ballot, Tally } from "./tally.ts";
import type { ValidatorIndex, ValidatorSet } from "./validators.ts";

/** Validators that may claim to lead one view, as long as nobody can say who does; the first ones count. */
const MAX_PROPOSERS = 8;

export class Ballots {
  readonly #report: (evidence: Evidence) => void;
  readonly #votes: Tally<Vote>;
  readonly #commitVotes: Tally<CommitVote>;
  readonly #timeouts: Tally<Timeout>;
  /** By view and proposer: the leader may depend on what a proposal builds on. */
  readonly #proposals = new Map<View, Map<ValidatorIndex, Proposal>>();
  /** Contradictions already reported, with their views. */
  readonly #reported = new Map<string, View>();

  constructor(validators: ValidatorSet, report: (evidence: Evidence) => void) {
    this.#report = report;
    const vote = ({ content }: Vote) => `${content.height} ${toHex(content.block)}`;
    const commitVote = ({ content }: CommitVote) =>
      `${content.height} ${toHex(content.block)} ${toHex(content.stateRoot)}`;
    this.#votes = new Tally(validators, { statementOf: vote, groupOf: vote });
    this.#commitVotes = new Tally(validators, { statementOf: commitVote, groupOf: commitVote });
    this.#timeouts = new Tally(validators, {
      statementOf: ({ content }) => `${content.highQcView}`,
      groupOf: () => "all",
    });
  }

  /** Is it the proposer's first of its view, and is there room? Another one is evidence, the same one again is nothing. */
  addProposal(proposal: Proposal): boolean {
    const { view, proposer: offender } = proposal.block;
    const ofView = this.#proposals.get(view) ?? new Map<ValidatorIndex, Proposal>();
    const first = ofView.get(offender);
    if (first === undefined) {
      if (ofView.size >= MAX_PROPOSERS) return false;
      this.#proposals.set(view, ofView.set(offender, proposal));
      return true;
    }
    if (!equalBytes(blockHash(first.block), blockHash(proposal.block))) {
      this.#reportOnce({ offender, view, first, second: proposal });
    }
    return false;
  }

  addVote(vote: Vote): QuorumCert | undefined {
    const reached = this.#count(this.#votes, vote);
    return reached && quorumCertFrom(reached);
  }

  addCommitVote(vote: CommitVote): CommitCert | undefined {
    const reached = this.#count(this.#commitVotes, vote);
    return reached && commitCertFrom(reached);
  }

  addTimeout(timeout: Timeout): TimeoutCert | undefined {
    // What a timeout brings along is large, and used by now.
    const { highTc: _tc, vote: _vote, ...counted } = timeout;
    const reached = this.#count(this.#timeouts, counted);
    return reached && timeoutCertFrom(reached);
  }

  /** The power of all who gave this view up. */
  timeoutPower(view: View): number {
    return this.#timeouts.powerIn(view);
  }

  votersIn(view: View): readonly ValidatorIndex[] {
    return this.#votes.votersIn(view);
  }

  timeoutsIn(view: View): readonly ValidatorIndex[] {
    return this.#timeouts.votersIn(view);
  }

  pruneBelow(oldest: View): void {
    for (const tally of [this.#votes, this.#commitVotes, this.#timeouts]) tally.pruneBelow(oldest);
    for (const view of this.#proposals.keys()) if (view < oldest) this.#proposals.delete(view);
    for (const [key, view] of this.#reported) if (view < oldest) this.#reported.delete(key);
  }

  #count<B extends Ballot & Evidence["first"]>(
    tally: Tally<B>,
    ballot: B,
  ): readonly B[] | undefined {
    const counted = tally.add(ballot);
    if (counted.type === "counted") return counted.reached;
    if (counted.type === "contradicted") {
      const { voter: offender, content } = ballot;
      this.#reportOnce({ offender, view: content.view, first: counted.first, second: ballot });
    }
    return undefined;
  }

  /** Once per offender, view and kind of message. */
  #reportOnce(evidence: Evidence): void {
    const key = `${evidence.first.type} ${evidence.view} ${evidence.offender}`;
    if (this.#reported.has(key)) return;
    this.#reported.set(key, evidence.view);
    this.#report(evidence);
  }
}
