// All lanes by the fee class of their head (which goes into a block first) and of their tail (which goes first when
// the pool is full). Within a class the lane longest on file comes first.

import type { PoolEntry } from "./entry.ts";
import { FEE_CLASSES, type Lane } from "./lane.ts";

export class LaneOrder<E extends PoolEntry> {
  readonly #heads: readonly Set<Lane<E>>[] = Array.from({ length: FEE_CLASSES }, () => new Set());
  readonly #tails: readonly Set<Lane<E>>[] = Array.from({ length: FEE_CLASSES }, () => new Set());

  /** Files `lane` as it now is; an empty lane leaves. */
  file(lane: Lane<E>): void {
    const { headClass, tailClass } = lane;
    if (headClass !== lane.filedHead) {
      if (lane.filedHead !== undefined) this.#heads[lane.filedHead]?.delete(lane);
      if (headClass !== undefined) this.#heads[headClass]?.add(lane);
      lane.filedHead = headClass;
    }
    if (tailClass !== lane.filedTail) {
      if (lane.filedTail !== undefined) this.#tails[lane.filedTail]?.delete(lane);
      if (tailClass !== undefined) this.#tails[tailClass]?.add(lane);
      lane.filedTail = tailClass;
    }
  }

  /** Behind all others of its class: it had its turn. */
  rotate(lane: Lane<E>): void {
    if (lane.filedHead === undefined) return;
    const heads = this.#heads[lane.filedHead];
    heads?.delete(lane);
    heads?.add(lane);
  }

  headsOf(feeClass: number): Iterable<Lane<E>> {
    return this.#heads[feeClass] ?? [];
  }

  tailsOf(feeClass: number): Iterable<Lane<E>> {
    return this.#tails[feeClass] ?? [];
  }

  /** The least class that any lane's tail has; undefined in an empty pool. */
  get lowestTailClass(): number | undefined {
    const lowest = this.#tails.findIndex((lanes) => lanes.size > 0);
    return lowest === -1 ? undefined : lowest;
  }
}
