// What goes into the next block. Higher fee classes first (a class spans a factor of two); within a class the senders
// take turns, one entry each, each in nonce order, and who had a turn stands behind the others next time. An entry
// behind a cheaper one of its own sender waits for that one's class.
// Cost: the entries chosen, those skipped because a block under way carries them, and MAX_MISFITS more.

import type { Hash, Height } from "../crypto/index.ts";
import type { PoolEntry } from "./entry.ts";
import { FEE_CLASSES, GAPPED_CLASS, type Lane, type Pending } from "./lane.ts";
import type { LaneOrder } from "./lane-order.ts";

export type SelectionBudget = {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** Does a block under way (on the branch to extend, not yet committed) carry this id? */
  readonly included: (id: Hash) => boolean;
  /** The height of the block to fill; leaves out what would have expired by then. */
  readonly height?: Height;
};

/** So many entries in a row that exceed what is left of `maxBytes` end a selection. */
export const MAX_MISFITS = 32;

type Cursor<E extends PoolEntry> = { readonly lane: Lane<E>; position: number };

export function selectFrom<E extends PoolEntry>(order: LaneOrder<E>, budget: SelectionBudget): E[] {
  const run = new Selection<E>(budget);
  const visited: Lane<E>[] = [];
  for (let feeClass = FEE_CLASSES - 1; feeClass > GAPPED_CLASS && !run.full; feeClass--) {
    for (const lane of order.headsOf(feeClass)) {
      if (run.full) break;
      visited.push(lane);
      run.turn({ lane, position: 0 }, feeClass);
    }
    run.furtherTurns(feeClass);
  }
  for (const lane of visited) order.rotate(lane);
  return run.chosen;
}

class Selection<E extends PoolEntry> {
  readonly chosen: E[] = [];
  readonly #budget: SelectionBudget;
  readonly #waiting: Cursor<E>[][] = Array.from({ length: FEE_CLASSES }, () => []);
  #bytes = 0;
  #misfits = 0;

  constructor(budget: SelectionBudget) {
    this.#budget = budget;
  }

  get full(): boolean {
    return this.chosen.length >= this.#budget.maxCount || this.#misfits >= MAX_MISFITS;
  }

  /** Takes one entry of the lane if its class has come, and queues the lane for its next. */
  turn(cursor: Cursor<E>, feeClass: number): void {
    const candidate = this.#nextOf(cursor);
    if (candidate === undefined) return;
    if (candidate.feeClass < feeClass) {
      this.#waiting[candidate.feeClass]?.push(cursor);
      return;
    }
    const size = candidate.entry.bytes.length;
    if (this.#bytes + size > this.#budget.maxBytes) {
      this.#misfits += 1;
      return;
    }
    this.#misfits = 0;
    this.#bytes += size;
    this.chosen.push(candidate.entry);
    cursor.position += 1;
    this.#waiting[feeClass]?.push(cursor);
  }

  furtherTurns(feeClass: number): void {
    const waiting = this.#waiting[feeClass] ?? [];
    // The queue grows as it is read: every lane that still has something comes round again.
    for (let index = 0; index < waiting.length && !this.full; index++) {
      const cursor = waiting[index];
      if (cursor !== undefined) this.turn(cursor, feeClass);
    }
  }

  #nextOf(cursor: Cursor<E>): Pending<E> | undefined {
    const { included, height } = this.#budget;
    for (; cursor.position < cursor.lane.ready; cursor.position++) {
      const candidate = cursor.lane.pending[cursor.position];
      if (candidate === undefined) return undefined;
      if (included(candidate.entry.id) || candidate.replaced.some(included)) continue;
      if (height !== undefined && candidate.entry.validUntilHeight < height) return undefined;
      return candidate;
    }
    return undefined;
  }
}
