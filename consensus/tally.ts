// Counts signed ballots per view: each validator once, quorums by power, contradictions kept as evidence.

import type { Signature, View } from "../crypto/index.ts";
import { powerOf, type ValidatorIndex, type ValidatorSet } from "./validators.ts";

export type Ballot = {
  readonly content: { readonly view: View };
  readonly voter: ValidatorIndex;
  readonly signature: Signature;
};

export type Counted<B> =
  /** `reached` holds the ballots of a group at the moment it becomes a quorum, in the order of their voters. */
  | { readonly type: "counted"; readonly reached?: readonly B[] }
  | { readonly type: "repeated" }
  | { readonly type: "contradicted"; readonly first: B };

type ViewTally<B> = {
  readonly ballots: Map<ValidatorIndex, { readonly ballot: B; readonly statement: string }>;
  readonly powerOfGroup: Map<string, number>;
  totalPower: number;
};

/** Bounded by its owner, who prunes old views and refuses far ones: at most one ballot a validator and view. */
export class Tally<B extends Ballot> {
  readonly #validators: ValidatorSet;
  readonly #statementOf: (ballot: B) => string;
  readonly #groupOf: (ballot: B) => string;
  readonly #views = new Map<View, ViewTally<B>>();

  /** Two ballots of one voter contradict if their statements differ; ballots of one group count together. */
  constructor(
    validators: ValidatorSet,
    rules: { readonly statementOf: (ballot: B) => string; readonly groupOf: (ballot: B) => string },
  ) {
    this.#validators = validators;
    this.#statementOf = rules.statementOf;
    this.#groupOf = rules.groupOf;
  }

  add(ballot: B): Counted<B> {
    const tally = this.#tallyOf(ballot.content.view);
    const statement = this.#statementOf(ballot);
    const earlier = tally.ballots.get(ballot.voter);
    if (earlier !== undefined) {
      if (earlier.statement === statement) return { type: "repeated" };
      return { type: "contradicted", first: earlier.ballot };
    }
    tally.ballots.set(ballot.voter, { ballot, statement });
    const power = powerOf(this.#validators, ballot.voter);
    const group = this.#groupOf(ballot);
    const before = tally.powerOfGroup.get(group) ?? 0;
    tally.powerOfGroup.set(group, before + power);
    tally.totalPower += power;
    const { quorumPower } = this.#validators;
    if (before >= quorumPower || before + power < quorumPower) return { type: "counted" };
    return { type: "counted", reached: this.#groupBallots(tally, group) };
  }

  /** Power of all that have cast a ballot in this view, whatever it says. */
  powerIn(view: View): number {
    return this.#views.get(view)?.totalPower ?? 0;
  }

  votersIn(view: View): readonly ValidatorIndex[] {
    return [...(this.#views.get(view)?.ballots.keys() ?? [])].sort((left, right) => left - right);
  }

  pruneBelow(view: View): void {
    for (const counted of this.#views.keys()) if (counted < view) this.#views.delete(counted);
  }

  get viewCount(): number {
    return this.#views.size;
  }

  #groupBallots(tally: ViewTally<B>, group: string): readonly B[] {
    return [...tally.ballots.values()]
      .map(({ ballot }) => ballot)
      .filter((ballot) => this.#groupOf(ballot) === group)
      .sort((left, right) => left.voter - right.voter);
  }

  #tallyOf(view: View): ViewTally<B> {
    let tally = this.#views.get(view);
    if (tally === undefined) {
      tally = { ballots: new Map(), powerOfGroup: new Map(), totalPower: 0 };
      this.#views.set(view, tally);
    }
    return tally;
  }
}
