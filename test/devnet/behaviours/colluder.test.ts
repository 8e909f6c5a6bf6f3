import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { colluder } from "../../../devnet/behaviours/colluder.ts";
import type { Simulation } from "../../../devnet/sim/simulation.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform } from "./performance.ts";

/** Two of four lie, and run twice: each half of the honest ones has a copy of both for company. */
const BEYOND_BOUNDS = {
  twins: [2, 3],
  liars: [2, 3, 4, 5],
  behaviours: [colluder],
  prepare: ({ network }: Simulation) => {
    network.partition([
      [0, 2, 3],
      [1, 4, 5],
    ]);
  },
};

describe("a colluder", () => {
  test("votes for everything, echoes what others say, and makes certificates of it", () => {
    const performance = perform({ seed: 1, behaviours: [colluder], forMs: 400 });
    const proposals = performance.signed.filter(({ message }) => message.type === "proposal");
    expect(messagesOf(performance, "vote").length).toBeGreaterThanOrEqual(proposals.length);
    expect(messagesOf(performance, "decision").length).toBeGreaterThan(5);
    const commitVotes = messagesOf(performance, "commit-vote");
    const states = new Set(commitVotes.map(({ content }) => toHex(content.stateRoot)));
    expect(commitVotes.length).toBeGreaterThan(states.size);
    const proven = messagesOf(performance, "timeout").filter(({ content, highQc }) => {
      return highQc.view + 1 === content.view && highQc.signatures.signers.includes(3);
    });
    expect(proven.length).toBeGreaterThan(5);
  });

  test.each(seedsOfTheDay(2))("can do nothing alone (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [colluder] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });

  test.each(seedsOfTheDay(2))(
    "breaks agreement with one liar too many, and both are proven (seed %i)",
    (seed) => {
      const performance = perform({ seed, ...BEYOND_BOUNDS });
      expect(performance.violations.some((what) => what.startsWith("a fork at height"))).toBe(true);
      const { simulation } = performance;
      simulation.network.heal();
      simulation.run(1_000);
      const halted = performance.halts.filter(({ by }) => by < 2).map(({ halt }) => halt.reason);
      expect(halted).toContain("conflicting-commit");
      // Two certificates of one height: whoever signed both lied.
      const decisions = messagesOf(performance, "decision").map(({ cert }) => cert);
      const culprits = new Set<number>();
      for (const left of decisions) {
        for (const right of decisions) {
          if (left.height !== right.height || toHex(left.block) === toHex(right.block)) continue;
          const both = left.signatures.signers.filter((each) =>
            right.signatures.signers.includes(each),
          );
          for (const each of both) culprits.add(each);
        }
      }
      expect([...culprits].sort()).toEqual([2, 3]);
    },
  );
});
