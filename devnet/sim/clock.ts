// The wall clock of one simulated validator: it may run ahead or behind, step either way, and stand still.

import type { Agenda } from "./agenda.ts";

/** What honest clocks show when a simulation begins. */
export const EPOCH_MS = 1_700_000_000_000;

export class SimulatedClock {
  readonly #agenda: Agenda;
  #offsetMs = 0;
  #frozenAtMs: number | undefined;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** Milliseconds since 1970, as this validator believes. */
  wallMs(): number {
    return this.#frozenAtMs ?? this.#trueMs() + this.#offsetMs;
  }

  /** Jumps by so much; negative is backwards. Steps add up. */
  step(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Ahead of the true time by so much, whatever it was before; negative is behind. */
  skew(byMs: number): void {
    this.#offsetMs = byMs;
  }

  freeze(): void {
    this.#frozenAtMs = this.wallMs();
  }

  /** Goes on, and right again. */
  correct(): void {
    this.#frozenAtMs = undefined;
    this.#offsetMs = 0;
  }

  #trueMs(): number {
    return EPOCH_MS + 1 + Math.floor(this.#agenda.now);
  }
}
