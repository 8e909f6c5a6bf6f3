// The first round: which proposals of our view wait for our vote, and what may be signed once one of them can be judged.
//
// Upon a proposal of our view: remember it; there are several only where it takes the parent to say who leads.
// Upon each new block or body: vote for the first one whose parent and bodies are held, whose proposer leads and whose
//   time is later than its parent's, if `mayVote`; ask for a parent that is missing.

import { assert } from "../crypto/index.ts";
import type { Commitment } from "./commitment.ts";
import type { Leadership } from "./leadership.ts";
import { blockHash, type Draft, type Proposal } from "./messages.ts";
import type { SafetyState, SafetyVerdict, VoteRule } from "./safety-rules.ts";
import type { ValidatorIndex } from "./validators.ts";

export class Voting {
  readonly #commitment: Commitment;
  readonly #leadership: Leadership;
  readonly #rule: VoteRule;
  /** As many as `Ballots` takes in for one view. */
  #candidates: readonly Proposal[] = [];

  constructor(commitment: Commitment, leadership: Leadership, rule: VoteRule) {
    this.#commitment = commitment;
    this.#leadership = leadership;
    this.#rule = rule;
  }

  /** What was not voted for in its view never is. */
  enterView(): void {
    this.#candidates = [];
  }

  note(proposal: Proposal): void {
    this.#candidates = [...this.#candidates, proposal];
  }

  /** What to make durable and then sign, now that something can be voted for. */
  pursue(
    safety: SafetyState,
    voter: ValidatorIndex,
  ): { readonly state: SafetyState; readonly draft: Draft } | undefined {
    for (const proposal of this.#candidates) {
      const verdict = this.#judge(safety, proposal);
      if (verdict === "later") continue;
      this.#candidates = this.#candidates.filter((other) => other !== proposal);
      if (verdict === "never" || !verdict.ok) continue;
      const { state } = verdict;
      assert(state.lastVote !== undefined, "an accepted vote is recorded");
      this.#candidates = [];
      return { state, draft: { type: "vote", content: state.lastVote, voter } };
    }
    return undefined;
  }

  #judge(safety: SafetyState, { block, tc }: Proposal): SafetyVerdict | "later" | "never" {
    const parentMs = this.#commitment.timestampOf(block.justify);
    if (parentMs === undefined) {
      this.#commitment.want(block.justify);
      return "later";
    }
    const node = this.#commitment.node(blockHash(block));
    if (node === undefined || !node.payloadHeld) return "later";
    if (!this.#leadership.isByLeader(block)) return "never";
    if (node.refusal !== undefined) return "never";
    if (block.timestampMs <= parentMs) return "never";
    const verdict = this.#rule(safety, block, tc, this.#commitment.certified(block.justify));
    if (verdict.ok) this.#commitment.store(node);
    return !verdict.ok && verdict.refusal === "may-have-signed-before" ? "later" : verdict;
  }
}
