// Collects transactions of our clients into gossip messages: the first one of a quiet moment leaves at once, those that
// follow close behind leave together.

import { encode } from "../../crypto/index.ts";
import { batchCodec, MAX_BATCH_TRANSACTIONS } from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

/** A message is full at about this size: larger ones take longer to pass on than they save. */
const MAX_BATCH_BYTES = 25 * 1024;
/** After a message, the next waits this long for company. */
const LINGER_MS = 4;

export class GossipBatch {
  readonly #publish: (bytes: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (bytes: Uint8Array) => void) {
    this.#publish = publish;
  }

  /** Bounded by its caller: what the pool took in. */
  add(transactions: readonly SignedTransaction[]): void {
    for (const { bytes } of transactions) {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      const isFull = this.#waiting.length >= MAX_BATCH_TRANSACTIONS;
      if (isFull || this.#waitingBytes >= MAX_BATCH_BYTES) this.#send();
    }
    if (this.#timer !== undefined || this.#waiting.length === 0) return;
    this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, LINGER_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#publish(encode(batchCodec, { sequence: this.#sequence, bodies: this.#waiting }));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
