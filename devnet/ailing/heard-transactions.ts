// The transactions that a liar saw pass: by id, as many as fit, the oldest out first. Bytes are decoded when asked for.

import { type Hash, toHex } from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";
import {
  decodeSignedTransaction,
  type SignedTransaction,
  transactionId,
} from "../../node/transaction/index.ts";

const MAX_HEARD = 65_536;
const MAX_HEARD_BYTES = 32 * 1024 * 1024;

export class HeardTransactions {
  readonly #bodies = new Map<string, Uint8Array>();
  #bytes = 0;

  /** Sound or not: whoever uses them decides. */
  note(bodies: readonly Uint8Array[]): void {
    for (const body of bodies) {
      const id = toHex(transactionId(body, hashIn));
      if (this.#bodies.has(id)) continue;
      this.#bodies.set(id, body);
      this.#bytes += body.length;
    }
    for (const [oldest, body] of this.#bodies) {
      if (this.#bodies.size <= MAX_HEARD && this.#bytes <= MAX_HEARD_BYTES) return;
      this.#bodies.delete(oldest);
      this.#bytes -= body.length;
    }
  }

  bodyOf(id: Hash): Uint8Array | undefined {
    return this.#bodies.get(toHex(id));
  }

  find(id: Hash): SignedTransaction | undefined {
    const body = this.bodyOf(id);
    const decoded = body && decodeSignedTransaction(body, hashIn);
    return decoded?.ok ? decoded.value : undefined;
  }

  clear(): void {
    this.#bodies.clear();
    this.#bytes = 0;
  }
}
