// All validators of a devnet: started together, watched, stopped together. A validator that dies stays dead; none
// outlives the devnet.

import type { DevnetPlan } from "./plan.ts";
import { quorumOf } from "./plan.ts";
import { type Death, ValidatorProcess } from "./validator-process.ts";

export type Readiness =
  | { readonly type: "ready"; readonly height: number }
  /** Too few are left for a chain. */
  | { readonly type: "lost"; readonly index: number; readonly death: Death }
  | { readonly type: "late"; readonly waitingFor: readonly number[] };

/** Long enough to close what is open, short enough for a second in all. */
const STOP_GRACE_MS = 700;

export class Supervisor {
  readonly validators: readonly ValidatorProcess[];
  readonly #plan: DevnetPlan;
  readonly #listening = new Set<number>();
  readonly #finalHeights = new Map<number, number>();
  readonly #deaths = new Map<number, Death>();
  readonly #onDeath: (validator: ValidatorProcess, death: Death) => void;
  #isStopping = false;
  #settle: ((readiness: Readiness) => void) | undefined;

  constructor(plan: DevnetPlan, onDeath: (validator: ValidatorProcess, death: Death) => void) {
    this.#plan = plan;
    this.#onDeath = onDeath;
    process.once("exit", () => this.kill());
    this.validators = plan.validators.map(
      (validator) =>
        new ValidatorProcess(validator, {
          onListening: () => {
            this.#listening.add(validator.index);
            this.#check();
          },
          onFinal: (height) => {
            this.#finalHeights.set(validator.index, height);
            this.#check();
          },
          onDeath: (death) => this.#died(validator.index, death),
        }),
    );
  }

  /** Ready is: every validator that lives serves clients and has seen a final block of this run. */
  ready(timeoutMs: number): Promise<Readiness> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle?.({ type: "late", waitingFor: this.#waitingFor() });
      }, timeoutMs).unref();
      this.#settle = (readiness) => {
        clearTimeout(timer);
        this.#settle = undefined;
        resolve(readiness);
      };
      this.#check();
    });
  }

  /** Resolves when no validator is left. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const validator of this.validators) validator.signal("SIGTERM");
    const timer = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await Promise.all(this.validators.map((validator) => validator.gone));
    clearTimeout(timer);
  }

  /** At once, without asking. */
  kill(): void {
    this.#isStopping = true;
    for (const validator of this.validators) validator.signal("SIGKILL");
  }

  #died(index: number, death: Death): void {
    this.#deaths.set(index, death);
    const validator = this.validators[index];
    if (validator !== undefined && !this.#isStopping) this.#onDeath(validator, death);
    this.#check();
  }

  #waitingFor(): readonly number[] {
    return this.#plan.validators
      .map(({ index }) => index)
      .filter((index) => !this.#listening.has(index) || !this.#finalHeights.has(index))
      .filter((index) => !this.#deaths.has(index));
  }

  #check(): void {
    if (this.#settle === undefined || this.#isStopping) return;
    const count = this.#plan.validators.length;
    const [first] = this.#deaths;
    if (first !== undefined && count - this.#deaths.size < quorumOf(count)) {
      const [index, death] = first;
      this.#settle({ type: "lost", index, death });
    } else if (this.#waitingFor().length === 0) {
      this.#settle({ type: "ready", height: Math.max(...this.#finalHeights.values()) });
    }
  }
}
