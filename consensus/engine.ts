// HotStuff for one validator: `step(event) -> effects`, a pure function of the events so far. Jolteon
// (arXiv:2106.10362) with broadcast votes and explicit commit votes (AIP-89): final after three message delays.
//
// Upon start, or a QC or TC of view v >= ours: enter view v+1; its leader proposes on the highest QC, with the TC if
//   that QC is not of view v.
// Upon a proposal for our view by its leader, bodies held: vote if `mayVote`, to all.
// Upon a quorum of votes (a QC): execute the block; commit-vote with the state root if `mayCommitVote`, to all.
// Upon a quorum of equal commit votes (a CommitCert), or a QC on a block whose parent was certified in the view
//   before: commit the block and its ancestors, oldest first.
// Upon the timer, or f+1 timeouts of our view: give the view up if `mayTimeout`, to all, again while stuck.
// Upon a quorum of timeouts: a TC with the highest QC among them.
// With the record of what was signed lost: all of this but the signing, until past what may have been signed (recovered).
//
// Deviations from Jolteon: votes and timeouts go to all, not to the next leader; the commit vote is a second round in
//   the same view, not the next block; votes promise that the bodies are durable.
// Safety: a quorum of commit votes on b in v means that f+1 honest validators were locked on v before they signed any
//   timeout of v or later, so each later TC carries a highQc view >= v, so each later votable block extends b.
// This is the default of the rule sets (rules.ts): others vote, lock and commit otherwise, without commit votes. Who leads
//   is a choice of its own (leaders.ts); both are the same for all validators of a chain.
// Memory: tallies span a fixed window of views, the block tree MAX_BLOCKS; commits drop what they overtake.

import { assert, equalBytes, type Hash, type Height, next, type View } from "../crypto/index.ts";
import { Ballots } from "./ballots.ts";
import {
  type Certificates,
  type CommitCert,
  provenView,
  type QuorumCert,
  sameVote,
  type TimeoutCert,
} from "./certificates.ts";
import type { Tip } from "./chain.ts";
import { CommitVoting } from "./commit-voting.ts";
import { Commitment, targetOf } from "./commitment.ts";
import { LEADER_CHOICES, type LeaderChoice } from "./leaders.ts";
import { Leadership } from "./leadership.ts";
import type { Block, CommitVote, Draft, Message, Proposal, Timeout, Vote } from "./messages.ts";
import { type PacemakerOptions, viewTimeoutMs } from "./pacemaker.ts";
import type { Effect, EngineStatus, Event, Evidence } from "./protocol.ts";
import { RULE_SETS, type RuleSet } from "./rules.ts";
import {
  mayPropose,
  mayTimeout,
  recovered,
  type SafetyState,
  withCertificates,
} from "./safety-rules.ts";
import type { ValidatorIndex, ValidatorSet } from "./validators.ts";
import { Voting } from "./voting.ts";

/** Ballots and proposals are kept from this many views behind ours ... */
export const PAST_VIEWS = 16;
/** ... to this many ahead; what lies further ahead is dropped, for only certificates move us. */
export const FUTURE_VIEWS = 64;
export type EngineOptions = {
  readonly validators: ValidatorSet;
  /** Our own index; undefined for a follower, which never signs. */
  readonly self: ValidatorIndex | undefined;
  readonly pacemaker: PacemakerOptions;
  /** As it was last made durable. */
  readonly safety: SafetyState;
  readonly tip: Tip;
  /** "commit-votes" unless told otherwise; the others are there to be studied. */
  readonly rules?: RuleSet;
  /** Round robin unless told otherwise. */
  readonly leaders?: LeaderChoice;
};

