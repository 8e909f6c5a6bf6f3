// What the adversary can do next in an exhaustive search. Coarse on purpose, and nothing is lost by it:
//
// - Ballots only matter once they are a quorum, and the liar sees all of them and votes for everything: so a certificate
//   exists as soon as f+1 honest ballots for it do, and one message that carries it stands for every order of ballots.
// - A TC matters by its view and the highest QC in it: one stands for all with these, whatever subset of timeouts it is of.
// - Blocks are fetched and executed at once: a validator that lacks a block does less, never something else.
// - A quorum of commit votes need not be delivered: that it exists is what the search checks, and hearing of it only
//   makes a validator sign less.
// - What changes nothing in a validator is not a step: all of it can be said again later.
//
// Beside what the rules allow stand attempts at what they do not: certificates below a quorum, ballots said twice,
// proposals that forget what a TC shows. A sound engine does not move on them.

import type { Action, Facts } from "./local-states.ts";
import type { BlockNumber, KnownTc, Statements, TcNumber } from "./statements.ts";

export type MenuOptions = {
  /** The last view that is played out. */
  readonly views: number;
  readonly liarLeads: (view: number) => boolean;
  /** Blocks that the liar makes on the same certificate. */
  readonly variants: number;
  readonly restarts: boolean;
};

/** What follows from all that the honest have signed. */
export type Common = {
  readonly qcs: readonly BlockNumber[];
  readonly tcs: readonly TcNumber[];
  readonly proposals: readonly Action[];
  /** Honest votes by block, where they are too few. */
  readonly weak: readonly BlockNumber[];
  readonly weakCommits: readonly BlockNumber[];
  /** Blocks with a quorum of commit votes. */
  readonly final: readonly BlockNumber[];
};

const TIMER: Action = { name: "timer", messages: [], also: "timer" };
const RESTART: Action = { name: "restart", messages: [], also: "restart" };

export class Menu {
  readonly #statements: Statements;
  readonly #options: MenuOptions;
  readonly #actions = new Map<string, Action>([TIMER, RESTART].map((one) => [one.name, one]));
  /** Honest ballots that make a quorum with the liar's. */
  readonly #enough: number;

  constructor(statements: Statements, options: MenuOptions) {
    this.#statements = statements;
    this.#options = options;
    this.#enough = statements.setting.quorum - 1;
  }

