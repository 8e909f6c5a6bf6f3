// All validators of a devnet: started together, watched, stopped together. A validator that dies stays dead until somebody
// brings it back; none outlives the devnet.

import type { Ailments, Report } from "../ailing/index.ts";
import type { DevnetPlan } from "../directory/index.ts";
import { quorumOf } from "../directory/index.ts";
import { LiveValidator } from "./live-validator.ts";
import type { Death } from "./validator-process.ts";

export type Readiness =
  | { readonly type: "ready"; readonly height: number }
  /** Too few are left for a chain. */
  | { readonly type: "lost"; readonly index: number; readonly death: Death }
  | { readonly type: "late"; readonly waitingFor: readonly number[] };

export type SupervisorListener = {
  /** `isOrdered`: the devnet itself has killed it. */
  readonly onDeath: (validator: LiveValidator, death: Death, isOrdered: boolean) => void;
  /** It serves clients, for the first time or again. */
  readonly onListening: (validator: LiveValidator) => void;
  readonly onReport: (validator: LiveValidator, report: Report) => void;
};

/** Long enough to close what is open, short enough for a second in all. */
const STOP_GRACE_MS = 700;

export class Supervisor {
  readonly validators: readonly LiveValidator[];
  readonly #plan: DevnetPlan;
  readonly #listener: SupervisorListener;
  readonly #listening = new Set<number>();
  readonly #finalHeights = new Map<number, number>();
  readonly #deaths = new Map<number, Death>();
  readonly #onExit = () => this.kill();
  #isStopping = false;
  #settle: ((readiness: Readiness) => void) | undefined;

  constructor(
    plan: DevnetPlan,
    ailmentsOf: (validator: number) => Ailments,
    listener: SupervisorListener,
  ) {
    this.#plan = plan;
    this.#listener = listener;
    process.once("exit", this.#onExit);
    const { recipe } = plan;
    this.validators = plan.validators.map((validator): LiveValidator => {
      const { index } = validator;
      const self = (): LiveValidator => this.validators[index] as LiveValidator;
      return new LiveValidator(
        validator,
        { recipe, ailments: ailmentsOf(index) },
        {
          onListening: () => this.#served(self()),
          onFinal: (height) => {
            this.#finalHeights.set(index, height);
            this.#check();
          },
          onReport: (report) => listener.onReport(self(), report),
          onDeath: (death, isOrdered) => this.#died(self(), death, isOrdered),
        },
      );
    });
  }

  get isStopping(): boolean {
    return this.#isStopping;
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
    for (const validator of this.validators) validator.end("SIGTERM");
    const timer = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await Promise.all(this.validators.map((validator) => validator.gone));
    clearTimeout(timer);
    process.off("exit", this.#onExit);
  }

  /** At once, without asking. */
  kill(): void {
    this.#isStopping = true;
    for (const validator of this.validators) validator.end("SIGKILL");
  }

  #served(validator: LiveValidator): void {
    const { index } = validator.plan;
    this.#deaths.delete(index);
    this.#listening.add(index);
    if (!this.#isStopping) this.#listener.onListening(validator);
    this.#check();
  }

  #died(validator: LiveValidator, death: Death, isOrdered: boolean): void {
    this.#deaths.set(validator.plan.index, death);
    if (!this.#isStopping) this.#listener.onDeath(validator, death, isOrdered);
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
