// The transactions of blocks that are not final yet: which bodies are held, which are missing, which blocks wait for
// them. Bounded by the engine's block tree: one entry a block, dropped with it.

import type { Block } from "../../consensus/index.ts";
import { assert, ByteMap, type Hash, type Height, type View } from "../../crypto/index.ts";
import type { BlockWithBodies } from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

export type Payload = {
  readonly block: Block;
  readonly hash: Hash;
  readonly ids: readonly Hash[];
  /** By position; complete when `missing` is 0. */
  readonly transactions: (SignedTransaction | undefined)[];
  missing: number;
  /** Certified, so that its transactions count as included. */
  isExecuted: boolean;
};

type Carried = { readonly transaction: SignedTransaction; payloads: readonly Payload[] };
type Place = { readonly payload: Payload; readonly position: number };

/** As long as the engine keeps proposals. */
const KEPT_VIEWS = 16;

export class Payloads {
  readonly #byBlock = new ByteMap<Payload>();
  readonly #waiting = new ByteMap<Place[]>();
  /** Every held body, and the blocks that carry it. */
  readonly #bodies = new ByteMap<Carried>();

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
    const transactions = content.ids.map(find);
    const payload: Payload = { ...content, transactions, missing: 0, isExecuted: false };
    for (const [position, id] of content.ids.entries()) {
      const transaction = payload.transactions[position];
      if (transaction !== undefined) {
        this.#keep(transaction, payload);
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
      this.#keep(transaction, payload);
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

  /** The executed block that carries a transaction. */
  executedWith(id: Hash): Payload | undefined {
    return this.#bodies.get(id)?.payloads.find(({ isExecuted }) => isExecuted);
  }

  /** The payloads from a block down to the tip, as far as they are known. */
  *branch(hash: Hash): IterableIterator<Payload> {
    let payload = this.get(hash);
    while (payload !== undefined) {
      yield payload;
      payload = this.get(payload.block.parent);
    }
  }

  incomplete(): readonly Payload[] {
    return [...this.#byBlock.values()].filter(({ missing }) => missing > 0);
  }

  /** Forgets every block at or below a height that is final. */
  prune(height: Height): void {
    this.#dropWhere(({ block }) => block.height <= height);
  }

  /** Forgets blocks that the engine had no room for, or gave up for others. */
  pruneUnheld(isHeld: (hash: Hash) => boolean): void {
    this.#dropWhere(({ hash }) => !isHeld(hash));
  }

  /** Forgets blocks of views long left that the engine has dropped, too. */
  pruneViews(view: View, isHeld: (hash: Hash) => boolean): void {
    this.#dropWhere(({ block, hash }) => block.view + KEPT_VIEWS < view && !isHeld(hash));
  }

  #dropWhere(isDropped: (payload: Payload) => boolean): void {
    for (const payload of [...this.#byBlock.values()]) {
      if (!isDropped(payload)) continue;
      this.#byBlock.delete(payload.hash);
      for (const transaction of payload.transactions) {
        if (transaction !== undefined) this.#release(transaction, payload);
      }
      for (const id of missingIds(payload)) {
        const others = this.#waiting.get(id)?.filter((place) => place.payload !== payload) ?? [];
        if (others.length === 0) this.#waiting.delete(id);
        else this.#waiting.set(id, others);
      }
    }
  }

  #keep(transaction: SignedTransaction, payload: Payload): void {
    const carried = this.#bodies.get(transaction.id);
    if (carried === undefined)
      this.#bodies.set(transaction.id, { transaction, payloads: [payload] });
    else carried.payloads = [...carried.payloads, payload];
  }

  #release({ id }: SignedTransaction, payload: Payload): void {
    const carried = this.#bodies.get(id);
    if (carried === undefined) return;
    carried.payloads = carried.payloads.filter((other) => other !== payload);
    if (carried.payloads.length === 0) this.#bodies.delete(id);
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
