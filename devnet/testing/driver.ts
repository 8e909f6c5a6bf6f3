// Drives virtual time for whoever awaits something: time advances while anybody waits and stands still otherwise, once for
// all who wait. What was awaited goes on before time does, so that the same test takes the same course every time.

import { setImmediate as nextTurn } from "node:timers";
import type { VirtualDevnet } from "../virtual/index.ts";
import { DevnetError } from "./devnet-error.ts";

/** Events between two turns of the program, so that a test's own timeout still works. */
const EVENTS_PER_TURN = 2_000;

type Waiter = {
  /** Undefined until there is an answer. */
  readonly look: () => { readonly value: unknown } | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly deadlineMs: number;
  /** For what, as in "not ... in 500 ms". */
  readonly what: string;
};

export class Driver {
  readonly #devnet: VirtualDevnet;
  readonly #waiters = new Set<Waiter>();
  #isDriving = false;
  #failure: unknown;

  constructor(devnet: VirtualDevnet) {
    this.#devnet = devnet;
  }

  /** @throws {DevnetError} TIMEOUT after so much virtual time, STOPPED */
  async wait<T>(
    what: string,
    forMs: number,
    look: () => { readonly value: T } | undefined,
  ): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise<T>((resolve, reject) => {
      const deadlineMs = this.#devnet.now + forMs;
      this.#waiters.add({ look, resolve: resolve as Waiter["resolve"], reject, deadlineMs, what });
      if (this.#isDriving) return;
      this.#isDriving = true;
      nextTurn(() => this.#drive());
    });
  }

  /** Whoever waits, now and later, is told. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiters) reject(this.#failure);
    this.#waiters.clear();
  }

  #drive(): void {
    try {
      for (let events = 0; events < EVENTS_PER_TURN && !this.#settle(); events++) {
        this.#devnet.simulation.agenda.advance();
      }
    } catch (error) {
      this.fail(error);
    }
    this.#isDriving = this.#waiters.size > 0;
    if (this.#isDriving) nextTurn(() => this.#drive());
  }

  /** True if somebody's wait is over, or nobody waits. */
  #settle(): boolean {
    const before = this.#waiters.size;
    for (const waiter of this.#waiters) {
      if (this.#isOver(waiter)) this.#waiters.delete(waiter);
    }
    return this.#waiters.size < before || before === 0;
  }

  /** Its promise is settled then. */
  #isOver(waiter: Waiter): boolean {
    try {
      const answer = waiter.look();
      if (answer !== undefined) waiter.resolve(answer.value);
      else if (this.#devnet.now < waiter.deadlineMs) return false;
      else waiter.reject(this.#tooLate(waiter));
    } catch (error) {
      // What a test's own condition throws is for whoever waits for it, and for nobody else.
      waiter.reject(error);
    }
    return true;
  }

  #tooLate({ what, deadlineMs }: Waiter): DevnetError {
    const { missing, healthy, validators } = this.#devnet;
    const isAllWell = healthy.length === validators;
    const remedy = `${isAllWell ? "Give" : "Heal what is wrong, or give"} it a longer timeoutMs.`;
    return new DevnetError(
      "TIMEOUT",
      `not ${what} by ${Math.round(deadlineMs)} virtual ms: ${missing}. ${remedy}`,
    );
  }
}