export class Engine {
  readonly #validators: ValidatorSet;
  readonly #self: ValidatorIndex | undefined;
  readonly #pacemaker: PacemakerOptions;
  readonly #rules: RuleSet;
  readonly #leadership: Leadership;
  readonly #commitment: Commitment;
  readonly #voting: Voting;
  readonly #commitVoting: CommitVoting;
  readonly #ballots: Ballots;
  #safety: SafetyState;
  #view = 0 as View;
  #effects: Effect[] = [];
  /** The view in which we still ask for a payload, if it is ours to lead. */
  #proposeIn: View | undefined;
  /** The parent that the payload under way was asked for. */
  #proposeOn: Hash | undefined;
  #ownVote: Vote | undefined;
  /** In this order: commit votes come before the commit that drops their blocks. */
  readonly #pursuits = [
    () => this.#pursueVote(),
    () => this.#pursueCommitVote(),
    () => this.#commitment.pursue(),
    () => this.#pursueProposal(),
  ];

  constructor(options: EngineOptions) {
    this.#validators = options.validators;
    this.#self = options.self;
    this.#pacemaker = options.pacemaker;
    this.#safety = options.safety;
    // Nobody's message moves us back behind what the durable state proves.
    this.#view = provenView(options.safety);
    this.#rules = options.rules ?? RULE_SETS["commit-votes"];
    const emit = (effect: Effect) => this.#effects.push(effect);
    this.#commitment = new Commitment(options.tip, emit, this.#rules);
    const leaders = options.leaders ?? LEADER_CHOICES["round-robin"];
    this.#leadership = new Leadership(options.validators, leaders, this.#commitment);
    this.#voting = new Voting(this.#commitment, this.#leadership, this.#rules.mayVote);
    this.#commitVoting = new CommitVoting(this.#commitment);
    const report = (evidence: Evidence) => emit({ type: "evidence", evidence });
    this.#ballots = new Ballots(options.validators, report);
  }

  get status(): EngineStatus {
    return {
      view: this.#view,
      leader: this.#leadership.likelyLeader(this.#safety.highQc, this.#view),
      tip: this.#commitment.tip,
      highQc: this.#safety.highQc,
      voters: this.#ballots.votersIn(this.#view),
      timeouts: this.#ballots.timeoutsIn(this.#view),
      halted: this.#commitment.halted,
      silentThrough: this.#safety.silentThrough,
    };
  }

  get view(): View {
    return this.#view;
  }

  get highQc(): QuorumCert {
    return this.#safety.highQc;
  }

  /** The highest that we hold. */
  get certificates(): Certificates {
    const { highQc, highTc } = this.#safety;
    return highTc === undefined ? { highQc } : { highQc, highTc };
  }

  get tip(): Tip {
    return this.#commitment.tip;
  }

  /** A block above the tip that we hold, by hash. */
  block(hash: Hash): Block | undefined {
    return this.#commitment.node(hash)?.block;
  }

  step(event: Event): readonly Effect[] {
    if (this.#commitment.halted) return [];
    this.#effects = [];
    this.#handle(event);
    this.#pursue();
    if (this.#commitment.halted) this.#dropAfterHalt();
    return this.#effects;
  }

  /** A halt may come in the middle of an event; what the rest of the event brought is void. */
  #dropAfterHalt(): void {
    this.#effects.length = 1 + this.#effects.findIndex(({ type }) => type === "halt");
  }

  #handle(event: Event): void {
    switch (event.type) {
      case "start":
        return this.#onStart();
      case "recovered":
        return this.#onRecovered(event.through);
      case "timer":
        return event.view === this.#view ? this.#giveUpView() : undefined;
      case "payload":
        return this.#onPayload(event);
      case "payload-held":
        return this.#onPayloadHeld(event.block, event.refusal);
      case "executed":
        return this.#commitment.onExecuted(event.block, event.stateRoot);
      case "blocks":
        return this.#onBlocks(event.blocks, event.cert);
      case "message":
        return this.#onMessage(event.message);
    }
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case "proposal":
        return this.#onProposal(message);
      case "vote":
        return this.#onVote(message);
      case "commit-vote":
        return this.#onCommitVote(message);
      case "timeout":
        return this.#onTimeout(message);
      case "decision":
        return this.#commitment.onCommitCert(message.cert);
    }
  }

  // --- Views -----------------------------------------------------------------------------------------------------

  #onStart(): void {
    const { highQc, lastVote, lastCommitVote } = this.#safety;
    const proven = provenView(this.#safety);
    // Messages may have come first, and moved us on.
    if (proven === this.#view) this.#enterView(next(proven));
    if (this.#rules.castsCommitVotes) this.#commitVoting.note(highQc, this.#safety);
    // The same bytes again: whoever missed them before the restart counts them now. Without the bodies they were never
    // signed: the power went when the record had reached the disk and the block had not.
    if (lastVote?.view === this.#view && this.#commitment.node(lastVote.block)?.payloadHeld) {
      this.#sign({ type: "vote", content: lastVote, voter: this.#selfIndex() });
    }
    if (lastCommitVote !== undefined && this.#commitment.isHeld(lastCommitVote.block)) {
      const voted = { type: "commit-vote", content: lastCommitVote } as const;
      const qc = sameVote(lastCommitVote, highQc) ? { qc: highQc } : {};
      this.#sign({ ...voted, voter: this.#selfIndex(), ...qc });
    }
  }

  #onRecovered(through: View): void {
    const state = recovered(this.#safety, through);
    if (state === this.#safety) return;
    this.#safety = state;
    this.#effects.push({ type: "persist", state });
  }

  get #isSilent(): boolean {
    return this.#view <= this.#safety.silentThrough;
  }

  #enterView(view: View): void {
    assert(view > this.#view, "views only grow");
    this.#view = view;
    this.#voting.enterView();
    this.#ownVote = undefined;
    this.#proposeIn = this.#self === undefined ? undefined : view;
    this.#proposeOn = undefined;
    this.#pruneViews();
    const leader = this.#leadership.likelyLeader(this.#safety.highQc, view);
    this.#effects.push({ type: "enter-view", view, leader, timeoutMs: this.#timeoutMs() });
  }

  #timeoutMs(): number {
    const behind = this.#view - this.#commitment.tip.view;
    return viewTimeoutMs(this.#pacemaker, Math.max(0, behind - this.#rules.viewsInFlight));
  }

  #pruneViews(): void {
    const oldest = Math.max(0, this.#view - PAST_VIEWS) as View;
    this.#commitment.onView(this.#safety.highQc, oldest);
    this.#ballots.pruneBelow(oldest);
  }

  #inWindow(view: View): boolean {
    return view + PAST_VIEWS >= this.#view && view <= this.#view + FUTURE_VIEWS;
  }

  // --- Proposals and votes ---------------------------------------------------------------------------------------

  #onPayload(event: Extract<Event, { type: "payload" }>): void {
    const { highQc, highTc, epoch } = this.#safety;
    const parent = this.#proposeOn;
    if (event.view !== this.#view || parent === undefined) return;
    this.#proposeOn = undefined;
    if (!equalBytes(parent, highQc.block)) {
      // A certificate of an older view came late: what was chosen for the other parent may repeat this one's content.
      this.#proposeIn = this.#view;
      return;
    }
    const block: Block = {
      epoch,
      view: event.view,
      height: (highQc.height + 1) as Height,
      parent: highQc.block,
      justify: highQc,
      payload: event.payload,
      timestampMs: event.timestampMs,
      proposer: this.#selfIndex(),
    };
    const tc = highQc.view + 1 === event.view ? undefined : highTc;
    assert(tc === undefined || tc.view + 1 === event.view, "a view is entered by a certificate");
    const verdict = mayPropose(this.#safety, block, tc);
    if (verdict.ok) this.#persistAndSign(verdict.state, proposalDraft(block, tc));
  }

  #onProposal(proposal: Proposal): void {
    const { block, tc } = proposal;
    this.#processQc(block.justify);
    if (tc !== undefined) this.#processTc(tc);
    if (!this.#inWindow(block.view) || this.#leadership.isByLeader(block) === false) return;
    if (!this.#ballots.addProposal(proposal)) return;
    const node = this.#commitment.insert(block, { highQc: this.#safety.highQc, held: false });
    if (node !== undefined && block.view === this.#view) this.#voting.note(proposal);
  }

  #onPayloadHeld(hash: Hash, refusal: string | undefined): void {
    const node = this.#commitment.node(hash);
    if (node === undefined) return;
    node.payloadHeld = true;
    node.refusal = refusal;
  }

  #onVote(vote: Vote): void {
    if (!this.#inWindow(vote.content.view)) return;
    if (vote.voter === this.#self && vote.content.view === this.#view) this.#ownVote = vote;
    const qc = this.#ballots.addVote(vote);
    if (qc !== undefined) this.#processQc(qc);
  }

  #pursueVote(): void {
    if (this.#self === undefined) return;
    const due = this.#voting.pursue(this.#safety, this.#self);
    if (due !== undefined) this.#persistAndSign(due.state, due.draft);
  }

  // --- Certificates and commit votes -----------------------------------------------------------------------------

  #processQc(qc: QuorumCert): void {
    this.#safety = withCertificates(this.#safety, { qc });
    if (qc.view >= this.#view) this.#enterView((qc.view + 1) as View);
    if (this.#rules.castsCommitVotes) this.#commitVoting.note(qc, this.#safety);
    this.#commitment.applyQc(qc);
  }

  #onCommitVote(vote: CommitVote): void {
    if (vote.qc !== undefined) this.#processQc(vote.qc);
    if (!this.#inWindow(vote.content.view)) return;
    const cert = this.#ballots.addCommitVote(vote);
    if (cert !== undefined) this.#commitment.onCommitCert(cert);
  }

  #pursueCommitVote(): void {
    if (this.#self === undefined) return;
    const due = this.#commitVoting.pursue(this.#safety, this.#self);
    if (due !== undefined) this.#persistAndSign(due.state, due.draft);
  }

  // --- Timeouts --------------------------------------------------------------------------------------------------

  #giveUpView(): void {
    const { highQc, highTc } = this.#safety;
    if (this.#self !== undefined) {
      const verdict = mayTimeout(this.#safety, this.#view);
      if (verdict.ok) {
        const named = verdict.state.lastTimeout?.highQc ?? highQc;
        const { epoch } = this.#safety;
        const draft: Draft = {
          type: "timeout",
          content: { epoch, view: this.#view, highQcView: named.view },
          voter: this.#self,
          highQc: named,
          ...(named.view + 1 === this.#view || highTc === undefined ? {} : { highTc }),
          ...(this.#ownVote === undefined ? {} : { vote: this.#ownVote }),
        };
        this.#persistAndSign(verdict.state, draft);
      }
    }
    this.#effects.push({
      type: "restart-timer",
      view: this.#view,
      timeoutMs: this.#timeoutMs(),
    });
  }

  #onTimeout(timeout: Timeout): void {
    this.#processQc(timeout.highQc);
    if (timeout.highTc !== undefined) this.#processTc(timeout.highTc);
    if (timeout.vote !== undefined) this.#onVote(timeout.vote);
    const { view } = timeout.content;
    if (!this.#inWindow(view)) return;
    const tc = this.#ballots.addTimeout(timeout);
    if (tc !== undefined) return this.#processTc(tc);
    const isWaiting = this.#self !== undefined && this.#safety.lastTimeout?.view !== view;
    if (view !== this.#view || !isWaiting || this.#isSilent) return;
    if (this.#ballots.timeoutPower(view) >= this.#validators.honestPower) this.#giveUpView();
  }

  #processTc(tc: TimeoutCert): void {
    this.#processQc(tc.highQc);
    this.#safety = withCertificates(this.#safety, { tc });
    if (tc.view >= this.#view) this.#enterView((tc.view + 1) as View);
  }

  #onBlocks(blocks: readonly Block[], cert: CommitCert | undefined): void {
    const known = { highQc: this.#safety.highQc, held: true };
    for (const block of blocks) this.#commitment.insert(block, known);
    if (cert !== undefined) this.#commitment.onCommitCert(cert);
  }

  // --- What is due -----------------------------------------------------------------------------------------------

  /** After each event: takes every step that the new knowledge allows. */
  #pursue(): void {
    for (const pursue of this.#pursuits) if (!this.#commitment.halted) pursue();
  }

  /** Asks for a payload once the blocks below ours are held, for it must not repeat what they contain. */
  #pursueProposal(): void {
    const view = this.#proposeIn;
    // What is ours to propose waits until we may sign.
    if (view === undefined || this.#isSilent) return;
    const { highQc, lastProposed } = this.#safety;
    if (lastProposed?.block.view === view) {
      this.#proposeIn = undefined;
      return this.#sign(proposalDraft(lastProposed.block, lastProposed.tc));
    }
    const leader = this.#leadership.leaderOn(highQc, view);
    if (leader === undefined) return this.#commitment.want(highQc);
    if (leader !== this.#self || !this.#commitment.heldPath(targetOf(highQc))) return;
    this.#proposeIn = undefined;
    this.#proposeOn = highQc.block;
    const height = (highQc.height + 1) as Height;
    this.#effects.push({ type: "propose", view, height, parent: highQc.block });
  }

  #persistAndSign(state: SafetyState, draft: Draft): void {
    this.#safety = state;
    this.#effects.push({ type: "persist", state });
    this.#sign(draft);
  }

  /** Only for what the durable state already holds; everything else goes through `#persistAndSign`. */
  #sign(draft: Draft): void {
    this.#effects.push({ type: "sign", draft });
  }

  #selfIndex(): ValidatorIndex {
    assert(this.#self !== undefined, "a follower signs nothing");
    return this.#self;
  }
}

function proposalDraft(block: Block, tc: TimeoutCert | undefined): Draft {
  return tc === undefined ? { type: "proposal", block } : { type: "proposal", block, tc };
}
