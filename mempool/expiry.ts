// Pending entries by their last valid height, so that a commit looks only at those that just expired.

import type { Height } from "../crypto/index.ts";
import type { PoolEntry } from "./entry.ts";
import type { Pending } from "./lane.ts";

export class ExpiryBuckets<E extends PoolEntry> {
  readonly #buckets = new Map<number, Set<Pending<E>>>();
  /** Everything up to here is gone. */
  #emptiedTo = -1;

  add(pending: Pending<E>): void {
    const { validUntilHeight } = pending.entry;
    const bucket = this.#buckets.get(validUntilHeight);
    if (bucket === undefined) this.#buckets.set(validUntilHeight, new Set([pending]));
    else bucket.add(pending);
  }

  remove(pending: Pending<E>): void {
    const { validUntilHeight } = pending.entry;
    const bucket = this.#buckets.get(validUntilHeight);
    if (bucket?.delete(pending) && bucket.size === 0) this.#buckets.delete(validUntilHeight);
  }

  /** What no block after `height` may carry. The caller removes each. */
  expiredBy(height: Height): readonly Pending<E>[] {
    const expired: Pending<E>[] = [];
    const heights =
      height - this.#emptiedTo <= this.#buckets.size
        ? Array.from({ length: height - this.#emptiedTo }, (_, index) => height - index)
        : [...this.#buckets.keys()].filter((candidate) => candidate <= height);
    for (const candidate of heights) {
      for (const pending of this.#buckets.get(candidate) ?? []) expired.push(pending);
    }
    this.#emptiedTo = height;
    return expired;
  }
}
