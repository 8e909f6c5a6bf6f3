import { describe, expect, test } from "vitest";
import { slowLeader } from "../../../devnet/behaviours/slow-leader.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { perform, variant } from "./performance.ts";

const BASE_MS = 200;
const PROPOSALS = { baseTimeoutMs: BASE_MS, forMs: 3_000, transfers: 100 };

function delaysOf({ sent }: ReturnType<typeof perform>): readonly number[] {
  return sent.flatMap(({ content, delayMs = 0 }) =>
    content.type === "message" && content.message.type === "proposal" ? [delayMs] : [],
  );
}

describe("a slow leader", () => {
  test("just in time costs no view, and only its own views are slow", () => {
    const behaviours = [variant(slowLeader, ["just-in-time", 0])];
    const performance = perform({ seed: 1, behaviours, ...PROPOSALS });
    const delays = delaysOf(performance);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0.7 * BASE_MS);
    expect(Math.max(...delays)).toBeLessThan(BASE_MS);
    expect(performance.gaveUp).toBe(0);
    // Four views take one slow proposal, of at most a base timeout, and three quick ones.
    expect(performance.simulation.lowestHeight(performance.honest)).toBeGreaterThan(30);
  });

  test("just too late costs its views, and no others", () => {
    const behaviours = [variant(slowLeader, ["just-too-late", 0])];
    const performance = perform({ seed: 1, behaviours, ...PROPOSALS });
    expect(Math.min(...delaysOf(performance))).toBeGreaterThan(BASE_MS);
    expect(performance.gaveUp).toBeGreaterThan(0);
    expect(performance.finals.filter(({ block }) => block.proposer === 3)).toEqual([]);
    expect(performance.simulation.lowestHeight(performance.honest)).toBeGreaterThan(15);
  });

  test.each(seedsOfTheDay(2))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [slowLeader] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
