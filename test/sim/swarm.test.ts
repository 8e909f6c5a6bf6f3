// The swarm: each seed draws a mix of liars, faults and moods. A slice of it runs here, other seeds every day; what the
// campaign found stands below with its seed.

import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { attack } from "../../devnet/sim/attack.ts";
import { drawPlan, type Plan, runPlan } from "../../devnet/sim/index.ts";
import { drawPowerCuts } from "../../devnet/sim/power-cuts.ts";
import { seedsOfTheDay } from "./seeds.ts";

const seeds = seedsOfTheDay(160);

const CALM_PLAN: Plan = {
  version: 1,
  seed: 1,
  validators: 4,
  signatures: "stand-in",
  rules: "commit-votes",
  leaders: "round-robin",
  baseTimeoutMs: 100,
  heartbeatMs: 100,
  maxFlushMs: 1,
  mood: { minDelayMs: 1, maxDelayMs: 5, loss: 0, duplication: 0 },
  load: { count: 10, everyMs: 20, repeated: 0, doubleSpent: 0, otherCalls: 0 },
  liars: [],
  timeline: [],
  stressMs: 300,
};

describe("a swarm of liars and faults", () => {
  test.each(seeds)("leaves the honest ones safe and alive (seed %i)", (seed) => {
    expect(attack(seed).failure).toBeUndefined();
  });

  test.each(seeds.slice(0, 10))("of f+1 colluding liars is convicted (seed %i)", (seed) => {
    const outcome = runPlan(drawPlan(seed, { liars: 2, validators: 4, faults: [] }));
    expect(outcome.violations).toEqual([]);
  });

  test.each(seeds.slice(0, 3))("is borne with real Ed25519, too (seed %i)", (seed) => {
    expect(runPlan(drawPlan(seed, { signatures: "ed25519" })).violations).toEqual([]);
  });

  test("is drawn from its seed alone", () => {
    expect(drawPlan(7)).toEqual(drawPlan(7));
    expect(drawPlan(7)).not.toEqual(drawPlan(8));
  });
});

describe("a run", () => {
  test("is the same every time, and another with another seed", () => {
    const { traceHash } = runPlan(drawPlan(7));
    expect(runPlan(drawPlan(7)).traceHash).toBe(traceHash);
    expect(runPlan({ ...drawPlan(7), seed: 8 }).traceHash).not.toBe(traceHash);
  });

  test("is the same in another process", () => {
    const main = resolve(import.meta.dirname, "../../dist/devnet/main.js");
    const printed = execFileSync(process.execPath, [main, "sim", "swarm", "--seed", "7", "--json"]);
    const first = JSON.parse(`${printed}`.split("\n")[0] ?? "");
    expect(first).toMatchObject({
      type: "run",
      seed: 7,
      traceHash: runPlan(drawPlan(7)).traceHash,
    });
  });
});

describe("a power cut", () => {
  test.each(seeds.slice(0, 60))("of each validator in turn is survived (seed %i)", (seed) => {
    expect(runPlan(drawPowerCuts(seed, {})).violations).toEqual([]);
  });

  // Every write, sync, rename and truncation of a validator's first 120.
  test.each(Array.from({ length: 12 }, (_, tens) => tens * 10))(
    "at each of ten persistence points from the %ith on is survived",
    (from) => {
      for (let operation = from + 1; operation <= from + 10; operation++) {
        const cut = { type: "power-cut", atMs: 0, node: operation % 4, operation } as const;
        const { violations } = runPlan({ ...CALM_PLAN, timeline: [cut] });
        expect(violations, `operation ${operation}`).toEqual([]);
      }
    },
  );
});

