import { describe, expect, test } from "vitest";
import { costs, costTable } from "../../../devnet/sim/search/costs.ts";

describe("the cost of a decision among four validators", () => {
  const rows = costs({ sizes: [4], degradedViews: 40 });
  const of = (rules: string) => rows.find((row) => row.rules === rules);

  test("is three message delays with commit votes, four with a two-chain, six with a three-chain", () => {
    expect(of("commit-votes")?.latencyDelays).toBe(3);
    expect(of("two-chain")?.latencyDelays).toBe(4);
    expect(of("three-chain")?.latencyDelays).toBe(6);
  });

  test("is a proposal and a vote of each to all, and a second vote where there are commit votes", () => {
    expect(of("commit-votes")?.perView.messages).toBe(3 + 12 + 12);
    expect(of("two-chain")?.perView.messages).toBe(3 + 12);
  });

  test("is one view in four for a dead validator under round robin, none under reputation", () => {
    for (const { oneDead } of rows) {
      expect(oneDead["round-robin"].givenUpPer100Views).toBe(25);
      expect(oneDead.reputation.givenUpPer100Views).toBe(0);
      expect(oneDead.reputation.finalPer100Views).toBe(100);
    }
  });

  test("makes a table with a line for each rule set", () => {
    expect(costTable(rows).split("\n")).toHaveLength(2 + 3);
  });
});
