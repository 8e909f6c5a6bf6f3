// Cutting a failing run down, and keeping it as a file.

import { describe, expect, test } from "vitest";
import {
  drawPlan,
  type Outcome,
  type Plan,
  planIn,
  recordingOf,
  runPlan,
  shrink,
} from "../../devnet/sim/index.ts";

/** A run that "fails" where the plan has all of these. */
function failingWith(...needed: readonly ((plan: Plan) => boolean)[]) {
  return (plan: Plan): Outcome => ({
    plan,
    violations: needed.every((has) => has(plan)) ? [{ oracle: "agreement", what: "a fork" }] : [],
    views: 1,
    height: 1,
    events: 1,
    virtualMs: 1,
    traceHash: "0x",
    culprits: [],
    lines: [],
  });
}

const lies = (name: string) => (plan: Plan) =>
  plan.liars.some((liar) => liar.behaviours.includes(name));
const cuts = (plan: Plan) => plan.timeline.some(({ type }) => type === "partition");

const failing: Plan = {
  ...drawPlan(3, { validators: 7, liars: 2 }),
  mood: { minDelayMs: 1, maxDelayMs: 60, loss: 0.2, duplication: 0.2 },
  liars: [
    { validator: 0, twin: true, behaviours: ["silent", "double-voter", "flooder"] },
    { validator: 5, twin: false, behaviours: ["replayer"] },
  ],
  timeline: [
    { type: "crash", atMs: 10, node: 1, downMs: 50 },
    { type: "partition", atMs: 20, forMs: 100, groups: [[0], [1, 2]] },
    { type: "slow", atMs: 30, forMs: 100, node: 2, extraMs: 20 },
  ],
  stressMs: 2_000,
};

describe("a failing run", () => {
  test("is cut down to the behaviour and the fault that it takes", () => {
    const run = failingWith(lies("double-voter"), cuts);
    const { outcome } = shrink(run(failing), { maxRuns: 300, run });
    expect(outcome.plan.liars).toEqual([
      { validator: 0, twin: false, behaviours: ["double-voter"] },
    ]);
    expect(outcome.plan.timeline.map(({ type }) => type)).toEqual(["partition"]);
    expect(outcome.plan.mood).toEqual({ minDelayMs: 1, maxDelayMs: 1, loss: 0, duplication: 0 });
    expect(outcome.plan.load.count).toBe(0);
    expect(outcome.plan.stressMs).toBeLessThan(100);
  });

  test("stays as it is when every part is needed, within the runs that it was given", () => {
    let runs = 0;
    const run = (plan: Plan) => {
      runs += 1;
      return failingWith((each) => each === failing)(plan);
    };
    const { outcome } = shrink(run(failing), { maxRuns: 15, run });
    expect(outcome.plan).toBe(failing);
    expect(runs).toBe(16);
  });

  test("is not explained by a run that fails at another oracle", () => {
    const first = failingWith(() => true)(failing);
    const run = (plan: Plan): Outcome => {
      return { ...first, plan, violations: [{ oracle: "liveness", what: "stuck" }] };
    };
    expect(shrink(first, { maxRuns: 20, run }).outcome).toBe(first);
  });
});

describe("a recording", () => {
  test("replays the very same run", () => {
    const outcome = runPlan(drawPlan(11), { keepEvents: 50 });
    const parsed = planIn(JSON.stringify(recordingOf(outcome)));
    if (!parsed.ok) throw new Error(parsed.what);
    expect(runPlan(parsed.plan).traceHash).toBe(outcome.traceHash);
    expect(recordingOf(outcome).events).toHaveLength(50);
  });

  test("may be the bare plan", () => {
    expect(planIn(JSON.stringify(drawPlan(11)))).toEqual({ ok: true, plan: drawPlan(11) });
  });

  test.each([
    ["", "no JSON"],
    ["[1", "no JSON"],
    ["null", ""],
    ['{"plan":{"version":2}}', "version"],
    [JSON.stringify({ ...drawPlan(1), surprise: 1 }), "surprise"],
    [JSON.stringify({ ...drawPlan(1), validators: 1_000 }), "validators"],
    [JSON.stringify({ ...drawPlan(1), timeline: [{ type: "flood" }] }), "timeline"],
  ])("%s is refused", (text, where) => {
    const parsed = planIn(text);
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).toContain(where);
  });
});
