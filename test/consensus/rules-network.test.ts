// Four engines under each rule set and leader choice; the oracle of network.ts shares no code with the rules.

import { describe, expect, test } from "vitest";
import { LEADER_CHOICES, RULE_SETS } from "../../consensus/index.ts";
import { world } from "./fixtures.ts";
import { Network, type NetworkOptions, type Replica, randomOf } from "./network.ts";

const VALIDATORS = [0, 1, 2, 3];
const PROTOCOLS = (["commit-votes", "two-chain", "three-chain"] as const).flatMap((rules) =>
  (["round-robin", "reputation"] as const).map((leaders) => [rules, leaders] as const),
);
/** What the default protocol does under round robin is network.test.ts's question. */
const OTHERS = PROTOCOLS.slice(1);

type Names = (typeof PROTOCOLS)[number];

function networkOf([rules, leaders]: Names, options: NetworkOptions = {}): Network {
  const chosen = { rules: RULE_SETS[rules], leaders: LEADER_CHOICES[leaders] };
  return new Network(world(), { ...options, ...chosen });
}

function running(network: Network): Replica[] {
  return network.replicas.filter(({ isRunning }) => isRunning);
}

function allReach(network: Network, height: number): () => boolean {
  return () => running(network).every((replica) => replica.height >= height);
}

function highest(network: Network): number {
  return Math.max(...network.replicas.map(({ height }) => height));
}

describe.each(OTHERS)("four engines under %s with %s", (...names) => {
  test("finalize one block a view, and give none up", () => {
    const network = networkOf(names);
    network.start();
    expect(network.runUntil(allReach(network, 100), { withinMs: 99 })).toBe(true);
    expect(network.violations).toEqual([]);
  });

  test.each(VALIDATORS)("finalize 100 blocks with validator %i silent from the start", (silent) => {
    const network = networkOf(names, { maxDelayMs: 5, seed: silent });
    for (const replica of network.replicas) if (replica.index !== silent) replica.start();
    expect(network.runUntil(allReach(network, 100), { withinMs: 60_000 })).toBe(true);
    expect(network.violations).toEqual([]);
    const views = Math.max(...running(network).map(({ view }) => view));
    // Round robin loses every fourth view to the silent one; reputation the first at most.
    expect(views).toBeLessThanOrEqual(names[1] === "reputation" ? 110 : 142);
  });

  test.each(VALIDATORS)(
    "go on when validator %i crashes, and take it back after 300 blocks",
    (victim) => {
      const network = networkOf(names, { seed: victim, maxDelayMs: 5 });
      network.start();
      expect(network.runUntil(allReach(network, 20), { withinMs: 10_000 })).toBe(true);
      network.replicas[victim]?.crash();
      expect(network.runUntil(allReach(network, 320), { withinMs: 200_000 })).toBe(true);
      network.replicas[victim]?.start();
      expect(network.runUntil(allReach(network, 400), { withinMs: 100_000 })).toBe(true);
      expect(network.violations).toEqual([]);
    },
  );

  test("all crash at once, in the middle of everything, and go on from their disks", () => {
    const network = networkOf(names, { seed: 11, maxDelayMs: 20, executionMs: 30 });
    network.start();
    for (let round = 1; round <= 8; round++) {
      network.runUntil(() => false, { withinMs: 300 + 37 * round });
      for (const replica of network.replicas) replica.crash();
      for (const replica of network.replicas) replica.start();
    }
    const reached = highest(network);
    expect(network.runUntil(allReach(network, reached + 10), { withinMs: 30_000 })).toBe(true);
    expect(network.violations).toEqual([]);
  });

  // The mix itself comes from the seed.
  test.each(Array.from({ length: 8 }, (_, index) => 2_000 + index))(
    "agree under delays, loss, crashes and cuts, and make progress once they end, seed %i",
    (seed) => {
      const draw = randomOf(seed ^ 0x5eed);
      const network = networkOf(names, {
        seed,
        maxDelayMs: 1 + Math.floor(draw() * 120),
        loss: draw() * 0.4,
        executionMs: draw() < 0.3 ? Math.floor(draw() * 200) : 0,
      });
      network.start();
      for (let round = 0; round < 12; round++) {
        network.runUntil(() => false, { withinMs: 200 + draw() * 1_500 });
        const fate = draw();
        const victim = network.replicas[Math.floor(draw() * 4)];
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
      const reached = highest(network);
      expect(network.runUntil(allReach(network, reached + 20), { withinMs: 60_000 })).toBe(true);
      expect(network.violations).toEqual([]);
    },
  );
});

test("three-chain with votes to all commits with one of four dead, three blocks in four views", () => {
  const network = networkOf(["three-chain", "round-robin"]);
  for (const replica of network.replicas) if (replica.index !== 1) replica.start();
  expect(network.runUntil(allReach(network, 90), { withinMs: 60_000 })).toBe(true);
  const views = network.replicas[0]?.disk.final.map(({ block }) => block.view % 4);
  expect(new Set(views)).toEqual(new Set([0, 2, 3]));
});

test("any schedule of leaders will do: one validator leads all views", () => {
  const network = new Network(world(), { leaders: () => 2 });
  network.start();
  expect(network.runUntil(allReach(network, 50), { withinMs: 99 })).toBe(true);
  expect(network.violations).toEqual([]);
  const finals = network.replicas[0]?.disk.final ?? [];
  expect(finals.every(({ block }) => block.proposer === 2)).toBe(true);
});
