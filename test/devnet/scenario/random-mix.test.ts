// The random mix: the same for the same seed, within what the validators can bear, and over at its end.

import { describe, expect, test } from "vitest";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import { defineScenario, drawMoments, scheduleOf } from "../../../devnet/scenario/index.ts";
import { DRAWN_VERBS, DRAWN_WAYS } from "../../../devnet/scenario/random-mix.ts";
import { affectedAt } from "./scenarios.ts";

const firstSeed = Date.now() % 1_000_000;
const seeds = Array.from({ length: 40 }, (_, index) => firstSeed + index);

function mix({ validators = 7, commands = 24, verbs = [...DRAWN_VERBS] as string[] } = {}) {
  return defineScenario({
    name: "mix",
    validators,
    random: { commands, verbs: verbs as (typeof DRAWN_VERBS)[number][], until: "16s" },
    expect: { noOtherCulprits: false },
  });
}

describe("the random mix", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(drawMoments(mix(), 7)).toEqual(drawMoments(mix(), 7));
    expect(drawMoments(mix(), 7)).not.toEqual(drawMoments(mix(), 8));
  });

  test("is drawn by every verb in the end", () => {
    const drawn = seeds.flatMap((seed) => drawMoments(mix(), seed));
    const verbs = new Set<string>(drawn.map(({ command }) => command.verb));
    for (const verb of [...DRAWN_VERBS, "heal", "copy-disk"]) expect(verbs).toContain(verb);
  });

  test("lies in ways that there are", () => {
    for (const way of DRAWN_WAYS) expect([...WAYS.keys()]).toContain(way);
  });

  test.each([1, 3, 4, 7, 10])(
    `leaves a quorum of %d honest and in reach, at every moment (seeds from ${firstSeed})`,
    (validators) => {
      const verbs = DRAWN_VERBS.filter(
        (verb) => validators >= 4 || (verb.length < 7 && verb !== "lie"),
      );
      const scenario = mix({ validators, verbs });
      const most = Math.floor((validators - 1) / 3);
      for (const seed of seeds) {
        const moments = drawMoments(scenario, seed);
        for (const { atMs } of moments) {
          expect(affectedAt(moments, atMs, validators)).toBeLessThanOrEqual(most);
        }
      }
    },
  );

  test(`counts what the timeline does already (seeds from ${firstSeed})`, () => {
    const scenario = defineScenario({
      name: "mix",
      timeline: [{ at: "1s", do: "lie 3 equivocate" }],
      random: { commands: 10, verbs: ["kill", "pause", "lose-disk", "delay"], until: "16s" },
      expect: { noOtherCulprits: false },
    });
    for (const seed of seeds) {
      const moments = [...scenario.timeline, ...drawMoments(scenario, seed)];
      for (const { atMs } of moments) expect(affectedAt(moments, atMs, 4)).toBeLessThanOrEqual(1);
    }
  });

  test(`ends with a heal of all, before which every fault has ended or begun (seeds from ${firstSeed})`, () => {
    for (const seed of seeds) {
      const moments = drawMoments(mix(), seed);
      expect(moments.at(-1)).toEqual({ atMs: 16_000, command: { verb: "heal", who: "all" } });
      for (const { atMs, forMs = 0 } of moments) expect(atMs + forMs).toBeLessThanOrEqual(16_000);
      expect(moments.map(({ atMs }) => atMs)).toEqual(
        moments.map(({ atMs }) => atMs).sort((a, b) => a - b),
      );
    }
  });

  test(`copies each disk before it rewinds it (seeds from ${firstSeed})`, () => {
    const scenario = mix({ verbs: ["rewind-disk", "kill"] });
    for (const seed of seeds) {
      const copied = new Set<string>();
      for (const { command } of scheduleOf(scenario, seed)) {
        if (command.verb === "copy-disk") copied.add(String(command.who));
        if (command.verb === "rewind-disk") expect(copied).toContain(String(command.who));
      }
    }
  });

  test("is nothing without a mix", () => {
    expect(drawMoments(defineScenario({ name: "a" }), 1)).toEqual([]);
  });

  test("gives what it can where there is nobody to spare", () => {
    const moments = drawMoments(mix({ validators: 1, verbs: ["kill", "partition"] }), 1);
    expect(moments.map(({ command }) => command.verb)).not.toContain("kill");
  });
});
