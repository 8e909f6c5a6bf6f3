// Of a scenario with something wrong, what is sound is checked as well, and nothing is told that only follows from the wrong.

import { describe, expect, test } from "vitest";
import { parseScenario } from "../../../devnet/scenario/index.ts";
import { WORDS } from "../faults/commands.ts";

function problemsOf(text: string) {
  const parsed = parseScenario(text, { ways: WORDS });
  return parsed.ok ? [] : parsed.problems;
}

/** One moment that does this late in the run, in a scenario of four validators and 20 s. */
function doing(act: string): string {
  return `name: a\ntimeline:\n  - at: 30s\n    do: ${act}\n`;
}

describe("of a scenario with something wrong, the rest is checked as well", () => {
  const liars = "  - { at: 1s, do: lie 2 equivocate }\n  - { at: 2s, do: lie 3 equivocate }\n";
  const whats = (text: string) => problemsOf(text).map(({ what }) => what);

  test("and too many liars are told beside a verb that does not exist", () => {
    expect(whats(`name: a\ntimeline:\n${liars}  - { at: 3s, do: kil 1 }\n`)).toEqual([
      expect.stringMatching(/validators 2, 3 lie/),
      expect.stringMatching(/no verb "kil"/),
    ]);
  });

  test("and a moment after the end beside a seed in words", () => {
    expect(whats(`seed: one\n${doing("heal")}`)).toEqual([
      expect.stringMatching(/"one" stands/),
      expect.stringMatching(/30s is not before the end/),
    ]);
  });

  test("and whoever goes on without having stood still beside a duration without a unit", () => {
    expect(whats(`duration: 60\n${doing("resume 1")}`)).toEqual([
      expect.stringMatching(/60 stands where a duration/),
      expect.stringMatching(/validator 1 is not paused/),
    ]);
  });

  test.each([
    ["who is paused", "  - { at: 1s, do: pauze 1 }\n  - { at: 2s, do: resume 1 }\n"],
    ["whose disk is copied", "  - { at: 1s, do: copy 1 }\n  - { at: 2s, do: rewind-disk 1 }\n"],
    ["who lies", "  - { at: 1s, do: li 1 }\nexpect: { culprits: [1] }\n"],
    ["who halts", "  - { at: 1s, do: li 1 }\nexpect: { halted: [1] }\n"],
    ["when a fault ends", "  - { at: 1s, do: 'kill 1,2', for: 2 }\nexpect: { progress: always }\n"],
    ["how many there are", "  - { at: 1s, do: 'lie 5,6 equivocate' }\nvalidatrs: 7\n"],
    ["how many there are, by another name", `${liars}nodes: 7\n`],
    ["how many there are, said twice", `${liars}validators: 4\nvalidators: 7\n`],
    ["how long it takes", "  - { at: 30s, do: heal }\nduration: 60\n"],
    ["how long the mix takes", "random: { commands: 1, until: 50s }\nduration: 60\n"],
    ["whether safety may break", `${liars}expect: { safety: may-brake }\n`],
    ["whether it has happened already", "  - { at: 1s, do: resume 1 }\nrecorded: yes\n"],
  ])("but not where that hangs on what is wrong: %s", (_, rest) => {
    const timeline = rest.startsWith("random") ? "" : "timeline:\n";
    expect(problemsOf(`name: a\n${timeline}${rest}`)).toHaveLength(1);
  });
});
