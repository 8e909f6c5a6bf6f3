// What a run of virtual validators came to so far, as an outsider sees it: the last final block of each, proofs of guilt and
// who holds them, halts, and what the oracles have against it.

import type { Evidence, Halt } from "../../consensus/index.ts";
import { equalBytes, type Hash } from "../../crypto/index.ts";
import type { Victim } from "../faults/index.ts";
import {
  createOracles,
  type Guilt,
  type Observation,
  type Oracles,
  type Premises,
} from "../sim/index.ts";

/** Of each oracle; the first ones tell. */
const MAX_VIOLATIONS = 8;

export type Final = Extract<Observation, { readonly type: "final" }>["final"];

export type LastFinal = {
  readonly height: number;
  readonly hash: Hash;
  readonly stateRoot: Hash;
};

export type HeldEvidence = { readonly evidence: Evidence; readonly heldBy: Set<Victim> };

/** `by`: in whose doings it showed; undefined at the end of the run. */
export type Violation = { readonly by: Victim | undefined; readonly what: string };

export type Divergence = { readonly between: readonly [Victim, Victim]; readonly what: string };

export class Chronicle {
  /** By validator. */
  readonly lastFinals = new Map<Victim, LastFinal>();
  readonly views = new Map<Victim, number>();
  readonly halts = new Map<Victim, Halt>();
  /** Why it is not running, in the words of its own end. */
  readonly lastEnds = new Map<Victim, string>();
  /** By offender, the first pair that an honest validator found. */
  readonly evidence = new Map<Victim, HeldEvidence>();
  readonly violations = new Map<string, Violation[]>();
  /** Where honest validators call different blocks final, however many lie. */
  fork: string | undefined;
  /** Where they have different states after one and the same block; the first place for each two of them. */
  readonly divergences = new Map<string, Divergence>();
  /** The highest that an honest validator has final, and when it came. */
  height = 0;
  heightAtMs = 0;
  /** Transactions that blocks up to that height carried out. */
  transactions = 0;
  /** The same of everybody, liars too: what is left where nobody is honest. */
  readonly claimed = { height: 0, transactions: 0 };
  /** The most views that honest validators went through between two blocks. */
  longestGap = 0;
  readonly #premises: Premises;
  readonly #oracles: Oracles;
  readonly #byHeight = new Map<number, LastFinal & { readonly by: Victim }>();
  #highestView = 0;
  #viewAtLastBlock = 0;
  #observed: Victim | undefined;

  constructor(premises: Premises) {
    this.#premises = premises;
    this.#oracles = createOracles(premises, (oracle, what) => this.#violate(oracle, what));
  }

  get highestView(): number {
    return this.#highestView;
  }

  /** Proven by signed messages alone, whoever has seen them. */
  get guilty(): ReadonlyMap<Victim, Guilt> {
    return this.#oracles.culprits();
  }

  readonly sample: Oracles["sample"] = (sample) => this.#oracles.sample(sample);

  healed(atMs: number): void {
    this.#oracles.healed(atMs, this.#highestView);
  }

  /** After the last observation, once. */
  conclude(): void {
    // Whatever was violated, the run went on.
    this.#oracles.conclude(true);
  }

  observe(seen: Observation): void {
    if (seen.by < 0) return;
    this.#observed = seen.by;
    this.#take(seen);
    this.#observed = undefined;
  }

  #take(seen: Observation): void {
    const isHonest = this.#premises.isHonest(seen.by);
    // What a liar's replica signs may never leave it: nobody is convicted by what nobody heard.
    if (isHonest || seen.type !== "signed") this.#oracles.observe(seen);
    switch (seen.type) {
      case "final":
        return this.#finalized(seen.by, seen.final, seen.atMs, isHonest);
      case "view":
        this.views.set(seen.by, seen.view);
        if (isHonest) this.#highestView = Math.max(this.#highestView, seen.view);
        return;
      case "evidence":
        if (isHonest) this.#found(seen.by, seen.evidence);
        return;
      case "halted":
        this.halts.set(seen.by, seen.halt);
        return;
      case "crashed":
      case "refused-to-start":
        this.lastEnds.set(seen.by, seen.why);
        return;
      case "threw":
        if (isHonest) this.#violate("no-crash", `v${seen.by} threw: ${seen.why}`);
        return;
    }
  }

  #finalized(by: Victim, final: Final, atMs: number, isHonest: boolean): void {
    const { hash, stateRoot, receipts } = final;
    const { height } = final.block;
    const transactions = receipts.filter(({ result }) => result !== "skipped").length;
    this.lastFinals.set(by, { height, hash, stateRoot });
    if (height > this.claimed.height) {
      this.claimed.height = height;
      this.claimed.transactions += transactions;
    }
    if (!isHonest) return;
    const earlier = this.#byHeight.get(height);
    if (earlier === undefined) this.#byHeight.set(height, { height, hash, stateRoot, by });
    else if (!equalBytes(earlier.hash, hash)) {
      this.fork ??= `at height ${height}, v${earlier.by} and v${by} have different blocks final`;
    } else if (!equalBytes(earlier.stateRoot, stateRoot)) {
      this.#diverged([earlier.by, by], height);
    }
    if (height <= this.height) return;
    this.height = height;
    this.heightAtMs = atMs;
    this.transactions += transactions;
    this.longestGap = Math.max(this.longestGap, this.#highestView - this.#viewAtLastBlock);
    this.#viewAtLastBlock = this.#highestView;
  }

  #diverged(between: Divergence["between"], height: number): void {
    const names = between.map((each) => `v${each}`).join(" and ");
    if (this.divergences.has(names)) return;
    const where = `after the block of height ${height}, and the blocks are the same`;
    this.divergences.set(names, { between, what: `${names} have different states ${where}` });
  }

  #found(by: Victim, evidence: Evidence): void {
    const known = this.evidence.get(evidence.offender);
    if (known === undefined) {
      this.evidence.set(evidence.offender, { evidence, heldBy: new Set([by]) });
    } else known.heldBy.add(by);
  }

  #violate(oracle: string, what: string): void {
    const known = this.violations.get(oracle) ?? [];
    if (known.length < MAX_VIOLATIONS) known.push({ by: this.#observed, what });
    this.violations.set(oracle, known);
  }
}
