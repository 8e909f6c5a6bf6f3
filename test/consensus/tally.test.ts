import { describe, expect, test } from "vitest";
import { Tally } from "../../consensus/tally.ts";
import { concatBytes, signature } from "../../crypto/index.ts";
import { hashOf, viewOf, world } from "./fixtures.ts";

type Slip = {
  readonly content: { readonly view: ReturnType<typeof viewOf>; readonly says: string };
  readonly voter: number;
  readonly signature: ReturnType<typeof signature>;
};

const anySignature = signature(concatBytes(hashOf("left"), hashOf("right")));

function slip(view: number, voter: number, says = "a"): Slip {
  return { content: { view: viewOf(view), says }, voter, signature: anySignature };
}

function tallyOf(powers: readonly number[] = [1, 1, 1, 1], groupOf = (s: Slip) => s.content.says) {
  const statementOf = ({ content }: Slip) => content.says;
  return new Tally<Slip>(world({ powers }).validators, { statementOf, groupOf });
}

describe("a tally", () => {
  test("reaches a quorum once, with the ballots in the order of their voters", () => {
    const tally = tallyOf();
    expect(tally.add(slip(5, 3))).toEqual({ type: "counted" });
    expect(tally.add(slip(5, 0))).toEqual({ type: "counted" });
    expect(tally.add(slip(5, 2))).toEqual({
      type: "counted",
      reached: [slip(5, 0), slip(5, 2), slip(5, 3)],
    });
    expect(tally.add(slip(5, 1))).toEqual({ type: "counted" });
  });

  test("counts a validator once, however often it votes", () => {
    const tally = tallyOf();
    tally.add(slip(5, 0));
    for (let times = 0; times < 5; times++) {
      expect(tally.add(slip(5, 0))).toEqual({ type: "repeated" });
    }
    expect(tally.powerIn(viewOf(5))).toBe(1);
  });

  test("keeps the first word of a validator and reports the second", () => {
    const tally = tallyOf();
    tally.add(slip(5, 0, "a"));
    expect(tally.add(slip(5, 0, "b"))).toEqual({
      type: "contradicted",
      first: slip(5, 0, "a"),
    });
    tally.add(slip(5, 1, "b"));
    expect(tally.add(slip(5, 2, "b"))).toEqual({ type: "counted" });
  });

  test("never adds up ballots that disagree", () => {
    const tally = tallyOf();
    const results = ["a", "b", "a", "b"].map((says, voter) => tally.add(slip(5, voter, says)));
    expect(results.every((result) => result.type === "counted" && !result.reached)).toBe(true);
  });

  test("reaches a quorum with the ballots that agree, and leaves the others out", () => {
    const tally = tallyOf([1, 1, 1, 1, 1]);
    tally.add(slip(5, 1, "b"));
    for (const voter of [0, 2, 3]) tally.add(slip(5, voter, "a"));
    expect(tally.add(slip(5, 4, "a"))).toEqual({
      type: "counted",
      reached: [0, 2, 3, 4].map((voter) => slip(5, voter, "a")),
    });
  });

  test("adds up ballots of one group although their statements differ", () => {
    const tally = tallyOf([1, 1, 1, 1], () => "all");
    tally.add(slip(5, 0, "a"));
    tally.add(slip(5, 1, "b"));
    expect(tally.add(slip(5, 2, "c"))).toMatchObject({ reached: { length: 3 } });
  });

  test("weighs power: one with 9 of 12 is a quorum, three with 3 are none", () => {
    const light = tallyOf([9, 1, 1, 1]);
    for (const voter of [1, 2, 3]) expect(light.add(slip(5, voter))).toEqual({ type: "counted" });
    expect(light.add(slip(5, 0))).toMatchObject({ reached: { length: 4 } });
    expect(tallyOf([9, 1, 1, 1]).add(slip(5, 0))).toMatchObject({ reached: [slip(5, 0)] });
  });

  test("keeps views apart", () => {
    const tally = tallyOf();
    tally.add(slip(5, 0));
    tally.add(slip(6, 1));
    expect(tally.add(slip(7, 2))).toEqual({ type: "counted" });
    expect([5, 6, 8].map((each) => tally.votersIn(viewOf(each)))).toEqual([[0], [1], []]);
  });

  test("forgets what is pruned and keeps the rest", () => {
    const tally = tallyOf();
    for (let each = 1; each <= 10; each++) tally.add(slip(each, 0));
    tally.pruneBelow(viewOf(8));
    expect(tally.viewCount).toBe(3);
    expect([7, 8].map((each) => tally.powerIn(viewOf(each)))).toEqual([0, 1]);
  });
});
