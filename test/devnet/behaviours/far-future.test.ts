import { describe, expect, test } from "vitest";
import { farFuture } from "../../../devnet/behaviours/far-future.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

/** Validators keep what is so many views ahead. */
const WINDOW = 64;
const FARTHEST = Number.MAX_SAFE_INTEGER;
/** Always lies; never warps time, or always. */
const soothsayer = variant(farFuture, [1, 0]);
const timeWarper = variant(farFuture, [0.2, 1]);

describe("a liar from the far future", () => {
  test("speaks of views beyond the window, 2^31 ahead, and of the last view of all; nobody follows", () => {
    const performance = perform({ seed: 1, behaviours: [soothsayer] });
    const { simulation, honest } = performance;
    const ballots = [...messagesOf(performance, "vote"), ...messagesOf(performance, "timeout")];
    const views = ballots.map(({ content }) => content.view as number);
    expect(views).toContain(FARTHEST);
    expect(views.some((view) => view > 2 ** 31 && view < 2 ** 32)).toBe(true);
    expect(views.some((view) => view > WINDOW && view < 2 ** 31)).toBe(true);
    // A view takes two message delays at least.
    for (const node of honest) {
      expect(simulation.nodes[node]?.replica?.status.view).toBeLessThan(simulation.agenda.now / 2);
    }
  });

  test("shows certificates that do not exist, and is refused", () => {
    const performance = perform({ seed: 2, behaviours: [soothsayer] });
    const heights = messagesOf(performance, "decision").map(({ cert }) => cert.height as number);
    expect(Math.max(...heights)).toBe(FARTHEST);
    expect(performance.penalties).toContain("below-quorum");
    expect(Math.max(...performance.finals.map(({ block }) => block.height))).toBeLessThan(1_000);
  });

  test("warps the timestamps of its own blocks; none beyond the drift becomes final", () => {
    const performance = perform({ seed: 3, behaviours: [timeWarper], forMs: 2_500 });
    const now = performance.simulation.nodes[0]?.clock.wallMs() ?? 0;
    const stamps = messagesOf(performance, "proposal").map(({ block }) => block.timestampMs);
    expect(stamps.some((stamp) => stamp > now + 5_000 || stamp < now - 100_000)).toBe(true);
    for (const { block } of performance.finals) {
      expect(block.timestampMs).toBeLessThanOrEqual(now + 5_000);
    }
  });

  test.each(seedsOfTheDay(2))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [farFuture] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
