import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { replayer } from "../../../devnet/behaviours/replayer.ts";
import { viewOf } from "../../../devnet/sim/carriage.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { type Performance, perform } from "./performance.ts";

const run = (seed: number) => perform({ seed, behaviours: [replayer] });
const performances = Array.from({ length: 16 }, (_, seed) => run(seed));
const penalties = new Set(performances.flatMap((each) => [...each.penalties]));

/** Messages of views far behind the newest that was spoken of before. */
function late({ sent }: Performance): number {
  let newest = 0;
  let count = 0;
  for (const { content } of sent) {
    if (content.type !== "message") continue;
    const view = viewOf(content.message);
    if (view + 2 < newest) count += 1;
    newest = Math.max(newest, view);
  }
  return count;
}

describe("a replayer", () => {
  test("says old things again", () => {
    const counts = performances.map(late);
    expect(counts.filter((count) => count > 5).length).toBeGreaterThan(8);
    expect(Math.max(...counts)).toBeGreaterThan(50);
  });

  test.each([
    ["of another epoch", "wrong-epoch"],
    ["of another chain, or as another kind", "bad-signature"],
    ["of another view", "skips-a-view-without-proof"],
  ])("is penalised for what is %s", (_, refusal) => {
    expect(penalties).toContain(refusal);
  });

  test("tells transactions again that are final, and puts them into blocks", () => {
    for (const performance of performances) {
      const final = new Set(
        performance.finals.flatMap(({ transactions }) => transactions.map(({ id }) => toHex(id))),
      );
      const told = performance.sent.flatMap(({ content }) =>
        content.type === "transactions" ? content.transactions : [],
      );
      expect(told.filter(({ id }) => final.has(toHex(id))).length).toBeGreaterThan(5);
    }
    const proposed = performances.map(
      ({ sent }) =>
        sent.filter(({ content }) => content.type === "message" && content.ids.length > 1).length,
    );
    expect(Math.max(...proposed)).toBeGreaterThan(0);
  });

  test("makes nothing take effect twice", () => {
    for (const { finals, violations } of performances) {
      expect(violations).toEqual([]);
      const applied = finals.flatMap(({ transactions, receipts }) =>
        transactions
          .filter((_, at) => receipts[at]?.result !== "skipped")
          .map(({ id }) => toHex(id)),
      );
      expect(new Set(applied).size).toBe(applied.length);
    }
  });

  test.each(seedsOfTheDay(5))("does not keep the others from agreeing (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
