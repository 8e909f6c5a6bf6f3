// A process that stands still, as if stopped by a signal: what it was about to do waits until it goes on, and so does what
// comes meanwhile, as far as its sockets hold it.

import type { Agenda } from "./agenda.ts";

/** What comes beyond that is lost. */
export const MAX_HELD = 20_000;

export class Standstill {
  readonly #agenda: Agenda;
  #untilMs = 0;
  #held: (() => void)[] | undefined;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** Without an end in sight. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  pauseFor(ms: number): void {
    this.#untilMs = Math.max(this.#untilMs, this.#agenda.now + ms);
  }

  /** Until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const again of held) this.#agenda.after(0, again);
  }

  /** The process is gone, and with it all that waited for it. */
  forget(): void {
    this.#held = undefined;
  }

  /** True if `again` is to be called later instead. */
  defers(again: () => void, from: "itself" | "others"): boolean {
    if (this.#held !== undefined) {
      if (from === "itself" || this.#held.length < MAX_HELD) this.#held.push(again);
      return true;
    }
    const leftMs = this.#untilMs - this.#agenda.now;
    if (leftMs <= 0) return false;
    this.#agenda.after(leftMs, again);
    return true;
  }
}
