// The checks that wait for a worker under one rule. Whoever asked for many shares with whoever asked for few: each check
// in turn hands over a few transactions. Pure. Bounded by its owner.

import { assert } from "../../crypto/index.ts";
import type { Candidate } from "./candidate.ts";

export type Task<C> = {
  /** Whose transaction it is. */
  readonly check: C;
  /** Its place in the check. */
  readonly position: number;
  readonly candidate: Candidate;
};

type Waiting<C> = {
  readonly tasks: readonly Task<C>[];
  taken: number;
  following: Waiting<C> | undefined;
};

/** What a check hands over before it is the next one's turn. */
export const TURN_TRANSACTIONS = 8;

export class Lane<C> {
  #first: Waiting<C> | undefined;
  #last: Waiting<C> | undefined;
  #waiting = 0;

  /** Transactions, not checks. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The tasks of one check, in order. */
  add(tasks: readonly Task<C>[]): void {
    assert(tasks.length > 0, "a check that waits has something to wait for");
    this.#waiting += tasks.length;
    this.#append({ tasks, taken: 0, following: undefined });
  }

  /** Up to `maxCount` tasks; at least one if any waits, and then no more than fit into `maxBytes`. */
  take({ maxCount, maxBytes }: { maxCount: number; maxBytes: number }): readonly Task<C>[] {
    const chunk: Task<C>[] = [];
    let bytes = 0;
    let turn = 0;
    while (this.#first !== undefined && chunk.length < maxCount) {
      const task = this.#first.tasks[this.#first.taken] as Task<C>;
      bytes += task.candidate.bytes.length;
      if (chunk.length > 0 && bytes > maxBytes) break;
      chunk.push(task);
      this.#first.taken += 1;
      turn += 1;
      if (turn === TURN_TRANSACTIONS || this.#first.taken === this.#first.tasks.length) {
        this.#endTurn(this.#first);
        turn = 0;
      }
    }
    // A turn cut short by the end of the chunk is over too, else a long check could hold the head of the lane for ever.
    if (turn > 0 && this.#first !== undefined) this.#endTurn(this.#first);
    this.#waiting -= chunk.length;
    return chunk;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.#waiting = 0;
  }

  #endTurn(entry: Waiting<C>): void {
    this.#first = entry.following;
    if (this.#first === undefined) this.#last = undefined;
    entry.following = undefined;
    if (entry.taken < entry.tasks.length) this.#append(entry);
  }

  #append(entry: Waiting<C>): void {
    if (this.#last === undefined) this.#first = entry;
    else this.#last.following = entry;
    this.#last = entry;
  }
}
