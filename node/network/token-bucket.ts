// A rate with bursts, driven by the caller's clock.

export class TokenBucket {
  readonly #capacity: number;
  readonly #perMs: number;
  #level: number;
  #filledAtMs: number;

  constructor(rate: { capacity: number; perSecond: number; nowMs: number }) {
    this.#capacity = rate.capacity;
    this.#perMs = rate.perSecond / 1000;
    this.#level = rate.capacity;
    this.#filledAtMs = rate.nowMs;
  }

  /** True, and `count` tokens less, if there are so many. */
  take(nowMs: number, count = 1): boolean {
    this.#fill(nowMs);
    if (this.#level < count) return false;
    this.#level -= count;
    return true;
  }

  /** Milliseconds until `take` succeeds again; 0 if it does now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#level >= 1 ? 0 : Math.ceil((1 - this.#level) / this.#perMs);
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledAtMs) return;
    const filled = this.#level + (nowMs - this.#filledAtMs) * this.#perMs;
    this.#level = Math.min(this.#capacity, filled);
    this.#filledAtMs = nowMs;
  }
}
