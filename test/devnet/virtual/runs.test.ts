// The same seed, the same run: whole scenarios, to the last event.

import { describe, expect, test } from "vitest";
import { parseScenario, type Scenario } from "../../../devnet/scenario/index.ts";
import { runSimulated } from "../../../devnet/virtual/index.ts";

const text = `
name: mixture
story: A liar, a cut and a restart.
load: { perSecond: 20 }
duration: 3s
timeline:
  - { at: 500ms, do: lie 3 equivocate, for: 2s }
  - { at: 1s, do: lose all 5%, for: 500ms }
  - { at: 2s, do: restart 0 }
expect: { progress: after-heal, culprits: [3] }
`;

function scenario(): Scenario {
  const parsed = parseScenario(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenario;
}

describe("a scenario on virtual time", () => {
  test.each([1, 7])("takes the same course each time (seed %i)", (seed) => {
    const first = runSimulated(scenario(), { seed, file: "mixture.yaml" });
    const second = runSimulated(scenario(), { seed, file: "mixture.yaml" });
    expect(first.traceHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(second).toEqual(first);
  });

  test("takes another course under another seed", () => {
    const hashes = [1, 2, 3].map((seed) => runSimulated(scenario(), { seed }).traceHash);
    expect(new Set(hashes).size).toBe(3);
  });

  test("tells what happens, event by event", () => {
    const lines: string[] = [];
    runSimulated(scenario(), { onEvent: (line) => lines.push(line) });
    expect(lines).toContain("500 network fault lie 3 equivocate");
    expect(lines).toContain("2500 network fault repent 3");
  });

  test("keeps its trace when somebody listens to the events", () => {
    const { traceHash } = runSimulated(scenario());
    expect(runSimulated(scenario(), { onEvent: () => {} }).traceHash).toBe(traceHash);
  });
});
