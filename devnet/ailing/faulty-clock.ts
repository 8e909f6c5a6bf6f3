// A wall clock that is ahead, behind, or stands still.

import type { Ailments } from "./ailments.ts";

export class FaultyClock {
  readonly #trueMs: () => number;
  #offsetMs = 0;
  #frozenAtMs: number | undefined;

  constructor(trueMs: () => number) {
    this.#trueMs = trueMs;
  }

  /** Once it goes on, it shows the true time and the offset again. */
  setCondition({ offsetMs, isFrozen }: Ailments["clock"]): void {
    this.#offsetMs = offsetMs;
    this.#frozenAtMs = isFrozen ? this.wallMs() : undefined;
  }

  /** Milliseconds since 1970. */
  readonly wallMs = (): number => this.#frozenAtMs ?? this.#trueMs() + this.#offsetMs;
}
