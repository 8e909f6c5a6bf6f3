// Who reads events: how many streams there may be, in all and from one address, and how they end when the client goes or
// the server stops.

import type { ServerResponse } from "node:http";
import type { Problem } from "./problems.ts";
import { isLoopback } from "./rate-limit.ts";
import { Turns } from "./turns.ts";

export type EventReaderLimits = {
  readonly maxEventStreams: number;
  readonly maxEventStreamsPerAddress: number;
};

/** What those are told to wait who find no place; places come free whenever a reader goes. */
const RETRY_AFTER_MS = 5_000;

export class EventReaders {
  readonly turns = new Turns();
  readonly #limits: EventReaderLimits;
  readonly #controllers = new Set<AbortController>();
  /** No more entries than streams. */
  readonly #byAddress = new Map<string, number>();
  #stopped = false;

  constructor(limits: EventReaderLimits) {
    this.#limits = limits;
  }

  /** Why one more reader at `address` has no place now. */
  refusal(address: string): Problem | undefined {
    const { maxEventStreams, maxEventStreamsPerAddress } = this.#limits;
    if (this.#stopped || this.#controllers.size >= maxEventStreams) {
      return { code: "STREAMS_FULL", details: detailsOf(maxEventStreams) };
    }
    const count = this.#byAddress.get(address) ?? 0;
    if (count < maxEventStreamsPerAddress || isLoopback(address)) return undefined;
    const detail = `An address may read ${maxEventStreamsPerAddress} event streams at once.`;
    return { code: "RATE_LIMITED", detail, details: detailsOf(maxEventStreamsPerAddress) };
  }

  /** Runs `read` with a signal that aborts with the connection or the server. Ask for a `refusal` first. */
  async hold(
    { outgoing, address }: { readonly outgoing: ServerResponse; readonly address: string },
    read: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    this.#controllers.add(controller);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    outgoing.once("close", abort);
    if (outgoing.destroyed) abort();
    try {
      await read(controller.signal);
    } finally {
      outgoing.off("close", abort);
      this.#controllers.delete(controller);
      this.#forget(address);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const controller of this.#controllers) controller.abort();
  }

  #forget(address: string): void {
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}

function detailsOf(limit: number) {
  return { limit, retryAfterMs: RETRY_AFTER_MS };
}
