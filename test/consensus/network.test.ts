// Several engines together. Every random run prints its seed in its name; the oracle of network.ts looks for double
// signatures, forks, gaps, evidence against honest validators and halts.

import { describe, expect, test } from "vitest";
import { world } from "./fixtures.ts";
import { Network, type Replica, randomOf } from "./network.ts";

const VALIDATORS = [0, 1, 2, 3];

function running(network: Network): Replica[] {
  return network.replicas.filter(({ isRunning }) => isRunning);
}

function allReach(network: Network, height: number): () => boolean {
  return () => running(network).every((replica) => replica.height >= height);
}

describe("four engines", () => {
  test("finalize one block a view, each with a certificate, for 200 views", () => {
    const network = new Network(world());
    network.start();
    expect(network.runUntil(allReach(network, 200), { withinMs: 100 })).toBe(true);
    expect(network.violations).toEqual([]);
    for (const { view, disk } of network.replicas) {
      expect(view).toBeLessThanOrEqual(204);
      expect(disk.final.slice(0, 199).every(({ cert }) => cert !== undefined)).toBe(true);
    }
  });

  test.each(VALIDATORS)("finalize 100 blocks with validator %i silent from the start", (silent) => {
    const network = new Network(world());
    for (const replica of network.replicas) if (replica.index !== silent) replica.start();
    expect(network.runUntil(allReach(network, 100), { withinMs: 60_000 })).toBe(true);
    expect(network.violations).toEqual([]);
    // Three blocks in four views, and only one final block more or less under way.
    expect(Math.max(...running(network).map(({ view }) => view))).toBeLessThanOrEqual(140);
  });

  test.each(VALIDATORS)("go on when validator %i crashes, and take it back", (victim) => {
    const network = new Network(world(), { seed: victim, maxDelayMs: 5 });
    network.start();
    expect(network.runUntil(allReach(network, 20), { withinMs: 10_000 })).toBe(true);
    network.replicas[victim]?.crash();
    expect(network.runUntil(allReach(network, 50), { withinMs: 60_000 })).toBe(true);
    network.replicas[victim]?.start();
    expect(network.runUntil(allReach(network, 80), { withinMs: 60_000 })).toBe(true);
    expect(network.violations).toEqual([]);
  });

  test("stop without a quorum, and go on as soon as there is one again", () => {
    const network = new Network(world(), { maxDelayMs: 5 });
    network.start();
    network.runUntil(allReach(network, 10), { withinMs: 10_000 });
    network.replicas[0]?.crash();
    network.replicas[1]?.crash();
    const reached = Math.max(...network.replicas.map(({ height }) => height));
    expect(network.runUntil(allReach(network, reached + 3), { withinMs: 30_000 })).toBe(false);
    network.replicas[1]?.start();
    expect(network.runUntil(allReach(network, reached + 10), { withinMs: 30_000 })).toBe(true);
    expect(network.violations).toEqual([]);
  });

  test("all crash at once, in the middle of everything, and go on from their disks", () => {
    const network = new Network(world(), { seed: 11, maxDelayMs: 20, executionMs: 30 });
    network.start();
    for (let round = 1; round <= 8; round++) {
      network.runUntil(() => false, { withinMs: 300 + 37 * round });
      for (const replica of network.replicas) replica.crash();
      for (const replica of network.replicas) replica.start();
    }
    const reached = Math.max(...network.replicas.map(({ height }) => height));
    expect(network.runUntil(allReach(network, reached + 10), { withinMs: 30_000 })).toBe(true);
    expect(network.violations).toEqual([]);
  });

  test("a follower commits what they commit", () => {
    const network = new Network(world(), { maxDelayMs: 5 });
    const follower = network.addFollower();
    network.start();
    expect(network.runUntil(() => follower.height >= 50, { withinMs: 30_000 })).toBe(true);
    expect(network.violations).toEqual([]);
  });

  test("finalize without pause although executing a block takes ten views", () => {
    const network = new Network(world(), { maxDelayMs: 4, executionMs: 100 });
    network.start();
    expect(network.runUntil(allReach(network, 100), { withinMs: 5_000 })).toBe(true);
    expect(network.violations).toEqual([]);
    const last = network.replicas[0]?.disk.final.slice(0, 90) ?? [];
    expect(last.filter(({ cert }) => cert !== undefined).length).toBeGreaterThan(0);
  });

  test("a validator that slept for 1,500 blocks catches up, batch by batch", () => {
    const network = new Network(world(), { maxDelayMs: 2 });
    network.start();
    network.runUntil(allReach(network, 5), { withinMs: 5_000 });
    const sleeper = network.replicas[2];
    sleeper?.crash();
    expect(network.runUntil(allReach(network, 1_500), { withinMs: 10_000_000 })).toBe(true);
    sleeper?.start();
    expect(network.runUntil(allReach(network, 1_600), { withinMs: 100_000 })).toBe(true);
    expect(network.violations).toEqual([]);
  });
});

describe("four engines under random delays, loss, crashes and cuts", () => {
  // The mix itself comes from the seed.
  test.each(Array.from({ length: 25 }, (_, index) => 1_000 + index))(
    "agree throughout and make progress once the faults end, seed %i",
    (seed) => {
      const draw = randomOf(seed ^ 0x5eed);
      const network = new Network(world(), {
        seed,
        maxDelayMs: 1 + Math.floor(draw() * 120),
        loss: draw() * 0.4,
        executionMs: draw() < 0.3 ? Math.floor(draw() * 200) : 0,
      });
      network.start();
      for (let round = 0; round < 12; round++) {
        network.runUntil(() => false, { withinMs: 200 + draw() * 1_500 });
        const victim = network.replicas[Math.floor(draw() * 4)];
        const fate = draw();
        if (fate < 0.3) victim?.crash();
        else if (fate < 0.6) {
          const island = Math.floor(draw() * 16);
          network.isCut = (from, to) => ((island >> from) & 1) !== ((island >> to) & 1);
        } else network.isCut = () => false;
        for (const replica of network.replicas) {
          if (!replica.isRunning && draw() < 0.5) replica.start();
        }
      }
      for (const replica of network.replicas) if (!replica.isRunning) replica.start();
      network.isCut = () => false;
      network.loss = 0;
      network.maxDelayMs = 10;
      const reached = Math.max(...network.replicas.map(({ height }) => height));
      expect(network.runUntil(allReach(network, reached + 20), { withinMs: 60_000 })).toBe(true);
      expect(network.violations).toEqual([]);
    },
  );
});
