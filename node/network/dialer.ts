// When to dial one peer. The validator with the lower index dials, and again at short, even intervals at first, so that
// processes that start together are linked as soon as the last one listens; the other one only steps in when that does
// not happen, so that two connections seldom cross.

import type { NetworkLimits } from "./limits.ts";

export type DialerContext = {
  readonly limits: NetworkLimits;
  /** We have the lower index. */
  readonly dialsFirst: boolean;
  /** Resolves when the connection is open, rejects when it is not. */
  readonly dial: (signal: AbortSignal) => Promise<void>;
  /** Called before each dial: the attempt's number since the last lasting link, from 1. */
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (error: unknown, attempt: number) => void;
};

export class Dialer {
  readonly #context: DialerContext;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #dialling: AbortController | undefined;
  #wanted = false;

  constructor(context: DialerContext) {
    this.#context = context;
  }

  /** We want a link and have none. `afterMs`: not before, for a peer that is banned. */
  want(afterMs = 0): void {
    this.#wanted = true;
    const { limits, dialsFirst } = this.#context;
    const courtesyMs = dialsFirst ? 0 : limits.dialFallbackMs;
    // A link that was lost before it lasted counts as a failed dial, or a peer that hangs up at once is dialled without pause.
    const pauseMs = this.#attempts === 0 ? 0 : redialPauseMs(this.#attempts, limits);
    this.#schedule(Math.max(afterMs, courtesyMs, pauseMs));
  }

  /** No link is wanted. A dial under way is cut off, unless it is the one that made the link and is just finishing. */
  rest(dial: "cut-off" | "finishing"): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (dial === "finishing") return;
    this.#dialling?.abort(new Error("no dial is wanted any more"));
    this.#dialling = undefined;
  }

  /** The link has lasted: the next loss starts with a clean count. */
  forget(): void {
    this.#attempts = 0;
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#attempt();
    }, delayMs);
  }

  #attempt(): void {
    if (this.#dialling !== undefined) return;
    const { dial, onAttempt, onFailure, limits } = this.#context;
    const dialling = new AbortController();
    this.#dialling = dialling;
    this.#attempts += 1;
    const attempt = this.#attempts;
    onAttempt(attempt);
    dial(dialling.signal)
      .catch((error: unknown) => {
        if (!dialling.signal.aborted) onFailure(error, attempt);
      })
      .finally(() => {
        if (this.#dialling === dialling) this.#dialling = undefined;
        if (this.#wanted && this.#timer === undefined && this.#dialling === undefined) {
          this.#schedule(redialPauseMs(attempt, limits));
        }
      });
  }
}

/** Even pauses at first, then doubling up to the limit. No jitter: the peers of one validator set are few. */
export function redialPauseMs(attempts: number, limits: NetworkLimits): number {
  const doublings = Math.min(Math.max(0, attempts - limits.redialFastAttempts), 30);
  return Math.min(limits.redialMs * 2 ** doublings, limits.redialMaxMs);
}
