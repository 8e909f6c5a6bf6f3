// Single simulations, driven by hand: what a calm network does, and how one fault at a time is borne.

import { describe, expect, test } from "vitest";
import { CALM, randomStream, Simulation, type SimulationOptions } from "../../devnet/sim/index.ts";
import { scheduleLoad } from "../../devnet/sim/load.ts";
import { createOracles } from "../../devnet/sim/oracles/index.ts";
import { premisesOf } from "../../devnet/sim/premises.ts";
import { seedsOfTheDay } from "./seeds.ts";

const seeds = seedsOfTheDay(25);
const ROUGH = { minDelayMs: 1, maxDelayMs: 80, loss: 0.05, duplication: 0.05 };
const QUIET = { repeated: 0, doubleSpent: 0, otherCalls: 0 };

/** A started simulation without liars, watched by every oracle. */
function honest(options: SimulationOptions) {
  const simulation = new Simulation(options);
  const violations: string[] = [];
  const premises = premisesOf(simulation, {
    ...{ liars: [], timeline: [], validators: 4 },
    ...{ rules: "commit-votes", leaders: "round-robin" },
  });
  const oracles = createOracles(premises, (oracle, what) => violations.push(`${oracle}: ${what}`));
  let gaveUp = 0;
  simulation.watch((seen) => {
    oracles.observe(seen);
    if (seen.type === "gave-up") gaveUp += 1;
    if (seen.type === "threw") violations.push(seen.why);
  });
  simulation.start();
  return { simulation, violations, gaveUp: () => gaveUp };
}

describe("four simulated validators", () => {
  test("commit heartbeats when nothing happens", () => {
    const { simulation, violations } = honest({ seed: 1 });
    expect(simulation.runUntil(() => simulation.lowestHeight() >= 10, 10_000)).toBe(true);
    expect(violations).toEqual([]);
  });

  test("give no view up on an idle chain, nor after a transfer on it", () => {
    const { simulation, gaveUp } = honest({ seed: 1 });
    scheduleLoad(simulation, { count: 5, everyMs: 900, ...QUIET });
    simulation.run(10_000);
    expect(simulation.nodes[0]?.appliedTransactions).toBe(5);
    expect(gaveUp()).toBe(0);
  });

  test("finalize a transfer within four message delays of a calm network", () => {
    const mood = { ...CALM, minDelayMs: 10, maxDelayMs: 10 };
    const { simulation } = honest({ seed: 1, mood });
    simulation.runUntil(() => simulation.lowestHeight() >= 3, 10_000);
    // Right after a block, so that the wait of a heartbeat cannot be what makes it final.
    const submittedMs = simulation.agenda.now;
    const transaction = simulation.transfer(0, 1, 5n);
    simulation.nodes[0]?.submit([transaction]);
    const isFinal = () => simulation.nodes[0]?.appliedTransactions === 1;
    expect(simulation.runUntil(isFinal, 1_000)).toBe(true);
    // Gossip to the leader, proposal, vote, commit vote: and a flush of at most 1 ms before each of the three.
    expect(simulation.agenda.now - submittedMs).toBeLessThanOrEqual(4 * 10 + 3);
  });

  test.each(seeds)("agree and go on under delay, loss and duplication (seed %i)", (seed) => {
    const { simulation, violations } = honest({ seed, mood: ROUGH });
    scheduleLoad(simulation, { count: 60, everyMs: 20, ...QUIET });
    simulation.run(3_000);
    simulation.network.mood = CALM;
    const height = simulation.highestHeight();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height, 10_000)).toBe(true);
    const isDone = () => simulation.nodes[0]?.appliedTransactions === 60;
    expect(simulation.runUntil(isDone, 10_000)).toBe(true);
    expect(violations).toEqual([]);
  });

  test.each(seeds)("survive a crash at any moment and catch up (seed %i)", (seed) => {
    const { simulation, violations } = honest({ seed, mood: { ...ROUGH, loss: 0.01 } });
    scheduleLoad(simulation, { count: 80, everyMs: 25, ...QUIET });
    const random = randomStream(seed, "faults");
    const victim = simulation.nodes[random.between(0, 3)];
    const others = [0, 1, 2, 3].filter((node) => node !== victim?.node);
    const atMs = random.between(50, 900);
    simulation.agenda.after(atMs, () => victim?.restartAfter(1_500 - atMs));
    simulation.run(1_400);
    expect(simulation.lowestHeight(others)).toBeGreaterThan(0);
    simulation.run(600);
    simulation.network.mood = CALM;
    const height = simulation.highestHeight();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height, 20_000)).toBe(true);
    expect(violations).toEqual([]);
  });

  test.each(seeds)("all lose power at once and lose nothing that was final (seed %i)", (seed) => {
    const { simulation, violations } = honest({ seed });
    scheduleLoad(simulation, { count: 50, everyMs: 10, ...QUIET });
    simulation.run(randomStream(seed, "faults").between(20, 500));
    const height = simulation.highestHeight();
    for (const node of simulation.nodes) node.crash();
    for (const node of simulation.nodes) node.start();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height + 3, 20_000)).toBe(true);
    expect(violations).toEqual([]);
  });

  test.each(seeds)("stop in a 2/2 partition and go on when it heals (seed %i)", (seed) => {
    const { simulation, violations } = honest({ seed, mood: { ...CALM, maxDelayMs: 20 } });
    scheduleLoad(simulation, { count: 40, everyMs: 50, ...QUIET });
    simulation.run(500);
    simulation.network.partition([
      [0, 1],
      [2, 3],
    ]);
    // What was under way may still complete on one side.
    simulation.run(100);
    const height = simulation.highestHeight();
    simulation.run(2_000);
    expect(simulation.highestHeight()).toBe(height);
    simulation.network.heal();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height + 2, 20_000)).toBe(true);
    expect(violations).toEqual([]);
  });

  test.each(seeds)("go on without one of them (seed %i)", (seed) => {
    const { simulation, violations } = honest({ seed, mood: { ...CALM, maxDelayMs: 20 } });
    const dead = seed % 4;
    simulation.nodes[dead]?.crash();
    scheduleLoad(simulation, { count: 40, everyMs: 20, ...QUIET });
    const alive = simulation.nodes.filter(({ node }) => node !== dead);
    const height = () => simulation.lowestHeight(alive.map(({ node }) => node));
    expect(simulation.runUntil(() => height() > 20, 20_000)).toBe(true);
    const isDone = () => alive.every(({ replica }) => replica?.status.pool.count === 0);
    expect(simulation.runUntil(isDone, 20_000)).toBe(true);
    expect(violations).toEqual([]);
  });
});