describe("what the campaign found stays mended", () => {
  test("a proposal that was final before the restart is not repeated (seeds 121, 344, 441)", () => {
    for (const seed of [121, 344, 441]) {
      const outcome = runPlan({
        ...CALM_PLAN,
        seed,
        mood: { minDelayMs: 0, maxDelayMs: 150, loss: 0, duplication: 0 },
        load: { ...CALM_PLAN.load, count: 0 },
        timeline: [{ type: "crash", atMs: 320, node: 1, downMs: 50 }],
        stressMs: 920,
      });
      expect(outcome.violations, `seed ${seed}`).toEqual([]);
    }
  });

  test("a validator that stored blocks before it ever signed starts again (seed 376)", () => {
    const { violations, lines } = runPlan(
      {
        ...CALM_PLAN,
        seed: 376,
        rules: "two-chain",
        mood: { minDelayMs: 1, maxDelayMs: 80, loss: 0.25, duplication: 0 },
        timeline: [0, 1, 2, 3].map((node) => {
          return { type: "crash", atMs: 100 + 40 * node, node, downMs: 100 } as const;
        }),
        stressMs: 900,
      },
      { keepEvents: 10_000 },
    );
    expect(violations).toEqual([]);
    expect(lines.filter((line) => line.includes("refused to start"))).toEqual([]);
  });

  test("no block becomes final with a time before its parent's (seed 3004190)", () => {
    const { violations } = runPlan({
      ...CALM_PLAN,
      seed: 3004190,
      leaders: "reputation",
      baseTimeoutMs: 200,
      heartbeatMs: 20,
      mood: { minDelayMs: 20, maxDelayMs: 80, loss: 0.05, duplication: 0 },
      load: { count: 10, everyMs: 5, repeated: 0, doubleSpent: 0.3, otherCalls: 0 },
      liars: [
        { validator: 1, twin: true, behaviours: ["colluder", "diverging-execution"] },
        { validator: 0, twin: true, behaviours: ["colluder", "flooder"] },
      ],
      timeline: [
        {
          type: "partition",
          atMs: 0,
          forMs: 2934,
          groups: [
            [0, 1],
            [2, 3, 4, 5],
          ],
        },
        { type: "clock-step", atMs: 11, forMs: 95, node: 3, byMs: -3_600_000 },
        { type: "power-cut", atMs: 863, node: 2, operation: 3 },
      ],
      stressMs: 2347,
    });
    expect(violations).toEqual([]);
  });

  test("a chain whose clocks were an hour ahead goes on when they are set right (seed 7008508)", () => {
    const ahead = { type: "clock-step", byMs: 3_600_000 } as const;
    const { violations } = runPlan({
      ...CALM_PLAN,
      seed: 7008508,
      timeline: [0, 1, 2, 3].map((node) => ({ ...ahead, atMs: 200 + node, forMs: 300, node })),
      stressMs: 900,
    });
    expect(violations).toEqual([]);
  });

  test("no vote is repeated for a block that the power cut took (power-cuts, seed 195)", () => {
    const { violations } = runPlan({
      ...CALM_PLAN,
      seed: 195,
      baseTimeoutMs: 400,
      heartbeatMs: 20,
      maxFlushMs: 5,
      load: { count: 5, everyMs: 20, repeated: 0, doubleSpent: 0, otherCalls: 0 },
      timeline: [
        { type: "power-cut", atMs: 38, node: 0, operation: 2 },
        { type: "power-cut", atMs: 150, node: 1, operation: 5 },
        { type: "power-cut", atMs: 205, node: 2, operation: 3 },
        { type: "power-cut", atMs: 338, node: 3, operation: 3 },
      ],
      stressMs: 480,
    });
    expect(violations).toEqual([]);
  });

  test("colluders do not echo each other for ever (seed 7002803)", () => {
    const { violations } = runPlan({
      ...CALM_PLAN,
      seed: 7002803,
      validators: 7,
      rules: "two-chain",
      leaders: "reputation",
      mood: { minDelayMs: 1, maxDelayMs: 151, loss: 0, duplication: 0 },
      load: { ...CALM_PLAN.load, count: 0 },
      liars: [
        { validator: 6, twin: true, behaviours: ["colluder"] },
        { validator: 4, twin: true, behaviours: ["colluder", "flooder"] },
        { validator: 1, twin: false, behaviours: ["colluder"] },
      ],
      stressMs: 922,
    });
    expect(violations).toEqual([]);
  });

  test("a clock that stands still or jumps an hour back stops no leader", () => {
    for (const fault of [
      { type: "clock-step", byMs: -3_600_000 } as const,
      { type: "clock-freeze" } as const,
    ]) {
      const timeline = [{ ...fault, atMs: 100, forMs: 800, node: 1 }];
      const { lines } = runPlan({ ...CALM_PLAN, timeline, stressMs: 900 }, { keepEvents: 10_000 });
      expect(lines.filter((line) => line.includes("gave up view"))).toEqual([]);
    }
  });
});
