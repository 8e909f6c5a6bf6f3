import { describe, expect, test } from "vitest";
import { blockHash, type Proposal } from "../../../consensus/index.ts";
import { toHex } from "../../../crypto/index.ts";
import { equivocatingLeader } from "../../../devnet/behaviours/equivocating-leader.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { type Performance, perform } from "./performance.ts";

const run = (seed: number) => perform({ seed, behaviours: [equivocatingLeader] });
const performances = [1, 2, 3, 4, 5, 6, 7, 8].map(run);

type Told = { readonly to: number; readonly delayMs: number; readonly proposal: Proposal };

/** What was told of each view that got more than one block. */
function equivocations({ sent }: Performance): readonly (readonly Told[])[] {
  const byView = new Map<number, Told[]>();
  for (const { to, content, delayMs = 0 } of sent) {
    if (content.type !== "message" || content.message.type !== "proposal") continue;
    const { view } = content.message.block;
    const told = { to, delayMs, proposal: content.message };
    byView.set(view, [...(byView.get(view) ?? []), told]);
  }
  return [...byView.values()].filter((told) => new Set(told.map(hashOf)).size === 2);
}

const hashOf = ({ proposal }: Told) => toHex(blockHash(proposal.block));
const all = performances.flatMap(equivocations);

describe("an equivocating leader", () => {
  test("shows two blocks of one view to halves", () => {
    const halved = all.filter((told) => new Set(told.map(({ to }) => to)).size === told.length);
    expect(halved.length).toBeGreaterThan(0);
  });

  test("shows two blocks of one view to everybody", () => {
    const both = all.filter((told) => told.length === 6 && told.every(({ delayMs }) => !delayMs));
    expect(both.length).toBeGreaterThan(0);
  });

  test("shows another block of the same view later", () => {
    const later = all.filter((told) => told.length === 6 && told.some(({ delayMs }) => delayMs));
    expect(later.length).toBeGreaterThan(0);
  });

  test.each(["payload", "timestampMs", "justify"] as const)("changes the %s", (field) => {
    const changed = all.filter((told) => {
      const values = told.map(({ proposal }) => JSON.stringify(proposal.block[field]));
      return new Set(values).size === 2;
    });
    expect(changed.length).toBeGreaterThan(0);
  });

  test("is named by evidence, and nobody else is", () => {
    const evidence = performances.flatMap((performance) => performance.evidence);
    expect(evidence.length).toBeGreaterThan(20);
    for (const { offender, first, second } of evidence) {
      expect([offender, first.type, second.type]).toEqual([3, "proposal", "proposal"]);
      if (first.type !== "proposal" || second.type !== "proposal") continue;
      expect(first.block.view).toBe(second.block.view);
      expect(toHex(blockHash(first.block))).not.toBe(toHex(blockHash(second.block)));
    }
  });

  test.each(seedsOfTheDay(5))("does not keep the others from agreeing (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
