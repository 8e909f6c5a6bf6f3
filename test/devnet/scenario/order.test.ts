// A command that takes back what was never done, or is over by then, is refused before anything runs.

import { describe, expect, test } from "vitest";
import { parseScenario } from "../../../devnet/scenario/index.ts";
import { WORDS } from "../faults/commands.ts";

function problemsOf(text: string) {
  const parsed = parseScenario(text, { ways: WORDS });
  return parsed.ok ? [] : parsed.problems;
}

function problemOf(text: string) {
  const [problem, ...others] = problemsOf(text);
  expect(others).toEqual([]);
  return { what: problem?.what };
}

/** One moment that does this, in a scenario of four validators and 20 s. */
function doing(act: string, { more = "" } = {}): string {
  return `name: a\ntimeline:\n  - at: 2s\n    do: ${act}\n${more}`;
}

describe("an order that cannot be is refused", () => {
  test("for somebody that goes on without having stood still", () => {
    expect(problemOf(doing("resume 1")).what).toMatch(/validator 1 is not paused: write pause/);
  });

  test.each([
    ["was killed since", "pause 1", "kill 1"],
    ["was down when it was to stand still", "kill 1", "pause 1"],
  ])("for somebody that goes on and %s", (_, first, second) => {
    const more = `  - { at: 3s, do: ${second} }\n  - { at: 4s, do: resume 1 }\n`;
    expect(problemOf(doing(first, { more })).what).toMatch(/validator 1 is not paused/);
  });

  test("for all that go on when nobody stands still", () => {
    expect(problemOf(doing("resume all")).what).toMatch(/nobody is paused: write pause before/);
  });

  test("for all that repent when nobody lies", () => {
    expect(problemOf(doing("repent all")).what).toMatch(/nobody lies: write lie before/);
  });

  test("but not for all that go on when one of them stands still", () => {
    expect(problemsOf(doing("pause 1", { more: "  - { at: 3s, do: resume all }\n" }))).toEqual([]);
  });

  test("for somebody that goes on after the heal that ends the mix", () => {
    const more = "  - { at: 6s, do: resume 1 }\nrandom: { commands: 1, until: 5s }\n";
    expect(problemOf(doing("pause 1", { more })).what).toMatch(/validator 1 is not paused/);
  });

  test("but not for progress always with one down before that heal and one after it", () => {
    const more =
      "  - { at: 6s, do: kill 2 }\n" +
      "random: { commands: 1, until: 5s }\nexpect: { progress: always }\n";
    expect(problemsOf(doing("kill 1", { more }))).toEqual([]);
  });

  test("for somebody that repents of nothing", () => {
    expect(problemOf(doing("repent 1")).what).toMatch(/validator 1 does not lie: write lie/);
  });
});
