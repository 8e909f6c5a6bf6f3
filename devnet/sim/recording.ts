// A failing run as a file: the plan that replays it, what went wrong, and its events one by one for people to read.

import { type ParsedPlan, parsePlan } from "./plan.ts";
import type { Outcome } from "./run.ts";

export type Recording = {
  readonly type: "recording";
  readonly violations: Outcome["violations"];
  readonly culprits: Outcome["culprits"];
  readonly traceHash: string;
  readonly plan: Outcome["plan"];
  /** The newest events, oldest first: virtual milliseconds, who, what. */
  readonly events: readonly string[];
};

/** Long enough for what led to most failures. */
export const RECORDED_EVENTS = 20_000;

export function recordingOf(outcome: Outcome): Recording {
  const { violations, culprits, traceHash, plan, lines } = outcome;
  return { type: "recording", violations, culprits, traceHash, plan, events: lines };
}

/** The plan in a recording, or a bare plan. */
export function planIn(text: string): ParsedPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, path: "", what: `no JSON: ${(error as Error).message}` };
  }
  const recorded = (json as { readonly plan?: unknown } | null)?.plan;
  return parsePlan(recorded ?? json);
}
