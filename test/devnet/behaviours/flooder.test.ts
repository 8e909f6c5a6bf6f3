import { describe, expect, test } from "vitest";
import { flooder } from "../../../devnet/behaviours/flooder.ts";
import { MAX_ACTS } from "../../../devnet/behaviours/habit.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

/** Every 5 ms six messages of all kinds but made-up proposals, and transactions. */
const torrent = variant(flooder, [5, 6, true, true, true, false, true]);

describe("a flooder", () => {
  test("sends a multiple of what is honest, within its own bounds", () => {
    const performance = perform({ seed: 1, behaviours: [torrent] });
    const { signed, sent } = performance;
    expect(messagesOf(performance, "vote").length).toBeGreaterThan(signed.length);
    const honestShare = (3 * signed.length) / 3;
    expect(sent.length).toBeLessThan(MAX_ACTS * 3 * (6 + 1) + honestShare);
  });

  test("costs no view, and memory stays bounded", () => {
    const { simulation, honest, gaveUp, finals } = perform({ seed: 1, behaviours: [torrent] });
    expect(gaveUp).toBe(0);
    expect(finals.length).toBeGreaterThan(15);
    for (const node of honest) {
      const replica = simulation.nodes[node]?.replica;
      expect(replica?.evidence.length).toBeLessThanOrEqual(256);
      expect(replica?.status.pool.count).toBeLessThan(5_000);
    }
  });

  test("stops after its number of acts", () => {
    const { simulation, sent } = perform({
      seed: 1,
      behaviours: [torrent],
      forMs: 2_100,
      transfers: 0,
    });
    const before = sent.length;
    simulation.run(50);
    expect(sent.length - before).toBeLessThan(40);
  });

  test.each(seedsOfTheDay(2))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [flooder], forMs: 500 });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
