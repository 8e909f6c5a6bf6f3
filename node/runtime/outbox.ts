// Persist, then sign, then send. Writes that arrive while others are on their way to the disk go with the next ones; a
// draft is signed only once everything before it is durable. After a failed write nothing is signed any more.

import { type Draft, type SafetyState, safetyStateCodec } from "../../consensus/index.ts";
import { encode } from "../../crypto/index.ts";
import type { BlockStore, SafetyLog } from "../storage/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

export type Outgoing = {
  readonly draft: Draft;
  /** What a proposal carries. */
  readonly transactions: readonly SignedTransaction[];
};

export type OutboxOptions = {
  readonly safetyLog: Pick<SafetyLog, "persistAsync">;
  readonly blockStore: Pick<BlockStore, "flush">;
  /** Signs and sends; called in the order of the drafts. */
  readonly send: (outgoing: Outgoing) => void;
  /** A write failed: stop, and do not sign again. */
  readonly failed: (error: unknown) => void;
  /** How long a durable write took. */
  readonly persisted: (durationMs: number) => void;
};

export class Outbox {
  readonly #options: OutboxOptions;
  #outgoing: Outgoing[] = [];
  #afterwards: (() => void)[] = [];
  #safety: SafetyState | undefined;
  #blocksWaiting = false;
  #flushing = false;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** The newest state stands for all before it. */
  persist(state: SafetyState): void {
    this.#safety = state;
    this.#flushSoon();
  }

  /** The block store has something to make durable; `then` is called once it is. */
  blockStored(then?: () => void): void {
    this.#blocksWaiting = true;
    if (then !== undefined) this.#afterwards.push(then);
    this.#flushSoon();
  }

  sign(outgoing: Outgoing): void {
    this.#outgoing.push(outgoing);
    this.#flushSoon();
  }

  /** Nothing is signed or sent from now on. */
  close(): void {
    this.#closed = true;
    this.#outgoing = [];
  }

  #flushSoon(): void {
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flushAll().catch(this.#options.failed));
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#outgoing.length > 0 || this.#safety !== undefined || this.#blocksWaiting) {
        const outgoing = this.#outgoing;
        const afterwards = this.#afterwards;
        this.#outgoing = [];
        this.#afterwards = [];
        await this.#write();
        if (this.#closed) return;
        for (const then of afterwards) then();
        for (const one of outgoing) {
          // What was sent before may have brought a halt.
          if (!this.#closed) this.#options.send(one);
        }
      }
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#flushing = false;
    }
  }

  async #write(): Promise<void> {
    const safety = this.#safety;
    const hasBlocks = this.#blocksWaiting;
    if (safety === undefined && !hasBlocks) return;
    this.#safety = undefined;
    this.#blocksWaiting = false;
    const startMs = performance.now();
    const { safetyLog, blockStore, persisted } = this.#options;
    await Promise.all([
      safety === undefined ? undefined : safetyLog.persistAsync(encode(safetyStateCodec, safety)),
      hasBlocks ? blockStore.flush() : undefined,
    ]);
    persisted(performance.now() - startMs);
  }
}
