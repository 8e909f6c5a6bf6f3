// Who contradicted themselves, from signed messages alone. Two statements of one kind in one view; or a statement that
// proves knowledge of a QC, and a timeout of the same view or a later one that denies it. No honest validator does either,
// in whatever order it signs, and of any two conflicting commits f+1 validators did.

import {
  blockHash,
  type CommitVoteContent,
  type Message,
  type QuorumCert,
  type TimeoutCert,
  type ValidatorIndex,
  type VoteContent,
} from "../../../consensus/index.ts";
import { wordOf } from "./setting.ts";

/** Knew a QC of view `qcView` when it signed something in `view`. */
type Knowledge = { readonly view: number; readonly qcView: number };
type Denial = { readonly view: number; readonly highQcView: number };

type Page = {
  readonly statements: Map<string, string>;
  readonly knowledge: Knowledge[];
  readonly denials: Denial[];
};

export class Ledger {
  readonly #pages = new Map<ValidatorIndex, Page>();
  readonly #guilty = new Set<ValidatorIndex>();
  /** View of the QC inside each block. */
  readonly #justifies = new Map<string, number>();
  /** Certificates that are added already. */
  readonly #seen = new WeakSet<object>();
  readonly #votes: { voter: ValidatorIndex; view: number; block: string }[] = [];

  /** The message itself, and what its certificates say of their signers. */
  add(message: Message): void {
    switch (message.type) {
      case "proposal": {
        const { block, tc } = message;
        const name = wordOf(blockHash(block));
        this.#justifies.set(name, block.justify.view);
        this.#addQc(block.justify);
        if (tc !== undefined) this.#addTc(tc);
        return this.#state(block.proposer, `proposal ${block.view}`, name);
      }
      case "vote":
        return this.#addVote(message.voter, message.content);
      case "commit-vote":
        if (message.qc !== undefined) this.#addQc(message.qc);
        return this.#addCommitVote(message.voter, message.content);
      case "timeout": {
        const { voter, content, highQc, highTc, vote } = message;
        this.#addQc(highQc);
        if (highTc !== undefined) this.#addTc(highTc);
        if (vote !== undefined) this.add(vote);
        return this.#addTimeout(voter, content);
      }
      case "decision":
        for (const voter of message.cert.signatures.signers) {
          this.#addCommitVote(voter, message.cert);
        }
    }
  }

  #addVote(voter: ValidatorIndex, { view, block }: VoteContent): void {
    const name = wordOf(block);
    this.#votes.push({ voter, view, block: name });
    this.#state(voter, `vote ${view}`, name);
  }

  #addCommitVote(voter: ValidatorIndex, { view, block, stateRoot }: CommitVoteContent): void {
    this.#pageOf(voter).knowledge.push({ view, qcView: view });
    this.#state(voter, `commit-vote ${view}`, `${wordOf(block)} ${wordOf(stateRoot)}`);
  }

  #addTimeout(
    voter: ValidatorIndex,
    { view, highQcView }: { readonly view: number; readonly highQcView: number },
  ): void {
    this.#pageOf(voter).denials.push({ view, highQcView });
    this.#state(voter, `timeout ${view}`, `${highQcView}`);
  }

  #addQc(qc: QuorumCert): void {
    if (this.#seen.has(qc)) return;
    this.#seen.add(qc);
    for (const voter of qc.signatures.signers) this.#addVote(voter, qc);
  }

  #addTc(tc: TimeoutCert): void {
    if (this.#seen.has(tc)) return;
    this.#seen.add(tc);
    for (const [at, voter] of tc.signatures.signers.entries()) {
      this.#addTimeout(voter, { view: tc.view, highQcView: tc.highQcViews[at] as number });
    }
    this.#addQc(tc.highQc);
  }

  culprits(): readonly ValidatorIndex[] {
    const guilty = new Set(this.#guilty);
    for (const { voter, view, block } of this.#votes) {
      const qcView = this.#justifies.get(block);
      if (qcView !== undefined) this.#pageOf(voter).knowledge.push({ view, qcView });
    }
    this.#votes.length = 0;
    for (const [voter, { knowledge, denials }] of this.#pages) {
      const isLiar = denials.some((denial) =>
        knowledge.some(({ view, qcView }) => denial.view >= view && denial.highQcView < qcView),
      );
      if (isLiar) guilty.add(voter);
    }
    return [...guilty].sort((left, right) => left - right);
  }

  #state(voter: ValidatorIndex, slot: string, statement: string): void {
    const { statements } = this.#pageOf(voter);
    const earlier = statements.get(slot);
    if (earlier === undefined) statements.set(slot, statement);
    else if (earlier !== statement) this.#guilty.add(voter);
  }

  #pageOf(voter: ValidatorIndex): Page {
    const page = this.#pages.get(voter) ?? { statements: new Map(), knowledge: [], denials: [] };
    this.#pages.set(voter, page);
    return page;
  }
}
