// Every ready scenario on virtual time: what it promises must hold.

import { expect, test } from "vitest";
import { listScenarios } from "../../../devnet/scenario/index.ts";
import { runSimulated } from "../../../devnet/virtual/index.ts";
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
