// Requests that wait for a transaction: how many there may be, and how they end when the client goes or the server stops.

import type { ServerResponse } from "node:http";
import type { TransactionStatus, WaitTarget } from "./api.ts";

export class Waits {
  readonly #limit: number;
  readonly #controllers = new Set<AbortController>();
  #stopped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `wait` with a signal that aborts with the connection or the server; undefined if there is no room for it. */
  async hold<T>(
    outgoing: ServerResponse,
    wait: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#stopped || this.#controllers.size >= this.#limit || outgoing.destroyed) {
      return undefined;
    }
    const controller = new AbortController();
    const abort = () => controller.abort();
    this.#controllers.add(controller);
    outgoing.once("close", abort);
    try {
      return await wait(controller.signal);
    } finally {
      outgoing.off("close", abort);
      this.#controllers.delete(controller);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const controller of this.#controllers) controller.abort();
  }
}

const PROGRESS = { accepted: 1, included: 2, final: 3 } as const;

/** Has the transaction come as far as asked, or to an end? */
export function isReached({ state }: TransactionStatus, until: WaitTarget): boolean {
  switch (state) {
    case "unknown":
      return false;
    case "pending":
      return PROGRESS[until] <= PROGRESS.accepted;
    case "included":
      return PROGRESS[until] <= PROGRESS.included;
    case "final":
    case "rejected":
    case "expired":
      return true;
  }
}
