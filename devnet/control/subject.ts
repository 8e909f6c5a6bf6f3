// What the control needs of a devnet: to have commands obeyed, and to say how things are.

import type { FaultTarget } from "../faults/index.ts";
import type { Verdict } from "../verdict/index.ts";

export type ValidatorState = {
  readonly validator: number;
  readonly pid: number | undefined;
  readonly state: "running" | "paused" | "down" | "halted";
};

/** A fault that is in force. */
export type InForce = {
  /** As one would type it: "lie 3 equivocate". */
  readonly text: string;
  /** Since the devnet was ready. */
  readonly atMs: number;
};

export type Overview = {
  readonly declared: readonly InForce[];
  readonly validators: readonly ValidatorState[];
};

export type Subject = FaultTarget & {
  /** Words that follow `lie N`. */
  readonly ways: readonly string[];
  overview(): Overview;
  /** Of the run so far; it may take a look at the chain first. */
  verdict(): Verdict | Promise<Verdict>;
};
