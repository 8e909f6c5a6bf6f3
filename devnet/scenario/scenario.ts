// What a scenario says: a chain, a load, what happens when, and what must hold. The same one runs on virtual time and on
// real processes.

import type { FaultCommand } from "../faults/index.ts";

export type Moment = {
  readonly atMs: number;
  readonly command: FaultCommand;
  /** Undone after so long: the opposite of the command, or `heal` for the same validators. */
  readonly forMs?: number;
};

export type Expectations = {
  /** "may-break": more than f may be at fault, and two honest validators may disagree. */
  readonly safety: "holds" | "may-break";
  /** "none": nothing is promised, not even after a heal; for more than f at fault. */
  readonly progress: "always" | "after-heal" | "none";
  /** Each of these must be proven guilty, by two messages it signed. */
  readonly culprits: readonly number[];
  /** Nobody else may be. False only where the scenario cannot say who. */
  readonly noOtherCulprits: boolean;
  /** These end by a safety halt (exit code 7). */
  readonly halted: readonly number[];
};

export type RandomMix = {
  /** Drawn from the seed: this many commands of these verbs, between the start and `untilMs`. */
  readonly commands: number;
  readonly verbs: readonly FaultCommand["verb"][];
  readonly untilMs: number;
};

export type Scenario = {
  readonly name: string;
  /** A paragraph for people: who does what, and why the chain survives it. */
  readonly story: string;
  readonly validators: number;
  /** The seed, unless the command line names another. */
  readonly seed: number;
  readonly baseTimeoutMs: number;
  readonly leaders: "round-robin" | "reputation";
  /** Transfers among ten accounts; 0 for none. */
  readonly load: { readonly perSecond: number };
  readonly timeline: readonly Moment[];
  readonly random: RandomMix | undefined;
  /** How long, before the last heal and the finish. */
  readonly durationMs: number;
  readonly expect: Expectations;
};
