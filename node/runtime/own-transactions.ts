// Transactions that our own clients gave us: gossip is told of them again while they stay pending, for one message may be
// lost and then only our pool would know them.

import { ByteMap, type Hash } from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

export type OwnTransactionsOptions = {
  readonly isPending: (id: Hash) => boolean;
  readonly send: (transactions: readonly SignedTransaction[]) => void;
};

const TICK_MS = 1_000;
/** Ticks between two sendings of the same transaction. */
const PATIENCE_TICKS = 2;
/** Sent again in one tick. */
const MAX_SENT_AGAIN = 512;
/** Watched at once; more are sent once only. */
const MAX_WATCHED = 16_384;

type Watched = { readonly transaction: SignedTransaction; sentAt: number };

export class OwnTransactions {
  readonly #options: OwnTransactionsOptions;
  readonly #watched = new ByteMap<Watched>();
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OwnTransactionsOptions) {
    this.#options = options;
  }

  /** They have just been sent for the first time. */
  note(transactions: readonly SignedTransaction[]): void {
    for (const transaction of transactions) {
      if (this.#watched.size >= MAX_WATCHED) break;
      this.#watched.set(transaction.id, { transaction, sentAt: this.#tick });
    }
    this.#timer ??= setInterval(() => this.#sendAgain(), TICK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watched.clear();
  }

  #sendAgain(): void {
    this.#tick += 1;
    const due: SignedTransaction[] = [];
    for (const watched of [...this.#watched.values()]) {
      const { transaction, sentAt } = watched;
      if (!this.#options.isPending(transaction.id)) this.#watched.delete(transaction.id);
      else if (this.#tick - sentAt >= PATIENCE_TICKS && due.length < MAX_SENT_AGAIN) {
        watched.sentAt = this.#tick;
        due.push(transaction);
      }
    }
    if (due.length > 0) this.#options.send(due);
    if (this.#watched.size === 0) this.close();
  }
}
