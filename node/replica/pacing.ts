// When to propose and how long to wait: `blockIntervalMs` between blocks, a heartbeat when there is nothing to order,
// and a view timer that never counts the wait for a first transaction against the leader. Pure; time is handed in.

import type { Hash, Height, View } from "../../crypto/index.ts";

export type PacingOptions = {
  /** The least time between two blocks, 0 or more. */
  readonly blockIntervalMs: number;
  /** The heartbeat of an idle chain, blockIntervalMs or more. */
  readonly emptyBlockIntervalMs: number;
};

export type Due = { readonly view: View; readonly height: Height; readonly parent: Hash };

/** An uncommitted block with content waits no longer than this for a child that helps to commit it. */
const FLUSH_INTERVAL_MS = 50;

export class Pacing {
  readonly #options: PacingOptions;
  #due: Due | undefined;
  #lastBlockMs = Number.NEGATIVE_INFINITY;
  #viewDeadlineMs = Number.POSITIVE_INFINITY;
  #viewTimeoutMs = 0;
  #isIdle = false;

  constructor(options: PacingOptions) {
    this.#options = options;
  }

  get due(): Due | undefined {
    return this.#due;
  }

  /** The view's timer still allows for a wait without work. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** It is ours to propose. */
  proposalDue(due: Due): void {
    this.#due = due;
  }

  proposed(): void {
    this.#due = undefined;
  }

  /** Milliseconds until our block may go out: `hasWork` ends the wait for content, `mustFlush` shortens it. */
  waitMs(now: number, state: { readonly hasWork: boolean; readonly mustFlush: boolean }): number {
    const { blockIntervalMs, emptyBlockIntervalMs } = this.#options;
    const flushMs = Math.max(blockIntervalMs, Math.min(FLUSH_INTERVAL_MS, emptyBlockIntervalMs));
    const emptyMs = state.mustFlush ? flushMs : emptyBlockIntervalMs;
    const intervalMs = state.hasWork ? blockIntervalMs : emptyMs;
    return Math.max(0, Math.ceil(this.#lastBlockMs + intervalMs - now));
  }

  blockSeen(now: number): void {
    this.#lastBlockMs = now;
  }

  /** A view began; answers how long its timer runs. */
  viewEntered(now: number, view: { readonly timeoutMs: number; readonly isIdle: boolean }): number {
    const { blockIntervalMs, emptyBlockIntervalMs } = this.#options;
    this.#due = undefined;
    this.#isIdle = view.isIdle;
    this.#viewTimeoutMs = view.timeoutMs + blockIntervalMs;
    const ms = this.#viewTimeoutMs + (view.isIdle ? emptyBlockIntervalMs : 0);
    this.#viewDeadlineMs = now + ms;
    return ms;
  }

  /** Nothing is left to order, and the leader has not proposed: it may wait again. Answers how long the timer runs now. */
  workDone(now: number): number {
    this.#isIdle = true;
    const ms = this.#viewTimeoutMs + this.#options.emptyBlockIntervalMs;
    this.#viewDeadlineMs = now + ms;
    return ms;
  }

  /** There is something to order now: from here on the leader's time counts. Undefined if it counted already. */
  workArrived(now: number): number | undefined {
    if (!this.#isIdle) return undefined;
    this.#isIdle = false;
    this.#viewDeadlineMs = Math.min(this.#viewDeadlineMs, now + this.#viewTimeoutMs);
    return Math.max(0, Math.ceil(this.#viewDeadlineMs - now));
  }
}
