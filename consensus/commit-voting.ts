// The second round: which certified blocks wait for our commit vote, and what may be signed once one of them is executed.
//
// Upon a QC above the tip, in a view that we neither gave up nor commit-voted after: remember it.
// Upon each new block, body or state root: vouch for the newest that is executed, if `mayCommitVote`.

import type { View } from "../crypto/index.ts";
import { type CommitVoteContent, type QuorumCert, sameVote } from "./certificates.ts";
import { type Commitment, targetOf } from "./commitment.ts";
import type { Draft } from "./messages.ts";
import { mayCommitVote, type SafetyState } from "./safety-rules.ts";
import type { ValidatorIndex } from "./validators.ts";

/** When execution lags behind, so many of the oldest and of the newest certified blocks wait for their commit vote. */
const MAX_CERTIFIED = 4;

export class CommitVoting {
  readonly #commitment: Commitment;
  /** By view ascending; twice MAX_CERTIFIED at most. */
  #certified: readonly QuorumCert[] = [];

  constructor(commitment: Commitment) {
    this.#commitment = commitment;
  }

  note(qc: QuorumCert, safety: SafetyState): void {
    if (!this.#isOpen(qc, safety)) return;
    if (this.#certified.some((known) => sameVote(known, qc))) return;
    const byView = [...this.#certified, qc].sort((left, right) => left.view - right.view);
    // The oldest are executed first, the newest are worth most.
    this.#certified = byView.filter((_, at) => {
      return at < MAX_CERTIFIED || at >= byView.length - MAX_CERTIFIED;
    });
  }

  /** Executes certified blocks with their ancestors; what to make durable and then sign for the newest that is executed. */
  pursue(
    safety: SafetyState,
    voter: ValidatorIndex,
  ): { readonly state: SafetyState; readonly draft: Draft } | undefined {
    this.#certified = this.#certified.filter((qc) => this.#isOpen(qc, safety));
    for (const qc of this.#certified.toReversed()) {
      const nodes = this.#commitment.executedPath(targetOf(qc));
      const stateRoot = nodes?.at(-1)?.stateRoot;
      if (nodes === undefined || stateRoot === undefined) continue;
      const { epoch, view, height, block } = qc;
      if (this.#commitment.contradicts(height, { hash: block, stateRoot })) return undefined;
      const content: CommitVoteContent = { epoch, view, height, block, stateRoot };
      const verdict = mayCommitVote(safety, qc, content);
      if (!verdict.ok) return undefined;
      for (const node of nodes) this.#commitment.store(node);
      return { state: verdict.state, draft: { type: "commit-vote", content, voter, qc } };
    }
    return undefined;
  }

  /** False for what is final, and for what the rules would refuse in any case: it need not even be executed. */
  #isOpen({ height, view }: QuorumCert, { lastCommitVote, lastTimeout }: SafetyState): boolean {
    const bound = Math.max(lastCommitVote?.view ?? 0, lastTimeout?.view ?? 0) as View;
    return height > this.#commitment.tip.height && view > bound;
  }
}
