// Disks lost at random moments under load: who comes back with its key and nothing else never contradicts what it signed.

import { describe, expect, test } from "vitest";
import { runPlan } from "../../devnet/sim/run.ts";
import { Simulation } from "../../devnet/sim/simulation.ts";
import { drawPlan } from "../../devnet/sim/swarm.ts";
import { seedsOfTheDay } from "./seeds.ts";

describe("a validator that lost its disk", () => {
  test.each(seedsOfTheDay(12))("never signs twice, and the chain goes on (seed %i)", (seed) => {
    const drawn = drawPlan(seed, { faults: ["lost-disk"], liars: 0 });
    const node = seed % drawn.validators;
    // At least one, at a moment of the seed.
    const lost = {
      type: "lost-disk",
      atMs: (seed * 37) % drawn.stressMs,
      node,
      downMs: 1,
    } as const;
    const outcome = runPlan(drawn.timeline.length > 0 ? drawn : { ...drawn, timeline: [lost] });
    expect(outcome.violations).toEqual([]);
  });

  test.each([1, 2, 3])("is silent for a few views, and signs again (seed %i)", (seed) => {
    const simulation = new Simulation({ seed });
    simulation.start();
    const victim = simulation.nodes[seed % 4];
    if (victim === undefined) throw new Error("there is no such validator");
    simulation.run(3_000);
    const viewBefore = Number(victim.replica?.status.view);
    const signedIn: number[] = [];
    victim.crash("disk lost");
    victim.disk.wipe();
    simulation.watch((seen) => {
      if (seen.type !== "signed" || seen.by !== victim.node) return;
      const { message } = seen;
      if ("content" in message) signedIn.push(message.content.view);
    });
    victim.start();
    simulation.run(6_000);
    expect(signedIn.length).toBeGreaterThan(0);
    expect(Math.min(...signedIn)).toBeGreaterThan(viewBefore);
    expect(Math.min(...signedIn)).toBeLessThan(viewBefore + 6);
    expect(simulation.lowestHeight()).toBeGreaterThan(10);
  });
});
