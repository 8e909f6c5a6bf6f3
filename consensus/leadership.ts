// The leader choice, asked about the blocks at hand: who leads our view, and whether a proposal comes from the leader by
// what it builds on itself. Two validators may lead one view, each on a certificate of its own.

import type { View } from "../crypto/index.ts";
import type { QuorumCert } from "./certificates.ts";
import type { Commitment } from "./commitment.ts";
import type { LeaderChoice } from "./leaders.ts";
import type { Block } from "./messages.ts";
import { roundRobin, type ValidatorIndex, type ValidatorSet } from "./validators.ts";

export class Leadership {
  readonly #validators: ValidatorSet;
  readonly #choice: LeaderChoice;
  readonly #commitment: Commitment;

  constructor(validators: ValidatorSet, choice: LeaderChoice, commitment: Commitment) {
    this.#validators = validators;
    this.#choice = choice;
    this.#commitment = commitment;
  }

  /** Whose turn `view` is for a proposal on `justify`; undefined as long as the block below is not held. */
  leaderOn(justify: QuorumCert, view: View): ValidatorIndex | undefined {
    const parent = this.#commitment.certified(justify);
    return this.#choice({ validators: this.#validators, view, justify, parent });
  }

  /** The same as far as it can be said by now, for people and timers. */
  likelyLeader(justify: QuorumCert, view: View): ValidatorIndex {
    return this.leaderOn(justify, view) ?? roundRobin(this.#validators, view);
  }

  /** Is this block its leader's? Undefined as long as the block below, which is asked for, is not held. */
  isByLeader({ justify, view, proposer }: Block): boolean | undefined {
    const leader = this.leaderOn(justify, view);
    if (leader !== undefined) return leader === proposer;
    this.#commitment.want(justify);
    return undefined;
  }
}
