// What a replica holds of transactions and of blocks that are not final yet, for those who ask: peers, clients, and
// whoever wants to save a second check of something that is here already.

import type { Certificates, Tip } from "../../consensus/index.ts";
import type { Hash, Height } from "../../crypto/index.ts";
import type { Pool } from "../../mempool/index.ts";
import type { BlockWithBodies, Held } from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import type { PooledTransaction } from "./admission.ts";
import type { Payloads } from "./payloads.ts";

export type Whereabouts =
  | { readonly state: "pending" }
  | { readonly state: "included"; readonly height: Height; readonly block: Hash };

export class Inventory implements Held {
  /** The highest that the engine holds. */
  readonly certificates: () => Certificates;
  readonly #pool: Pool<PooledTransaction>;
  readonly #payloads: Payloads;
  readonly #tip: () => Tip;

  constructor(parts: {
    readonly pool: Pool<PooledTransaction>;
    readonly payloads: Payloads;
    readonly tip: () => Tip;
    readonly certificates: () => Certificates;
  }) {
    this.#pool = parts.pool;
    this.#payloads = parts.payloads;
    this.#tip = parts.tip;
    this.certificates = parts.certificates;
  }

  /** Blocks above the tip whose content is known. */
  get blocks(): number {
    return this.#payloads.size;
  }

  /** A transaction whose signature has been checked. */
  find(id: Hash): SignedTransaction | undefined {
    return this.#pool.get(id)?.signed ?? this.#payloads.find(id);
  }

  blockWithBodies(hash: Hash): BlockWithBodies | undefined {
    return this.#payloads.blockWithBodies(hash);
  }

  bodiesOf(ids: readonly Hash[]): readonly Uint8Array[] {
    return ids.map((id) => this.find(id)?.bytes).filter((bytes) => bytes !== undefined);
  }

  /** Is this transaction waiting in the pool, or in a certified block that is not final yet? */
  whereabouts(id: Hash): Whereabouts | undefined {
    const payload = this.#payloads.executedWith(id);
    if (payload !== undefined) {
      return { state: "included", height: payload.block.height, block: payload.hash };
    }
    return this.find(id) === undefined ? undefined : { state: "pending" };
  }

  /** A block that is final here, or whose payload we have been told. */
  knowsBlock({ hash, height }: { readonly hash: Hash; readonly height: Height }): boolean {
    return height <= this.#tip().height || this.#payloads.get(hash) !== undefined;
  }
}
