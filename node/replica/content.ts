// What a block on a given parent could contain: pending transactions that none of its uncommitted ancestors carries.

import type { QuorumCert } from "../../consensus/index.ts";
import { ByteMap, type Hash, next } from "../../crypto/index.ts";
import type { Pool } from "../../mempool/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import type { PooledTransaction } from "./admission.ts";
import type { Payloads } from "./payloads.ts";
import type { BlockLimits } from "./voting-conditions.ts";

export class Content {
  readonly #pool: Pool<PooledTransaction>;
  readonly #payloads: Payloads;
  readonly #limits: BlockLimits;

  constructor(parts: {
    readonly pool: Pool<PooledTransaction>;
    readonly payloads: Payloads;
    readonly limits: BlockLimits;
  }) {
    this.#pool = parts.pool;
    this.#payloads = parts.payloads;
    this.#limits = parts.limits;
  }

  /** For the block on the one that `parent` certifies; the pool keeps what is selected until it is final. */
  select(parent: QuorumCert): readonly SignedTransaction[] {
    return this.#select(parent, this.#limits.maxBlockTransactions);
  }

  /** Is there anything that the next block would order or help to commit? */
  hasWork(parent: QuorumCert): boolean {
    return this.hasUncommitted(parent.block) || this.#select(parent, 1).length > 0;
  }

  /** Transactions above the tip that a child of `parent` would help to commit. */
  hasUncommitted(parent: Hash): boolean {
    for (const { ids } of this.#payloads.branch(parent)) if (ids.length > 0) return true;
    return false;
  }

  #select(parent: QuorumCert, maxCount: number): readonly SignedTransaction[] {
    if (this.#pool.size.count === 0) return [];
    const carried = new ByteMap<true>();
    for (const { ids } of this.#payloads.branch(parent.block)) {
      for (const id of ids) carried.set(id, true);
    }
    const selected = this.#pool.select({
      maxCount,
      maxBytes: this.#limits.maxBlockBytes,
      included: (id) => carried.has(id),
      height: next(parent.height),
    });
    return selected.map(({ signed }) => signed);
  }
}
