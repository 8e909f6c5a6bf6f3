import { describe, expect, test } from "vitest";
import { partialSender } from "../../../devnet/behaviours/partial-sender.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { type Performance, perform, variant } from "./performance.ts";

/** Who got each message, as one word. */
function audiences({ sent }: Performance): ReadonlySet<string> {
  const heardBy = new Map<unknown, number[]>();
  for (const { content, to } of sent) {
    if (content.type !== "message") continue;
    heardBy.set(content.message, [...(heardBy.get(content.message) ?? []), to]);
  }
  return new Set([...heardBy.values()].map((nodes) => nodes.join()));
}

describe("a validator that tells only some", () => {
  test("keeps to its favourites", () => {
    const behaviours = [variant(partialSender, ["never", 0.5, true, false, true])];
    expect([...audiences(perform({ seed: 1, behaviours }))]).toEqual(["0,2"]);
  });

  test("chooses others each time", () => {
    const behaviours = [variant(partialSender, ["each-time", 0.5])];
    const chosen = audiences(perform({ seed: 1, behaviours }));
    expect(chosen).toContain("0");
    expect(chosen.size).toBeGreaterThan(4);
  });

  test("chooses others for each kind of message", () => {
    const behaviours = [variant(partialSender, ["by-kind", 0.5])];
    const chosen = audiences(perform({ seed: 2, behaviours })).size;
    expect(chosen).toBeGreaterThan(1);
    expect(chosen).toBeLessThanOrEqual(5);
  });

  test.each(seedsOfTheDay(3))("leaves nobody behind (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [partialSender] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
