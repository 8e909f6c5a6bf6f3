// Where each transaction stands, and who waits to hear of it: the pool and the blocks under way by way of the replica,
// final ones from the index, refused ones from a bounded memory.

import { ByteMap, decode, type Hash, type Height } from "../../crypto/index.ts";
import type { Replica } from "../replica/index.ts";
import { isReached, type TransactionStatus, type Wait } from "../rpc/index.ts";
import type { StateStore, TransactionRecord } from "../storage/index.ts";
import { type TransactionOutcome, transactionOutcomeCodec } from "./transaction-record.ts";

type Waiter = { readonly wait: Wait; readonly resolve: (status: TransactionStatus) => void };

export type TrackerOptions = {
  readonly replica: Pick<Replica, "whereabouts">;
  readonly index: Pick<StateStore, "transaction">;
};

/** What can have expired while somebody waits for it. */
type Expiring = { readonly id: Hash; readonly validUntilHeight: Height };

/** Admitted transactions whose expiry is remembered; the oldest go first. */
const MAX_EXPIRING = 65_536;

export class TransactionTracker {
  readonly #options: TrackerOptions;
  readonly #waiters = new ByteMap<Set<Waiter>>();
  /** Final here, and not in the index yet. */
  readonly #fresh = new ByteMap<Uint8Array>();
  readonly #expiry = new ByteMap<Expiring>();
  readonly #expiryOrder: Hash[] = [];
  #height: number;

  constructor(options: TrackerOptions, height: Height) {
    this.#options = options;
    this.#height = height;
  }

  status(id: Hash): TransactionStatus {
    const record = this.#fresh.get(id) ?? this.#options.index.transaction(id);
    if (record !== undefined) return finalStatus(record);
    const whereabouts = this.#options.replica.whereabouts(id);
    if (whereabouts !== undefined) return whereabouts;
    const expiring = this.#expiry.get(id);
    if (expiring === undefined) return { state: "unknown" };
    const { validUntilHeight } = expiring;
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
    if (!this.#expiry.has(transaction.id)) this.#expiryOrder.push(transaction.id);
    this.#expiry.set(transaction.id, transaction);
    const oldest = this.#expiryOrder.length > MAX_EXPIRING ? this.#expiryOrder.shift() : undefined;
    if (oldest !== undefined) this.#expiry.delete(oldest);
  }

  included(ids: readonly Hash[]): void {
    if (this.#waiters.size > 0) for (const id of ids) this.#tell(id);
  }

  /** A block is final; until `indexed` its outcomes are answered from here. */
  final(height: Height, outcomes: readonly TransactionRecord[]): void {
    this.#height = height;
    for (const { hash, record } of outcomes) this.#fresh.set(hash, record);
    if (this.#waiters.size === 0) return;
    for (const { hash } of outcomes) this.#tell(hash);
    for (const [id] of this.#waiters.entries()) {
      const validUntilHeight = this.#expiry.get(id)?.validUntilHeight ?? height;
      if (validUntilHeight <= height) this.#tell(id as Hash);
    }
  }

  /** The index answers for these from now on. */
  indexed(outcomes: readonly { readonly hash: Hash }[]): void {
    for (const { hash } of outcomes) this.#fresh.delete(hash);
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

function finalStatus(record: Uint8Array): TransactionStatus {
  const decoded = decode(transactionOutcomeCodec, record);
  if (!decoded.ok) throw new Error(`a transaction's record does not decode: ${decoded.refusal}`);
  const { height, block, receipt }: TransactionOutcome = decoded.value;
  return { state: "final", height, block, receipt };
}