  common(honest: readonly Facts[]): Common {
    const votes = tally(honest.map(({ voted }) => voted));
    const commitVotes = tally(honest.map(({ commitVoted }) => commitVoted));
    const strong = [...votes].filter(([, count]) => count >= this.#enough).map(([block]) => block);
    // A broken engine may hold what no quorum signed.
    const qcs = [...new Set([0, ...strong, ...honest.map(({ highQc }) => highQc)])];
    const tcs = this.#tcs(honest, qcs);
    return {
      qcs,
      tcs,
      proposals: [...this.#honestProposals(honest), ...this.#liarProposals(qcs, tcs)],
      weak: [...votes].filter(([, count]) => count < this.#enough).map(([block]) => block),
      weakCommits: [...commitVotes].filter(([, count]) => count < this.#enough).map(([at]) => at),
      final: [...commitVotes].filter(([, count]) => count >= this.#enough).map(([block]) => block),
    };
  }

  /** For one validator. */
  *actions(self: number, facts: Facts, common: Common): IterableIterator<Action> {
    const { views } = this.#options;
    for (const action of common.proposals) {
      if (this.#viewOf(action.proposes as BlockNumber) >= facts.view) yield action;
    }
    for (const qc of common.qcs) {
      if (qc !== 0 && !facts.commitVoted.includes(qc)) yield this.#hearQc(qc);
    }
    for (const tc of common.tcs) {
      if ((this.#statements.tcs[tc] as KnownTc).view >= facts.view) yield this.#hearTc(tc);
    }
    if (facts.view <= views) {
      // Who gives the last view up does nothing more that counts.
      if (facts.view < views) yield TIMER;
      if (this.#options.restarts) yield RESTART;
      yield this.#weakTc(facts.view);
    }
    for (const block of common.weak) yield this.#weakQc(block, self);
    for (const block of common.weakCommits) yield this.#weakDecision(block, self);
  }

  named(name: string): Action | undefined {
    return this.#actions.get(name);
  }

  #hearQc(block: BlockNumber): Action {
    return this.#action(`QC ${block}`, () => {
      return [this.#statements.commitVote(block, this.#statements.liar)];
    });
  }

  #hearTc(tc: TcNumber): Action {
    return this.#action(`TC ${tc}`, () => [this.#statements.timeoutWith(tc)]);
  }

  /** A certificate by one honest voter and the liar; then their votes, the liar's twice. */
  #weakQc(block: BlockNumber, self: number): Action {
    return this.#action(`weak QC ${block} for ${self}`, () => {
      const { liar } = this.#statements;
      const vote = this.#statements.vote(block, liar);
      const weak = this.#statements.commitVote(block, liar, this.#enough - 1);
      return [weak, vote, { ...vote }];
    });
  }

  #weakDecision(block: BlockNumber, self: number): Action {
    return this.#action(`weak decision ${block} for ${self}`, () => {
      const vote = this.#statements.commitVote(block, this.#statements.liar);
      return [this.#statements.decision(block, this.#enough - 1), vote, { ...vote }];
    });
  }

  #weakTc(view: number): Action {
    const tc = this.#statements.tcNumber(view, 0);
    return this.#action(`weak TC ${tc}`, () => {
      return [this.#statements.timeoutWith(tc, this.#enough - 1)];
    });
  }

  #honestProposals(honest: readonly Facts[]): readonly Action[] {
    return honest.flatMap(({ proposals }) =>
      proposals.map(({ message, block }) => {
        const action = this.#action(`proposal ${block}`, () => [message]);
        return { ...action, proposes: block };
      }),
    );
  }

  #liarProposals(qcs: readonly BlockNumber[], tcs: readonly TcNumber[]): readonly Action[] {
    const { views, liarLeads } = this.#options;
    const made: Action[] = [];
    for (const justify of qcs) {
      const next = this.#viewOf(justify) + 1;
      if (next <= views && liarLeads(next)) made.push(...this.#propose(next, justify, undefined));
      for (const tc of tcs) {
        const view = (this.#statements.tcs[tc] as KnownTc).view + 1;
        if (view <= next || view > views || !liarLeads(view)) continue;
        made.push(...this.#propose(view, justify, tc));
      }
    }
    return made;
  }

  #propose(view: number, justify: BlockNumber, tc: TcNumber | undefined): readonly Action[] {
    return Array.from({ length: this.#options.variants }, (_, variant) => {
      const name = `proposal ${view} on ${justify} by ${tc} variant ${variant}`;
      const known = this.#actions.get(name);
      if (known !== undefined) return known;
      const message = this.#statements.proposal({ view, justify, tc, variant });
      const proposes = this.#statements.add(message.block);
      const action = { name, messages: [message], proposes };
      this.#actions.set(name, action);
      return action;
    });
  }

  /** Every (view, highest certificate) that some quorum of timeouts can show. */
  #tcs(honest: readonly Facts[], qcs: readonly BlockNumber[]): readonly TcNumber[] {
    const byView = new Map<number, BlockNumber[]>();
    for (const { timeouts } of honest) {
      for (const { view, high } of timeouts) byView.set(view, [...(byView.get(view) ?? []), high]);
    }
    const found: TcNumber[] = [];
    for (const [view, highs] of byView) {
      if (highs.length < this.#enough) continue;
      const sorted = highs.toSorted((left, right) => this.#viewOf(left) - this.#viewOf(right));
      // The honest part of the quorum shows at least this; any higher one may be shown on top.
      const least = sorted[this.#enough - 1] as BlockNumber;
      const claims = qcs.filter(
        (qc) => this.#viewOf(qc) > this.#viewOf(least) && this.#viewOf(qc) < view,
      );
      for (const high of new Set([least, ...sorted.slice(this.#enough), ...claims])) {
        found.push(this.#statements.tcNumber(view, high));
      }
    }
    return found;
  }

  #viewOf(block: BlockNumber): number {
    return this.#statements.block(block).view;
  }

  #action(name: string, messages: () => Action["messages"]): Action {
    const known = this.#actions.get(name);
    if (known !== undefined) return known;
    const action = { name, messages: messages() };
    this.#actions.set(name, action);
    return action;
  }
}

function tally(lists: readonly (readonly BlockNumber[])[]): Map<BlockNumber, number> {
  const counts = new Map<BlockNumber, number>();
  for (const list of lists) for (const at of list) counts.set(at, (counts.get(at) ?? 0) + 1);
  return counts;
}
