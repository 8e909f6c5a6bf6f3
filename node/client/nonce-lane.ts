// The nonces of one account, handed out in order. One transaction at a time is on its way into the pool; the next gets
// its nonce once a node has taken it. Waiting for finality happens outside, so that many are under way.

import { type Nonce, next } from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import { ClientError } from "./problem.ts";

/** More transactions of one account wait in no client. */
const MAX_WAITING = 4_096;

export class NonceLane {
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #next: Nonce | undefined;
  /** Taken by a node and not known to be final: what may be missing elsewhere. In the order of nonces. */
  #outstanding: SignedTransaction[] = [];

  /** The nonce to use, unless the chain must be asked. */
  get next(): Nonce | undefined {
    return this.#next;
  }

  get outstanding(): readonly SignedTransaction[] {
    return this.#outstanding;
  }

  /** Runs one task after the other, in the order of the calls. */
  async inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) {
      const message = `${MAX_WAITING} transactions of one account are waiting already`;
      throw new ClientError({ code: "SENDER_FULL", message, retryable: true });
    }
    this.#waiting += 1;
    const result = this.#turn.then(task, task);
    this.#turn = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** A node took it: its nonce is used. */
  taken(signed: SignedTransaction): void {
    this.#next = next(signed.transaction.nonce);
    this.#outstanding.push(signed);
  }

  /** It is final, or will never be. */
  settled(signed: SignedTransaction): void {
    this.#outstanding = this.#outstanding.filter((other) => other !== signed);
  }

  /** What the chain says is the next nonce; those that are outstanding come after it. */
  learn(proven: Nonce): Nonce {
    this.#outstanding = this.#outstanding.filter(({ transaction }) => transaction.nonce >= proven);
    let free = proven;
    for (const { transaction } of this.#outstanding) {
      if (transaction.nonce === free) free = next(free);
    }
    this.#next = free;
    return free;
  }

  /** The chain must be asked: somebody else uses the account too. */
  forget(): void {
    this.#next = undefined;
  }
}
