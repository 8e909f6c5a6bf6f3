// The transactions of blocks that are not final yet: which bodies are held, which are missing, which blocks wait for
// them. Bounded by the engine's block tree: one entry a block, dropped with it.

import type { Block } from "../../consensus/index.ts";
import { assert, ByteMap, type Hash, type Height } from "../../crypto/index.ts";
import type { BlockWithBodies } from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

export type Payload = {
  readonly block: Block;
  readonly hash: Hash;
  readonly ids: readonly Hash[];
  /** By position; complete when `missing` is 0. */
  readonly transactions: (SignedTransaction | undefined)[];
  missing: number;
};

type Place = { readonly payload: Payload; readonly position: number };

export class Payloads {
  readonly #byBlock = new ByteMap<Payload>();
  readonly #waiting = new ByteMap<Place[]>();
  /** Every held body of every block here, and in how many blocks it is. */
  readonly #bodies = new ByteMap<{ readonly transaction: SignedTransaction; count: number }>();

  get size(): number {
    return this.#byBlock.size;
  }

  get(hash: Hash): Payload | undefined {
    return this.#byBlock.get(hash);
  }

  /** Begins to collect a block's bodies; `find` gives those that are held already. */
  open(
    content: Pick<Payload, "block" | "hash" | "ids">,
    find: (id: Hash, position: number) => SignedTransaction | undefined,
  ): Payload {
    const known = this.#byBlock.get(content.hash);
    if (known !== undefined) return known;
    const payload = { ...content, transactions: content.ids.map(find), missing: 0 };
    for (const [position, id] of content.ids.entries()) {
      const transaction = payload.transactions[position];
      if (transaction !== undefined) {
        this.#keep(transaction);
        continue;
      }
      payload.missing += 1;
      const places = this.#waiting.get(id) ?? [];
      places.push({ payload, position });
      this.#waiting.set(id, places);
    }
    this.#byBlock.set(content.hash, payload);
    return payload;
  }

  /** Hands a body to the blocks that wait for it; answers those that it completed. */
  supply(transaction: SignedTransaction): readonly Payload[] {
    const places = this.#waiting.size === 0 ? undefined : this.#waiting.get(transaction.id);
    if (places === undefined) return [];
    this.#waiting.delete(transaction.id);
    const completed: Payload[] = [];
    for (const { payload, position } of places) {
      payload.transactions[position] = transaction;
      this.#keep(transaction);
      payload.missing -= 1;
      if (payload.missing === 0) completed.push(payload);
    }
    return completed;
  }

  blockWithBodies(hash: Hash): BlockWithBodies | undefined {
    const payload = this.#byBlock.get(hash);
    if (payload === undefined || payload.missing > 0) return undefined;
    return { block: payload.block, bodies: transactionsOf(payload).map(({ bytes }) => bytes) };
  }

  /** A body that some block here carries. */
  find(id: Hash): SignedTransaction | undefined {
    return this.#bodies.get(id)?.transaction;
  }

  incomplete(): readonly Payload[] {
    return [...this.#byBlock.values()].filter(({ missing }) => missing > 0);
  }

  /** Forgets every block at or below a height that is final. */
  prune(height: Height): void {
    for (const payload of [...this.#byBlock.values()]) {
      if (payload.block.height > height) continue;
      this.#byBlock.delete(payload.hash);
      for (const transaction of payload.transactions) {
        if (transaction !== undefined) this.#release(transaction);
      }
      for (const id of missingIds(payload)) {
        const others = this.#waiting.get(id)?.filter((place) => place.payload !== payload) ?? [];
        if (others.length === 0) this.#waiting.delete(id);
        else this.#waiting.set(id, others);
      }
    }
  }

  #keep(transaction: SignedTransaction): void {
    const kept = this.#bodies.get(transaction.id);
    if (kept === undefined) this.#bodies.set(transaction.id, { transaction, count: 1 });
    else kept.count += 1;
  }

  #release(transaction: SignedTransaction): void {
    const kept = this.#bodies.get(transaction.id);
    if (kept === undefined) return;
    kept.count -= 1;
    if (kept.count === 0) this.#bodies.delete(transaction.id);
  }
}

export function missingIds(payload: Payload): readonly Hash[] {
  if (payload.missing === 0) return [];
  return payload.ids.filter((_, position) => payload.transactions[position] === undefined);
}

/** All transactions of a complete payload, in order. */
export function transactionsOf(payload: Payload): readonly SignedTransaction[] {
  const transactions = payload.transactions.filter((transaction) => transaction !== undefined);
  assert(transactions.length === payload.ids.length, "a payload is whole before it is used");
  return transactions;
}
