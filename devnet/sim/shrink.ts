// Cuts a failing plan down to what still fails: first the liars and their behaviours, then the faults by halves, then
// the moods and the load. Every concern has a random stream of its own, so that cutting one leaves the others alone.

import { type Plan, unreliable } from "./plan.ts";
import { type Outcome, runPlan } from "./run.ts";

export type ShrinkOptions = {
  /** At most so many runs. */
  readonly maxRuns: number;
  /** `runPlan` unless given. */
  readonly run?: (plan: Plan) => Outcome;
  readonly onRun?: (run: { readonly runs: number; readonly size: number }) => void;
};

export type Shrunk = { readonly outcome: Outcome; readonly runs: number };

type Candidate = (plan: Plan) => Plan | undefined;

export function shrink(failing: Outcome, { maxRuns, onRun, run = runPlan }: ShrinkOptions): Shrunk {
  let best = failing;
  let runs = 0;
  const oracle = failing.violations[0]?.oracle;
  const stillFails = (plan: Plan): Outcome | undefined => {
    if (runs >= maxRuns || sizeOf(plan) >= sizeOf(best.plan)) return undefined;
    // A scenario that the protocol is not made for would fail for another reason.
    if (isWithinBounds(best.plan) !== isWithinBounds(plan)) return undefined;
    runs += 1;
    onRun?.({ runs, size: sizeOf(best.plan) });
    const outcome = run(plan);
    return outcome.violations[0]?.oracle === oracle ? outcome : undefined;
  };
  for (let isSmaller = true; isSmaller && runs < maxRuns; ) {
    isSmaller = false;
    for (const candidate of candidatesOf(best.plan)) {
      const plan = candidate(best.plan);
      const outcome = plan === undefined ? undefined : stillFails(plan);
      if (outcome === undefined) continue;
      best = outcome;
      isSmaller = true;
    }
  }
  return { outcome: best, runs };
}

/** What there is to understand in a plan. */
export function sizeOf({ liars, timeline, mood, load, stressMs, maxFlushMs }: Plan): number {
  const behaviours = liars.reduce((sum, liar) => sum + 2 + liar.behaviours.length, 0);
  const twins = liars.filter(({ twin }) => twin).length;
  const moods = Object.values(mood).filter((value) => value > 0).length + (maxFlushMs > 0 ? 1 : 0);
  const chances = [load.repeated, load.doubleSpent, load.otherCalls].filter((each) => each > 0);
  const length = stressMs / 1_000 + load.count / 100 + (mood.maxDelayMs - mood.minDelayMs) / 1_000;
  return 4 * (behaviours + twins) + 4 * timeline.length + moods + chances.length + length;
}

function isWithinBounds(plan: Plan): boolean {
  return unreliable(plan).size <= Math.floor((plan.validators - 1) / 3);
}

/** In this order: what explains most goes first. They look at the plan as it is by then. */
function candidatesOf({ liars, timeline }: Plan): readonly Candidate[] {
  const cuts: Candidate[] = [];
  for (const at of liars.keys()) {
    cuts.push((plan) => ({ ...plan, liars: plan.liars.filter((_, other) => other !== at) }));
    cuts.push((plan) => withLiar(plan, at, (liar) => ({ ...liar, twin: false })));
    for (const behaviour of liars[at]?.behaviours ?? []) {
      cuts.push((plan) =>
        withLiar(plan, at, (liar) => {
          return { ...liar, behaviours: liar.behaviours.filter((name) => name !== behaviour) };
        }),
      );
    }
  }
  for (let part = timeline.length; part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let from = 0; from < timeline.length; from += part) {
      const dropped = new Set(timeline.slice(from, from + part));
      cuts.push((plan) => {
        return { ...plan, timeline: plan.timeline.filter((fault) => !dropped.has(fault)) };
      });
    }
  }
  const calmer = (change: Partial<Plan["mood"]>): Candidate => {
    return (plan) => ({ ...plan, mood: { ...plan.mood, ...change } });
  };
  cuts.push(calmer({ loss: 0 }), calmer({ duplication: 0 }));
  cuts.push((plan) => calmer({ maxDelayMs: plan.mood.minDelayMs })(plan));
  cuts.push((plan) => ({ ...plan, maxFlushMs: 0 }));
  cuts.push((plan) => ({ ...plan, load: { ...plan.load, repeated: 0 } }));
  cuts.push((plan) => ({ ...plan, load: { ...plan.load, doubleSpent: 0 } }));
  cuts.push((plan) => ({ ...plan, load: { ...plan.load, otherCalls: 0 } }));
  cuts.push((plan) => ({ ...plan, load: { ...plan.load, count: 0 } }));
  cuts.push((plan) => ({ ...plan, load: { ...plan.load, count: plan.load.count >> 1 } }));
  cuts.push((plan) => ({ ...plan, stressMs: plan.stressMs >> 1 }));
  cuts.push((plan) => ({ ...plan, stressMs: Math.floor(plan.stressMs * 0.8) }));
  return cuts;
}

function withLiar(
  plan: Plan,
  at: number,
  change: (liar: Plan["liars"][number]) => Plan["liars"][number],
): Plan {
  return { ...plan, liars: plan.liars.map((liar, other) => (other === at ? change(liar) : liar)) };
}
