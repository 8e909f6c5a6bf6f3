// The states of recent final blocks: of each, what the block after it overwrote. Bounded by heights and by bytes; the
// oldest goes first.

import { assert, type Hash, type Height } from "../../crypto/index.ts";
import type { Overwritten } from "./overwritten.ts";

/** A block and the state after it. */
export type LedgerTip = { readonly hash: Hash; readonly height: Height; readonly stateRoot: Hash };

export type HistoryBounds = {
  /** How many states before the last final one stay readable; 256 unless told otherwise. 0: none. */
  readonly maxHeights?: number;
  /** About how much memory they may take in all; 64 MiB unless told otherwise. */
  readonly maxBytes?: number;
};

type PastState = { readonly tip: LedgerTip; readonly overwritten: Overwritten };

const DEFAULT_HEIGHTS = 256;
const DEFAULT_BYTES = 64 * 1024 * 1024;

export class History {
  readonly #maxHeights: number;
  readonly #maxBytes: number;
  /** Of heights without a gap, the oldest first. */
  readonly #states: PastState[] = [];
  #bytes = 0;

  constructor({ maxHeights = DEFAULT_HEIGHTS, maxBytes = DEFAULT_BYTES }: HistoryBounds = {}) {
    assert(maxHeights >= 0 && maxBytes >= 0, "the bounds of a history are not negative");
    this.#maxHeights = maxHeights;
    this.#maxBytes = maxBytes;
  }

  get oldest(): LedgerTip | undefined {
    return this.#states[0]?.tip;
  }

  /** The state after `tip` is no longer the last final one: the next block overwrote this of it. */
  add(tip: LedgerTip, overwritten: Overwritten): void {
    const newest = this.#states[this.#states.length - 1]?.tip;
    assert(newest === undefined || tip.height === newest.height + 1, "a history has no gap");
    this.#states.push({ tip, overwritten });
    this.#bytes += overwritten.bytes;
    while (this.#states.length > this.#maxHeights || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#states.shift()?.overwritten.bytes ?? 0;
    }
  }

  at(height: Height): LedgerTip | undefined {
    return this.#states[this.#position(height)]?.tip;
  }

  /** What the blocks above `height` overwrote, the oldest first. */
  above(height: Height): readonly Overwritten[] {
    const from = Math.max(0, this.#position(height));
    return this.#states.slice(from).map(({ overwritten }) => overwritten);
  }

  #position(height: Height): number {
    const oldest = this.#states[0]?.tip.height ?? 0;
    return height - oldest;
  }
}
