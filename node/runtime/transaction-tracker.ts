// Where each transaction stands, and who waits to hear of it: the pool and the blocks under way by way of the replica,
// final ones from the index, refused ones from a bounded memory.

import { ByteMap, decode, type Hash, type Height } from "../../crypto/index.ts";
import type { Receipt } from "../ledger/index.ts";
import type { Inventory } from "../replica/index.ts";
import { isReached, type Problem, type TransactionStatus, type Wait } from "../rpc/index.ts";
import type { BlockStore, StateStore } from "../storage/index.ts";
import { receiptAt, receiptPlaceCodec } from "./transaction-record.ts";

type Outcome = Extract<TransactionStatus, { state: "final" }>;
type Rejected = Extract<TransactionStatus, { state: "rejected" }>;
/** Refusals that are remembered for those who ask later. */
const MAX_REFUSALS = 16_384;

type Waiter = { readonly wait: Wait; readonly resolve: (status: TransactionStatus) => void };

export type TrackerOptions = {
  readonly inventory: Pick<Inventory, "whereabouts">;
  readonly index: Pick<StateStore, "transaction" | "receiptsAt">;
  readonly blocks: Pick<BlockStore, "hashAt">;
};

/** What can have expired while somebody waits for it. */
type Expiring = { readonly id: Hash; readonly validUntilHeight: Height };

/** Admitted transactions whose expiry is remembered; the oldest go first. */
const MAX_EXPIRING = 65_536;

export class TransactionTracker {
  readonly #options: TrackerOptions;
  readonly #waiters = new ByteMap<Set<Waiter>>();
  /** Final here, and not in the index yet. */
  readonly #fresh = new ByteMap<Outcome>();
  /** In two generations: when the younger is full, the older goes. */
  #expiry = new ByteMap<Height>();
  #olderExpiry = new ByteMap<Height>();
  /** Refused by the pool, in two generations as well. */
  #refusals = new ByteMap<Rejected>();
  #olderRefusals = new ByteMap<Rejected>();
  #height: number;

  constructor(options: TrackerOptions, height: Height) {
    this.#options = options;
    this.#height = height;
  }

  status(id: Hash): TransactionStatus {
    const outcome = this.#fresh.get(id) ?? this.#indexed(id);
    if (outcome !== undefined) return outcome;
    const whereabouts = this.#options.inventory.whereabouts(id);
    if (whereabouts !== undefined) return whereabouts;
    const rejected = this.#refusals.get(id) ?? this.#olderRefusals.get(id);
    if (rejected !== undefined) return rejected;
    const validUntilHeight = this.#expiryOf(id);
    if (validUntilHeight === undefined) return { state: "unknown" };
    return validUntilHeight <= this.#height
      ? { state: "expired", validUntilHeight }
      : { state: "unknown" };
  }

  waitFor(wait: Wait): Promise<TransactionStatus> {
    const status = this.status(wait.hash);
    if (isReached(status, wait.until) || wait.timeoutMs <= 0 || wait.signal.aborted) {
      return Promise.resolve(status);
    }
    return new Promise((resolve) => {
      const waiter: Waiter = { wait, resolve: (settled) => end(settled) };
      const end = (settled: TransactionStatus) => {
        clearTimeout(timer);
        wait.signal.removeEventListener("abort", giveUp);
        this.#forget(waiter);
        resolve(settled);
      };
      const giveUp = () => end(this.status(wait.hash));
      const timer = setTimeout(giveUp, wait.timeoutMs);
      wait.signal.addEventListener("abort", giveUp, { once: true });
      const others = this.#waiters.get(wait.hash) ?? new Set();
      others.add(waiter);
      this.#waiters.set(wait.hash, others);
    });
  }

  /** Somebody may ask for it when it is too late. */
  noteExpiry(transaction: Expiring): void {
    this.#expiry.set(transaction.id, transaction.validUntilHeight);
    if (this.#expiry.size < MAX_EXPIRING / 2) return;
    this.#olderExpiry = this.#expiry;
    this.#expiry = new ByteMap();
  }

  /** The pool did not take it in; the same bytes may be offered again. */
  noteRefusal(id: Hash, { code, detail = "" }: Pick<Problem, "code" | "detail">): void {
    this.#refusals.set(id, { state: "rejected", code, detail });
    if (this.#refusals.size < MAX_REFUSALS / 2) return;
    this.#olderRefusals = this.#refusals;
    this.#refusals = new ByteMap();
  }

  included(ids: readonly Hash[]): void {
    if (this.#waiters.size > 0) for (const id of ids) this.#tell(id);
  }

  /** A block is final; until it is `indexed` its outcomes are answered from here. */
  final(block: Hash, height: Height, receipts: readonly Receipt[]): void {
    this.#height = height;
    for (const receipt of receipts) {
      if (receipt.result === "skipped") continue;
      this.#fresh.set(receipt.transaction, { state: "final", height, block, receipt });
    }
    if (this.#waiters.size === 0) return;
    for (const { transaction } of receipts) this.#tell(transaction);
    for (const [id] of this.#waiters.entries()) {
      const validUntilHeight = this.#expiryOf(id as Hash) ?? Number.POSITIVE_INFINITY;
      if (validUntilHeight <= height) this.#tell(id as Hash);
    }
  }

  /** The index answers for these from now on. */
  indexed(transactions: readonly { readonly hash: Hash }[]): void {
    for (const { hash } of transactions) this.#fresh.delete(hash);
  }

  #indexed(id: Hash): Outcome | undefined {
    const { index, blocks } = this.#options;
    const record = index.transaction(id);
    const place = record === undefined ? undefined : decode(receiptPlaceCodec, record);
    if (!place?.ok) return undefined;
    const { height } = place.value;
    const receipts = index.receiptsAt(height);
    const block = blocks.hashAt(height);
    const receipt = receipts === undefined ? undefined : receiptAt(receipts, place.value, id);
    if (receipt === undefined || block === undefined) return undefined;
    return { state: "final", height, block, receipt };
  }

  #expiryOf(id: Hash): Height | undefined {
    return this.#expiry.get(id) ?? this.#olderExpiry.get(id);
  }

  #tell(id: Hash): void {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return;
    const status = this.status(id);
    for (const waiter of [...waiters]) {
      if (isReached(status, waiter.wait.until)) waiter.resolve(status);
    }
  }

  #forget(waiter: Waiter): void {
    const waiters = this.#waiters.get(waiter.wait.hash);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(waiter.wait.hash);
  }
}
