import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { divergingExecution } from "../../../devnet/behaviours/diverging-execution.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { perform } from "./performance.ts";

describe("a validator whose application computes another state", () => {
  test.each(seedsOfTheDay(3))(
    "halts within the block where it diverges, alone (seed %i)",
    (seed) => {
      const roots: { height: number; root: string }[] = [];
      const performance = perform({
        seed,
        behaviours: [divergingExecution],
        forMs: 2_000,
        prepare: (simulation) =>
          simulation.watch((seen) => {
            if (seen.type !== "signed" || seen.by !== 3 || seen.message.type !== "commit-vote")
              return;
            const { height, stateRoot } = seen.message.content;
            roots.push({ height, root: toHex(stateRoot) });
          }),
      });
      expect(performance.violations).toEqual([]);
      expect(performance.goesOn(2)).toBe(true);
      expect(performance.halts.map(({ by, halt }) => `${by} ${halt.reason}`)).toEqual([
        "3 state-diverged",
      ]);
      const agreed = new Map(
        performance.finals.map(({ block, stateRoot }) => [
          block.height as number,
          toHex(stateRoot),
        ]),
      );
      const odd = roots.filter(({ height, root }) => agreed.get(height) !== root);
      const haltedAt = performance.halts[0]?.halt.height;
      expect(haltedAt).toBe(Math.min(...odd.map(({ height }) => height), haltedAt ?? 0));
    },
  );

  test("goes unnoticed where nobody votes for states", () => {
    const performance = perform({ seed: 1, behaviours: [divergingExecution], rules: "two-chain" });
    expect(performance.halts).toEqual([]);
    expect(performance.violations).toEqual([]);
  });
});
