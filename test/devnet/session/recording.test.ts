import { describe, expect, test } from "vitest";
import { type FaultCommand, parseCommand } from "../../../devnet/faults/index.ts";
import { parseScenario } from "../../../devnet/scenario/index.ts";
import {
  Moments,
  type Recorded,
  recordingText,
  scenarioOf,
} from "../../../devnet/session/recording.ts";
import { HELD } from "../control/subject.ts";

function command(text: string): FaultCommand {
  const parsed = parseCommand(text, { validators: 4, ways: ["equivocate"] });
  if (!parsed.ok) throw new Error(parsed.what);
  return parsed.command;
}

function recorded(given: Partial<Recorded> = {}): Recorded {
  return {
    name: "session-recorded",
    validators: 4,
    seed: 7,
    baseTimeoutMs: 1_000,
    leaders: "round-robin",
    perSecond: 5,
    moments: [
      { atMs: 1_500, command: command("lie 3 equivocate") },
      { atMs: 4_250, command: command("heal") },
    ],
    endedMs: 9_000,
    expect: {
      safety: "holds",
      progress: "always",
      culprits: [3],
      noOtherCulprits: false,
      halted: [],
    },
    ...given,
  };
}

describe("a recording of a live run", () => {
  test("is a scenario that reads back as what happened", () => {
    const text = recordingText(recorded(), HELD, "agreement ok\nverdict all held");
    const parsed = parseScenario(text);
    expect(parsed).toEqual({ ok: true, scenario: scenarioOf(recorded()) });
  });

  test("carries the verdict as comments", () => {
    const text = recordingText(recorded(), HELD, "agreement ok\nverdict held");
    expect(text).toMatch(
      /^# Recorded from a live devnet: seed 7, 4 validators\.\n# agreement ok\n/,
    );
  });

  test("shortens what the verdict shortens", () => {
    const text = recordingText(recorded(), HELD, "block 7f3a…");
    expect(text).toContain("\n# block 7f3a..\n");
  });

  test("cannot be broken by what a log said last", () => {
    const text = recordingText(
      recorded(),
      HELD,
      "v2 halted: \u2028name: evil\r\nname: \u001b[31mevil",
    );
    expect(parseScenario(text)).toMatchObject({ ok: true, scenario: { name: "session-recorded" } });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });

  test("cuts idle time short: before the first command, between two, and after the last one", () => {
    const moments = [600_000, 601_500, 90_000_000].map((atMs) => {
      return { atMs, command: command("kill 2") };
    });
    const scenario = scenarioOf(recorded({ moments, endedMs: 100_000_000 }));
    expect(scenario.timeline.map(({ atMs }) => atMs)).toEqual([2_000, 3_500, 63_500]);
    expect(scenario.durationMs).toBe(123_500);
  });

  test("keeps what is no idle time as it was", () => {
    const { timeline, durationMs } = scenarioOf(recorded());
    expect(timeline.map(({ atMs }) => atMs)).toEqual([1_500, 4_250]);
    expect(durationMs).toBe(9_000);
  });

  test("may hold more liars than a scenario may ask for", () => {
    const moments = [{ atMs: 100, command: command("lie 1,2,3 equivocate") }];
    const text = recordingText(recorded({ moments }), HELD, "");
    expect(parseScenario(text).ok).toBe(true);
  });

  test("holds no more than 256 commands, the first ones", () => {
    const moments = new Moments();
    for (let at = 0; at < 300; at++) moments.note(at, command("kill 2"));
    expect(moments.all).toHaveLength(256);
    expect(moments.all.at(-1)?.atMs).toBe(255);
  });
});
