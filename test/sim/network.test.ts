// The simulated network link by link: what a faulty link does, and that it leaves all other links their luck.

import { describe, expect, test } from "vitest";
import { Agenda } from "../../devnet/sim/agenda.ts";
import {
  CALM,
  type LinkFaults,
  MAX_BACKLOG_MS,
  SimulatedNetwork,
  SOUND_LINK,
} from "../../devnet/sim/network.ts";

const ROUGH = { minDelayMs: 1, maxDelayMs: 50, loss: 0.1, duplication: 0.1 };

/** Sends `count` messages of a kilobyte over each link; when each arrived, by link. */
function traffic(prepare: (network: SimulatedNetwork) => void, mood = ROUGH, count = 100) {
  const agenda = new Agenda();
  const network = new SimulatedNetwork(agenda, 7, mood);
  prepare(network);
  const arrivals = { faulty: [] as number[], other: [] as number[] };
  for (let at = 0; at < count; at++) {
    const bytes = () => 1_000;
    network.send({ from: 0, to: 1, bytes }, () => arrivals.faulty.push(agenda.now));
    network.send({ from: 1, to: 0, bytes }, () => arrivals.other.push(agenda.now));
  }
  while (agenda.advance()) {}
  return arrivals;
}

const faulty = (faults: Partial<LinkFaults>) => (network: SimulatedNetwork) =>
  network.impair(0, 1, { ...SOUND_LINK, ...faults });

const sound = traffic(() => {});

describe("a faulty link (seed 7)", () => {
  test.each<[string, Partial<LinkFaults>]>([
    ["delays", { delayMs: 20 }],
    ["delays more or less", { delayMs: 20, jitterMs: 30 }],
    ["loses", { loss: 0.5 }],
    ["duplicates", { duplication: 0.5 }],
    ["narrows", { bytesPerMs: 100 }],
  ])("%s, and leaves the others as they were", (_, faults) => {
    const hurt = traffic(faulty(faults));
    expect(hurt.other).toEqual(sound.other);
    expect(hurt.faulty).not.toEqual(sound.faulty);
  });

  test("adds its delay to what the network takes", () => {
    const { faulty: late } = traffic(faulty({ delayMs: 20 }));
    expect(late).toEqual(sound.faulty.map((ms) => ms + 20));
  });

  test("loses what it is told to lose, more or less", () => {
    const { faulty: left } = traffic(faulty({ loss: 0.5 }), CALM, 1_000);
    expect(left.length).toBeGreaterThan(400);
    expect(left.length).toBeLessThan(600);
  });

  test("duplicates what it is told to duplicate, more or less", () => {
    const { faulty: all } = traffic(faulty({ duplication: 0.2 }), CALM, 1_000);
    expect(all.length).toBeGreaterThan(1_150);
    expect(all.length).toBeLessThan(1_250);
  });

  test("lets pass as many bytes a millisecond as it is told to", () => {
    const calm = { minDelayMs: 0, maxDelayMs: 0, loss: 0, duplication: 0 };
    const { faulty: slow } = traffic(faulty({ bytesPerMs: 50 }), calm, 10);
    expect(slow).toEqual([20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
  });

  test("loses what would wait too long for its turn", () => {
    const calm = { minDelayMs: 0, maxDelayMs: 0, loss: 0, duplication: 0 };
    const { faulty: left } = traffic(faulty({ bytesPerMs: 1 }), calm, 100);
    expect(left).toHaveLength(MAX_BACKLOG_MS / 1_000);
  });

  test("is sound again when it is healed, or told so", () => {
    const healed = (heal: (network: SimulatedNetwork) => void) =>
      traffic((network) => {
        faulty({ delayMs: 20, loss: 1 })(network);
        heal(network);
      });
    expect(healed((network) => network.heal())).toEqual(sound);
    expect(healed((network) => network.impair(0, 1, SOUND_LINK))).toEqual(sound);
  });
});
