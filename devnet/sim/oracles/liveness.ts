// Once the faults have healed: a new final block before anybody honest is 4f+8 views further, and in the end every
// honest node that runs has it. A chain that stands still is found when the run concludes.

import type { NodeId, Observation } from "../observation.ts";
import type { Oracle, Premises, Report } from "./oracle.ts";

export type LivenessOracle = Oracle & {
  /** The faults are over; `maxView` is the highest that an honest node is in. */
  readonly healed: (atMs: number, maxView: number) => void;
};

/** Without commit votes nothing has a certificate of its own to catch up by, and a larger gap stays: consensus/README.md. */
const LARGEST_GAP = 1_024;

type Heal = { readonly atMs: number; readonly goal: number; readonly lastView: number };

export function liveness(premises: Premises, report: Report): LivenessOracle {
  const watch = new Watch(premises, report);
  return {
    name: "liveness",
    observe: (seen) => watch.observe(seen),
    healed: (atMs, maxView) => watch.healed(atMs, maxView),
    conclude: () => watch.conclude(),
  };
}

class Watch {
  readonly #premises: Premises;
  readonly #report: Report;
  /** Heights of the honest nodes that run. */
  readonly #running = new Map<NodeId, number>();
  #highestView = 0;
  #highest = 0;
  #heal: Heal | undefined;
  #isLate = false;
  #nowMs = 0;
  /** When an honest node last entered a view or got a block. */
  #changedMs = 0;

  constructor(premises: Premises, report: Report) {
    this.#premises = premises;
    this.#report = report;
  }

  observe(seen: Observation): void {
    this.#nowMs = seen.atMs;
    if (seen.by < 0 || !this.#premises.isHonest(seen.by)) return;
    switch (seen.type) {
      case "started":
        this.#running.set(seen.by, seen.height);
        return;
      case "crashed":
      case "halted":
      case "refused-to-start":
        this.#running.delete(seen.by);
        return;
      case "final":
        this.#running.set(seen.by, seen.final.block.height);
        this.#highest = Math.max(this.#highest, seen.final.block.height);
        this.#changedMs = seen.atMs;
        return;
      case "view":
        this.#enters(seen.view, seen.by);
        this.#changedMs = seen.atMs;
        return;
    }
  }

  healed(atMs: number, maxView: number): void {
    const f = Math.floor((this.#premises.validators.members.length - 1) / 3);
    const lastView = Math.max(maxView, this.#highestView) + 4 * f + 8;
    this.#heal = { atMs, goal: this.#highest + 1, lastView };
    this.#nowMs = atMs;
    this.#changedMs = atMs;
  }

  conclude(): void {
    const heal = this.#heal;
    if (heal === undefined || !this.#premises.isWithinBounds || this.#isLate) return;
    const still = `nothing changed in the last ${Math.round(this.#nowMs - this.#changedMs)} ms`;
    if (this.#highest < heal.goal) {
      const times = `from ${Math.round(heal.atMs)} to ${Math.round(this.#nowMs)} ms`;
      const where = `height ${this.#highest}, view ${this.#highestView}`;
      this.#report(`no new block since the heal, ${times}: ${where}; ${still}`);
      return;
    }
    for (const [node, height] of this.#running) {
      if (height >= heal.goal || this.#isOutOfReach(height)) continue;
      // It was honest when it said so.
      if (!this.#premises.isHonest(node)) continue;
      this.#report(`v${node} ends at height ${height}, the others at ${this.#highest}; ${still}`);
    }
  }

  #isOutOfReach(height: number): boolean {
    const { rules = "commit-votes" } = this.#premises;
    return rules !== "commit-votes" && this.#highest - height > LARGEST_GAP;
  }

  #enters(view: number, node: NodeId): void {
    this.#highestView = Math.max(this.#highestView, view);
    const heal = this.#heal;
    if (heal === undefined || this.#isLate || !this.#premises.isWithinBounds) return;
    if (view <= heal.lastView || this.#highest >= heal.goal) return;
    this.#isLate = true;
    const bound = `a new block was due by view ${heal.lastView}`;
    this.#report(`v${node} enters view ${view} at height ${this.#highest}, and ${bound}`);
  }
}
