import { describe, expect, test } from "vitest";
import { CALM, randomStream, Simulation } from "../../devnet/sim/index.ts";

/** CI varies the seed with the day; a failing run names it and is replayed by setting it. */
const seedOfTheDay = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));
const seeds = Array.from({ length: 25 }, (_, at) => seedOfTheDay * 1_000 + at);

const ROUGH = { minDelayMs: 1, maxDelayMs: 80, loss: 0.05, duplication: 0.05 };

/** One transfer every so often from a random account, given to a random validator. */
function load(simulation: Simulation, options: { seed: number; count: number; everyMs: number }) {
  const random = randomStream(options.seed, "load");
  for (let at = 0; at < options.count; at++) {
    simulation.agenda.after(at * options.everyMs, () => {
      const from = random.between(0, simulation.accounts.length - 1);
      const to = random.between(0, simulation.accounts.length - 1);
      const transaction = simulation.transfer(from, to, BigInt(random.between(1, 50)));
      // To two validators, so that one that is down does not swallow it.
      const first = random.between(0, simulation.validators.length - 1);
      simulation.validators[first]?.submit([transaction]);
      simulation.validators[(first + 1) % simulation.validators.length]?.submit([transaction]);
    });
  }
}

describe("four simulated validators", () => {
  test("commit heartbeats when nothing happens", () => {
    const simulation = new Simulation({ seed: 1 });
    expect(simulation.runUntil(() => simulation.lowestHeight() >= 10, 10_000)).toBe(true);
    simulation.checkAgreement();
  });

  test("give no view up on an idle chain, nor after a transfer on it", () => {
    const simulation = new Simulation({ seed: 1 });
    load(simulation, { seed: 1, count: 5, everyMs: 900 });
    simulation.run(10_000);
    expect(simulation.finalTransactions(0)).toBe(5);
    expect(simulation.timeouts()).toBe(0);
  });

  test("finalize a transfer within four message delays of a calm network", () => {
    const mood = { ...CALM, minDelayMs: 10, maxDelayMs: 10 };
    const simulation = new Simulation({ seed: 1, mood });
    simulation.runUntil(() => simulation.lowestHeight() >= 3, 10_000);
    // Right after a block, so that the wait of a heartbeat cannot be what makes it final.
    const submittedMs = simulation.agenda.now;
    const transaction = simulation.transfer(0, 1, 5n);
    simulation.validators[0]?.submit([transaction]);
    const isFinal = () => simulation.finalTransactions(0) === 1;
    expect(simulation.runUntil(isFinal, 1_000)).toBe(true);
    // Gossip to the leader, proposal, vote, commit vote: and a flush of at most 1 ms before each of the three.
    expect(simulation.agenda.now - submittedMs).toBeLessThanOrEqual(4 * 10 + 3);
  });

  test.each(seeds)("agree and go on under delay, loss and duplication (seed %i)", (seed) => {
    const simulation = new Simulation({ seed, mood: ROUGH });
    load(simulation, { seed, count: 60, everyMs: 20 });
    simulation.run(3_000);
    simulation.network.mood = CALM;
    const height = simulation.highestHeight();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height, 10_000)).toBe(true);
    expect(simulation.runUntil(() => simulation.finalTransactions(0) === 60, 10_000)).toBe(true);
    simulation.checkAgreement();
  });

  test.each(seeds)("survive a crash at any moment and catch up (seed %i)", (seed) => {
    const simulation = new Simulation({ seed, mood: { ...ROUGH, loss: 0.01 } });
    load(simulation, { seed, count: 80, everyMs: 25 });
    const random = randomStream(seed, "faults");
    const victim = simulation.validators[random.between(0, 3)];
    const others = [0, 1, 2, 3].filter((index) => index !== victim?.index);
    simulation.agenda.after(random.between(50, 900), () => victim?.crash());
    simulation.agenda.after(1_500, () => victim?.start());
    simulation.run(1_400);
    const heightWithoutVictim = simulation.lowestHeight(others);
    expect(heightWithoutVictim).toBeGreaterThan(0);
    simulation.run(600);
    simulation.network.mood = CALM;
    const height = simulation.highestHeight();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height, 20_000)).toBe(true);
    simulation.checkAgreement();
  });

  test.each(seeds)("all crash at once and lose nothing that was final (seed %i)", (seed) => {
    const simulation = new Simulation({ seed });
    load(simulation, { seed, count: 50, everyMs: 10 });
    simulation.run(randomStream(seed, "faults").between(20, 500));
    const height = simulation.highestHeight();
    for (const validator of simulation.validators) validator.crash();
    for (const validator of simulation.validators) validator.start();
    expect(simulation.runUntil(() => simulation.lowestHeight() > height + 3, 20_000)).toBe(true);
    simulation.checkAgreement();
  });

  test.each(seeds)("stop in a 2/2 partition and go on when it heals (seed %i)", (seed) => {
    const simulation = new Simulation({ seed, mood: { ...CALM, maxDelayMs: 20 } });
    load(simulation, { seed, count: 40, everyMs: 50 });
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
    simulation.checkAgreement();
  });

  test.each(seeds)("go on without one of them (seed %i)", (seed) => {
    const simulation = new Simulation({ seed, mood: { ...CALM, maxDelayMs: 20 } });
    const dead = seed % 4;
    simulation.validators[dead]?.crash();
    load(simulation, { seed, count: 40, everyMs: 20 });
    const alive = [0, 1, 2, 3].filter((index) => index !== dead);
    const isDone = () => alive.every((index) => simulation.finalTransactions(index) >= 40);
    expect(simulation.runUntil(isDone, 20_000)).toBe(true);
    simulation.checkAgreement();
  });

  test("give the same history for the same seed", () => {
    const history = (seed: number) => {
      const simulation = new Simulation({ seed, mood: ROUGH });
      load(simulation, { seed, count: 40, everyMs: 20 });
      simulation.run(3_000);
      return simulation.digest();
    };
    expect(history(7)).toBe(history(7));
    expect(history(7)).not.toBe(history(8));
  });
});
