import { describe, expect, test } from "vitest";
import { silent } from "../../../devnet/behaviours/silent.ts";
import { CALM } from "../../../devnet/sim/network.ts";
import type { Simulation } from "../../../devnet/sim/simulation.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, type Performance, perform } from "./performance.ts";

const run = (seed: number) => perform({ seed, behaviours: [silent] });
const performances = Array.from({ length: 40 }, (_, seed) =>
  perform({ seed, behaviours: [silent], forMs: 500, transfers: 20 }),
);

/** The kinds of message that went out at all. */
function kindsOf({ sent }: Performance): readonly string[] {
  const kinds = sent.map(({ content }) =>
    content.type === "message" ? content.message.type : content.type,
  );
  return [...new Set(kinds)].sort();
}

const kinds = performances.map(kindsOf);

describe("a silent validator", () => {
  test("says nothing at all", () => {
    expect(kinds).toContainEqual([]);
  });

  test("only proposes", () => {
    expect(kinds).toContainEqual(["proposal"]);
  });

  test.each(["vote", "commit-vote", "proposal"])("keeps in the %s and says the rest", (kind) => {
    const without = kinds.filter((said) => said.length > 2 && !said.includes(kind));
    expect(without.length).toBeGreaterThan(0);
  });

  test("lets no vote out in a timeout when it keeps its votes in", () => {
    const hasty = { baseTimeoutMs: 50, mood: { ...CALM, maxDelayMs: 60 }, forMs: 800 };
    const hurried = Array.from({ length: 16 }, (_, seed) => {
      return perform({ seed, behaviours: [silent], ...hasty });
    });
    const allTimeouts = hurried.flatMap((each) => messagesOf(each, "timeout"));
    expect(allTimeouts.some(({ vote }) => vote !== undefined)).toBe(true);
    for (const { sent } of hurried) {
      const messages = sent.flatMap(({ content }) =>
        content.type === "message" ? [content.message] : [],
      );
      if (messages.some(({ type }) => type === "vote")) continue;
      const timeouts = messages.filter((message) => message.type === "timeout");
      expect(timeouts.filter(({ vote }) => vote !== undefined)).toEqual([]);
    }
  });

  test("falls silent and speaks again in turn", () => {
    const pauses = [1, 2, 3, 4].map((seed) => {
      let lastMs = 0;
      let longestMs = 0;
      const prepare = (simulation: Simulation) =>
        simulation.watch((seen) => {
          if (seen.type !== "heard" || seen.from !== 3) return;
          longestMs = Math.max(longestMs, seen.atMs - lastMs);
          lastMs = seen.atMs;
        });
      perform({ seed, behaviours: [silent], forMs: 2_500, transfers: 50, prepare });
      return longestMs;
    });
    // Spells of four timeouts of 200 ms.
    expect(pauses.filter((ms) => ms > 700 && ms < 1_000).length).toBeGreaterThan(0);
  });

  test.each(seedsOfTheDay(5))("does not stop the others (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(5)).toBe(true);
    expect(performance.violations).toEqual([]);
    expect(performance.evidence).toEqual([]);
  });

  test.each(seedsOfTheDay(2))("nor do two of seven (seed %i)", (seed) => {
    const performance = perform({ seed, validators: 7, liars: [2, 3], behaviours: [silent] });
    expect(performance.goesOn(5)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
