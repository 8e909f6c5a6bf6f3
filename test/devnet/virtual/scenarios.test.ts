// Every ready scenario on virtual time: what it promises must hold.

import { describe, expect, test } from "vitest";
import { listScenarios, loadScenario } from "../../../devnet/scenario/index.ts";
import { runSimulated } from "../../../devnet/virtual/index.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { whatFailed } from "./fixtures.ts";

const ready = await listScenarios();
const cases = ready.map(({ name, file, scenario }) => ({
  ...{ name, file, scenario },
  seed: scenario.seed,
}));

test("there are at least twenty ready scenarios", () => {
  expect(ready.length).toBeGreaterThanOrEqual(20);
});

test.each(cases)("$name holds (seed $seed)", ({ file, scenario, seed }) => {
  const verdict = runSimulated(scenario, { file, seed });
  expect(whatFailed(verdict)).toEqual([]);
  expect(verdict.ok).toBe(true);
  expect(verdict.replay).toBe(`quorate sim ${file} --seed ${seed}`);
});

describe("drawn from the seed of the day", () => {
  test.each(seedsOfTheDay(3))("a random mix of faults is borne (seed %i)", async (seed) => {
    const verdict = runSimulated(await loadScenario("random-mix"), { seed });
    expect(whatFailed(verdict)).toEqual([]);
  });

  test.each(seedsOfTheDay(3))("liars drawn at random are borne (seed %i)", async (seed) => {
    const verdict = runSimulated(await loadScenario("random-liars"), { seed });
    expect(whatFailed(verdict)).toEqual([]);
  });
});
