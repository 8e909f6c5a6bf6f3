import { describe, expect, test } from "vitest";
import type { Hash } from "../../../crypto/index.ts";
import { bodyWithholder } from "../../../devnet/behaviours/body-withholder.ts";
import type { Simulation } from "../../../devnet/sim/simulation.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform } from "./performance.ts";

const LIAR = 3;

/** Votes of honest validators for blocks whose bodies they did not hold at that moment. */
function blindVotes(simulation: Simulation, blind: string[]): void {
  simulation.watch((seen) => {
    if (seen.type !== "signed" || seen.by === LIAR || seen.message.type !== "vote") return;
    const { block, view } = seen.message.content;
    const held = simulation.nodes[seen.by]?.replica?.inventory.blockWithBodies(block as Hash);
    if (held === undefined) blind.push(`v${seen.by} in view ${view}`);
  });
}

function run(seed: number) {
  const blind: string[] = [];
  const prepare = (simulation: Simulation) => blindVotes(simulation, blind);
  const performance = perform({ seed, behaviours: [bodyWithholder], prepare });
  return { ...performance, blind };
}

const performances = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(run);

/** Questions that honest validators still ask from here on. */
function questionsWithin(simulation: Simulation, forMs: number): number {
  let asked = 0;
  simulation.watch((seen) => {
    if (seen.type === "heard" && seen.message === "question") asked += 1;
  });
  simulation.run(forMs);
  return asked;
}

describe("a leader that keeps bodies back", () => {
  test("proposes transactions that the others do not have, and they ask for them", () => {
    for (const performance of performances) {
      const proposals = messagesOf(performance, "proposal");
      expect(proposals.length).toBeGreaterThan(0);
    }
    const gaveUp = performances.map((performance) => performance.gaveUp);
    expect(Math.max(...gaveUp)).toBeGreaterThan(3);
  });

  test("shows headers without their ids, and is penalised", () => {
    const penalised = performances.filter(({ penalties }) =>
      penalties.has("a payload that is not the proposal's"),
    );
    expect(penalised.length).toBeGreaterThan(0);
    expect(penalised.length).toBeLessThan(performances.length);
  });

  test("tells the bodies to some, or late", () => {
    const told = performances.map(({ sent }) => {
      const batches = sent.filter(({ content }) => content.type === "transactions");
      return new Set(batches.filter(({ delayMs }) => delayMs !== undefined).map(({ to }) => to));
    });
    const some = told.filter(({ size }) => size > 0 && size < 3);
    expect(some.length).toBeGreaterThan(0);
  });

  test("gets a block through when enough of the others have the bodies", () => {
    const proposers = performances.flatMap(({ finals }) =>
      finals.map(({ block }) => block.proposer),
    );
    expect(proposers).toContain(LIAR);
  });

  test("gets no vote from anyone that does not hold the bodies", () => {
    for (const { blind } of performances) expect(blind).toEqual([]);
  });

  test("leaves nobody asking for ever", () => {
    for (const { simulation } of performances) {
      simulation.nodes[LIAR]?.crash();
      // Longer than blocks of views long left are kept.
      simulation.run(8_000);
      expect(questionsWithin(simulation, 2_000)).toBe(0);
    }
  });

  test.each(seedsOfTheDay(5))("does not stop the others (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
    expect(performance.blind).toEqual([]);
  });
});
