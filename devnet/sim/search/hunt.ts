// What every search gives back, and how a finding is told.

import type { LeaderChoice, RuleSet } from "../../../consensus/index.ts";

/** Which rules the engines under attack run. */
export type Quarry = { readonly rules?: RuleSet; readonly leaders?: LeaderChoice };

/** How long a search goes on: so many scenarios, or until its caller says stop. Asked before each scenario. */
export type Budget =
  | { readonly scenarios: number; readonly until?: never }
  | { readonly until: () => boolean; readonly scenarios?: never };

export type Finding = {
  /** Which check failed: "agreement", "double-sign", "liveness", ... */
  readonly oracle: string;
  readonly what: string;
  /** All that is needed to run it again. */
  readonly replay: string;
};

export type HuntReport = {
  readonly scenarios: number;
  /** Views that the furthest node went through, over all scenarios. */
  readonly views: number;
  /** Events that engines were given. */
  readonly events: number;
  /** With more than f liars: scenarios in which agreement broke, and the culprits were proven. */
  readonly forks?: number;
  readonly finding?: Finding;
};

export type Replay = {
  readonly trace: readonly string[];
  readonly finding?: { readonly oracle: string; readonly what: string };
};

export function isOver(budget: Budget, scenarios: number): boolean {
  if (budget.scenarios !== undefined) return scenarios >= budget.scenarios;
  return budget.until();
}
