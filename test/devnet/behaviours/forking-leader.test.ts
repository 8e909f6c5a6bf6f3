import { describe, expect, test } from "vitest";
import { highQcViewOf, type Proposal } from "../../../consensus/index.ts";
import { forkingLeader } from "../../../devnet/behaviours/forking-leader.ts";
import type { Simulation } from "../../../devnet/sim/simulation.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

/** Rate, how often without a proof, whether it hoards, and how long it holds a proposal back. */
const patient = variant(forkingLeader, [1, 0, true, 1.3]);
const brazen = variant(forkingLeader, [1, 0.5, false]);
const CALM = { minDelayMs: 5, maxDelayMs: 5, loss: 0, duplication: 0 };

/** Right after its proposal has come, the honest ones do not hear each other: the liar alone can count their votes. */
function hideVotesOfView(simulation: Simulation, view: number): void {
  const { network, agenda } = simulation;
  const honest = [0, 1, 2];
  const links = honest.flatMap((from) => honest.map((to) => [from, to] as const));
  simulation.watch((seen) => {
    if (seen.type !== "signed" || seen.message.type !== "proposal") return;
    if (seen.message.block.view !== view || seen.by === 3) return;
    agenda.after(5.5, () => {
      for (const [from, to] of links) network.cut(from, to);
    });
    agenda.after(150, () => {
      for (const [from, to] of links) network.mend(from, to);
    });
  });
}

function isProven({ block, tc }: Proposal): boolean {
  return tc !== undefined && tc.view + 1 === block.view && highQcViewOf(tc) <= block.justify.view;
}

describe("a forking leader", () => {
  test("builds, with a proof, beside the block that it alone knows to be certified", () => {
    const ledByLiar = 7;
    const performance = perform({
      seed: 1,
      mood: CALM,
      behaviours: [patient],
      forMs: 1_500,
      prepare: (simulation) => hideVotesOfView(simulation, ledByLiar - 1),
    });
    const forks = messagesOf(performance, "proposal").filter(isProven);
    expect(forks.map(({ block }) => block.view)).toContain(ledByLiar);
    const fork = forks.find(({ block }) => block.view === ledByLiar);
    expect(fork?.block.justify.view).toBe(ledByLiar - 2);
    expect(performance.goesOn(2)).toBe(true);
    expect(performance.violations).toEqual([]);
  });

  test("gets no vote without a proof", () => {
    const performance = perform({ seed: 2, behaviours: [brazen] });
    expect(performance.penalties).toContain("skips-a-view-without-proof");
    expect(performance.violations).toEqual([]);
  });

  test("shows no certificate and no vote while it hoards", () => {
    const performance = perform({ seed: 3, behaviours: [patient] });
    expect(messagesOf(performance, "vote")).toEqual([]);
    expect(messagesOf(performance, "commit-vote")).toEqual([]);
  });

  test.each(seedsOfTheDay(3))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [forkingLeader] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
