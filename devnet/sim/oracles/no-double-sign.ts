// What one honest validator signs, over all of its lives, in the order in which it signs:
// - one proposal, one vote, one commit vote, one timeout a view; the same statement again is nothing new;
// - of each kind, views only grow;
// - no vote of a view that it gave up or commit-voted in, or of an earlier one; no commit vote of a view that it gave up;
// - no timeout that names less than a certificate that it vouched for or named before.

import type { Message, ValidatorIndex } from "../../../consensus/index.ts";
import type { NodeId } from "../observation.ts";
import type { OracleMaker, Report } from "./oracle.ts";
import { hashOf } from "./signed-bytes.ts";
import { shortWord, wordOf } from "./words.ts";

type Kind = "proposal" | "vote" | "commit-vote" | "timeout";

type Statement = {
  readonly kind: Kind;
  readonly view: number;
  readonly signer: ValidatorIndex;
  /** All that it says beyond its view, as a key, and for people. */
  readonly words: string;
  readonly shown: () => string;
  /** Of a timeout: the certificate that it names. */
  readonly highQcView?: number;
};

export const noDoubleSign: OracleMaker = (premises, report) => {
  const nodes = new Map<NodeId, Signatory>();
  return {
    name: "no-double-sign",
    observe: (seen) => {
      if (seen.type !== "signed" || !premises.isHonest(seen.by)) return;
      const signatory = nodes.get(seen.by) ?? new Signatory(premises.validatorOf(seen.by), report);
      nodes.set(seen.by, signatory);
      for (const statement of statementsOf(seen.message)) signatory.signs(statement);
    },
  };
};

class Signatory {
  readonly #self: ValidatorIndex;
  readonly #report: Report;
  readonly #said = new Map<string, Statement>();
  /** The highest view of each kind. */
  readonly #highest = new Map<Kind, number>();
  #named = 0;

  constructor(self: ValidatorIndex, report: Report) {
    this.#self = self;
    this.#report = report;
  }

  signs(statement: Statement): void {
    const { kind, view, signer, words, shown } = statement;
    // Text only where it is needed: most statements are sound.
    const what = () => `v${this.#self}: ${kind} of view ${view} (${shown()})`;
    if (signer !== this.#self) this.#report(`${what()} in the name of v${signer}`);
    const slot = `${kind} ${view}`;
    const earlier = this.#said.get(slot);
    if (earlier !== undefined) {
      if (earlier.words !== words) this.#report(`${what()} after another (${earlier.shown()})`);
      return;
    }
    this.#said.set(slot, statement);
    for (const bound of this.#overtaken(statement)) this.#report(`${what()} after ${bound}`);
    this.#highest.set(kind, Math.max(view, this.#last(kind)));
  }

  /** What was signed before, and forbids this. */
  #overtaken({ kind, view, highQcView = 0 }: Statement): readonly string[] {
    const after = (other: Kind) =>
      view <= this.#last(other) ? [`a ${other} of view ${this.#last(other)}`] : [];
    switch (kind) {
      case "proposal":
        return after("proposal");
      case "vote":
        return [...after("vote"), ...after("commit-vote"), ...after("timeout")];
      case "commit-vote":
        return [...after("commit-vote"), ...after("timeout")];
      case "timeout": {
        const known = Math.max(this.#named, this.#last("commit-vote"));
        this.#named = Math.max(this.#named, highQcView);
        const forgets = highQcView < known ? [`vouching for the certificate of ${known}`] : [];
        return [...after("timeout"), ...forgets];
      }
    }
  }

  #last(kind: Kind): number {
    return this.#highest.get(kind) ?? 0;
  }
}

function statementsOf(message: Message): readonly Statement[] {
  switch (message.type) {
    case "proposal": {
      const { view, proposer: signer } = message.block;
      const words = wordOf(hashOf(message.block));
      return [{ kind: "proposal", view, signer, words, shown: () => shortWord(words) }];
    }
    case "vote": {
      const { view, height, block } = message.content;
      const words = `${wordOf(block)} ${height}`;
      const shown = () => `height ${height}, block ${shortWord(words)}`;
      return [{ kind: "vote", view, signer: message.voter, words, shown }];
    }
    case "commit-vote": {
      const { view, height, block, stateRoot } = message.content;
      const words = `${wordOf(block)} ${wordOf(stateRoot)} ${height}`;
      const shown = () => `height ${height}, block ${shortWord(words)}`;
      return [{ kind: "commit-vote", view, signer: message.voter, words, shown }];
    }
    case "timeout": {
      const { view, highQcView } = message.content;
      const shown = () => `certificate ${highQcView}`;
      const words = `${highQcView}`;
      const own = {
        kind: "timeout",
        view,
        signer: message.voter,
        words,
        shown,
        highQcView,
      } as const;
      return message.vote === undefined ? [own] : [...statementsOf(message.vote), own];
    }
    case "decision":
      return [];
  }
}
