// Scenarios as one writes them: in YAML, in JSON, in TypeScript; with and without defaults; and back to a file.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type FaultCommand, formatCommand } from "../../../devnet/faults/index.ts";
import {
  defineScenario,
  formatScenario,
  loadScenario,
  parseScenario,
  type Scenario,
  ScenarioError,
  scheduleOf,
  undo,
} from "../../../devnet/scenario/index.ts";
import { exitCodeOf } from "../../../node/cli/exit-codes.ts";
import { WORDS } from "../faults/commands.ts";
import { anyScenario } from "./scenarios.ts";

const seed = Date.now() % 1_000_000_000;
const directory = mkdtempSync(join(tmpdir(), "quorate-scenario-"));
afterAll(() => rmSync(directory, { recursive: true }));

const FULL = `name: equivocating-leader
story: >
  Validator 3 proposes
  two blocks.
validators: 7
seed: 9
baseTimeout: 250ms
leaders: reputation
load: { perSecond: 20 }
duration: 30s
timeline:
  - { at: 12s, do: heal }
  - at: 2s
    do: lie 3 equivocate
    for: 10s
random: { commands: 6, verbs: [kill, partition, delay], until: 15s }
expect:
  safety: holds
  progress: always
  culprits: [3]
  halted: [2]
`;

const SCENARIO: Scenario = {
  name: "equivocating-leader",
  story: "Validator 3 proposes two blocks.",
  validators: 7,
  seed: 9,
  baseTimeoutMs: 250,
  leaders: "reputation",
  load: { perSecond: 20 },
  durationMs: 30_000,
  timeline: [
    { atMs: 2000, command: { verb: "lie", who: [3], ways: ["equivocate"] }, forMs: 10_000 },
    { atMs: 12_000, command: { verb: "heal", who: "all" } },
  ],
  random: { commands: 6, verbs: ["kill", "partition", "delay"], untilMs: 15_000 },
  expect: {
    safety: "holds",
    progress: "always",
    culprits: [3],
    noOtherCulprits: true,
    halted: [2],
  },
};

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe("a scenario", () => {
  test("is read from YAML, its moments in the order of time", () => {
    expect(parseScenario(FULL, { ways: WORDS })).toEqual({ ok: true, scenario: SCENARIO });
  });

  test("needs no more than a name", () => {
    const parsed = parseScenario("name: calm\n");
    expect(parsed).toEqual({ ok: true, scenario: defineScenario({ name: "calm" }) });
    expect(parsed.ok && parsed.scenario).toMatchObject({
      ...{ story: "", validators: 4, seed: 1, baseTimeoutMs: 500, leaders: "round-robin" },
      ...{ load: { perSecond: 10 }, durationMs: 20_000, timeline: [], random: undefined },
      expect: { safety: "holds", progress: "after-heal", culprits: [], noOtherCulprits: true },
    });
  });

  test("draws a mix until three quarters of its time, unless it says when", () => {
    const { random } = defineScenario({ name: "a", duration: "16s", random: { commands: 2 } });
    expect(random).toMatchObject({ untilMs: 12_000, commands: 2 });
  });

  test("is read from JSON, tabs and all", () => {
    const json = JSON.stringify(
      { name: "a", timeline: [{ at: "2s", do: "partition 0,1/2,3" }] },
      undefined,
      "\t",
    );
    expect(parseScenario(json)).toMatchObject({ ok: true, scenario: { name: "a" } });
  });

  test("is the same from TypeScript, with commands as text or as data", () => {
    const scenario = defineScenario({
      name: "equivocating-leader",
      story: "Validator 3 proposes two blocks.",
      ...{ validators: 7, seed: 9, baseTimeout: "250ms", leaders: "reputation" },
      ...{ load: { perSecond: 20 }, duration: "30s" },
      timeline: [
        { at: "2s", do: "lie 3 equivocate", for: "10s" },
        { at: "12s", do: { verb: "heal", who: "all" } },
      ],
      random: { commands: 6, verbs: ["kill", "partition", "delay"], until: "15s" },
      expect: { progress: "always", culprits: [3], halted: [2] },
    });
    expect(scenario).toEqual(SCENARIO);
  });

  test("in TypeScript is refused by path, with all that is wrong", () => {
    const define = () =>
      defineScenario({
        name: "a",
        timeline: [
          { at: "2s", do: "kil 2" },
          { at: "2", do: { verb: "lose", who: [1], percent: Number.NaN } },
        ],
        expect: { culprits: [2] },
      });
    expect(define).toThrow(ScenarioError);
    expect(define).toThrow(/timeline\[0\].do: there is no verb "kil"; nearest: kill/);
    expect(define).toThrow(/timeline\[1\].at: "2" stands where a duration/);
    expect(define).toThrow(/timeline\[1\].do: "NaN%" is not a share/);
  });

  test("in TypeScript is refused for the same mistake wherever it stands", () => {
    const timeline = ["1s", "2s"].map((at) => ({ at, do: "kil 2" }));
    const define = () => defineScenario({ name: "a", timeline });
    expect(define).toThrow(/timeline\[0\].do: there is no verb/);
    expect(define).toThrow(/timeline\[1\].do: there is no verb/);
  });

  test("in TypeScript is refused for its cast, too", () => {
    const timeline = [{ at: "2s", do: "kill 1,2" }];
    expect(() => defineScenario({ name: "a", timeline, expect: { progress: "always" } })).toThrow(
      /timeline\[0\].do: from here on validators 1, 2/,
    );
  });

  test(`comes back the same from the file that it is written to (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyScenario, (scenario) => {
        const text = formatScenario(scenario, { isRecording: true });
        const parsed = parseScenario(text, { ways: WORDS });
        if (!parsed.ok) expect(parsed.problems).toEqual([]);
        else expect(parsed.scenario).toEqual(scenario);
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe("a fault that lasts for a while", () => {
  test.each<[string, FaultCommand, FaultCommand]>([
    ["kill", { verb: "kill", who: [1] }, { verb: "restart", who: [1] }],
    ["pause", { verb: "pause", who: "all" }, { verb: "resume", who: "all" }],
    [
      "partition",
      { verb: "partition", groups: [[0], [1]] },
      { verb: "partition", groups: [[0, 1, 2, 3]] },
    ],
    ["flap", { verb: "flap", from: 0, to: 2, everyMs: 5 }, { verb: "heal", who: [0, 2] }],
    [
      "delay",
      { verb: "delay", who: [1], ms: 5, jitterMs: 5 },
      { verb: "delay", who: [1], ms: 0, jitterMs: 0 },
    ],
    ["lose", { verb: "lose", who: [1], percent: 5 }, { verb: "lose", who: [1], percent: 0 }],
    [
      "duplicate",
      { verb: "duplicate", who: [1], percent: 5 },
      { verb: "duplicate", who: [1], percent: 0 },
    ],
    ["throttle", { verb: "throttle", who: [1], kilobytesPerSecond: 5 }, { verb: "heal", who: [1] }],
    ["fill-disk", { verb: "fill-disk", who: "all" }, { verb: "heal", who: [0, 1, 2, 3] }],
    ["break-disk", { verb: "break-disk", who: [1] }, { verb: "heal", who: [1] }],
    ["skew", { verb: "skew", who: [1], ms: -5 }, { verb: "skew", who: [1], ms: 0 }],
    ["freeze", { verb: "freeze", who: [1] }, { verb: "heal", who: [1] }],
    ["lie", { verb: "lie", who: [1], ways: ["equivocate"] }, { verb: "repent", who: [1] }],
  ])("%s ends by its opposite", (_, command, end) => {
    expect(undo(command, 4)).toEqual(end);
  });

  test("ends before what begins at the same instant", () => {
    const scenario = defineScenario({
      name: "a",
      timeline: [
        { at: "4s", do: "kill 1" },
        { at: "2s", do: "kill 0", for: "2s" },
      ],
    });
    expect(scheduleOf(scenario, 1).map(({ atMs, command }) => [atMs, command.verb])).toEqual([
      [2000, "kill"],
      [4000, "restart"],
      [4000, "kill"],
    ]);
  });
});

describe("a fault that lasts, and whose place another one took", () => {
  const at = (second: number, command: string, forSeconds?: number) => {
    return { at: `${second}s`, do: command, ...(forSeconds && { for: `${forSeconds}s` }) };
  };
  test.each([
    {
      what: "a liar told to lie otherwise lies as long as it was told last",
      timeline: [at(1, "lie 3 equivocate", 2), at(2, "lie 3 double-vote", 3)],
      happens: ["1 lie 3 equivocate", "2 lie 3 double-vote", "5 repent 3"],
    },
    {
      what: "one that is told only once for several ends for those who are left",
      timeline: [at(1, "pause 0,1", 3), at(2, "resume 1")],
      happens: ["1 pause 0,1", "2 resume 1", "4 resume 0"],
    },
    {
      what: "what was healed is over",
      timeline: [at(1, "flap 2 0 every 100ms", 4), at(1, "lie 3 equivocate", 5), at(2, "heal 0,3")],
      happens: ["1 flap 2 0 every 100ms", "1 lie 3 equivocate", "2 heal 0,3"],
    },
    {
      what: "what was killed and started again stands still no more",
      timeline: [at(1, "pause 1", 4), at(2, "kill 1", 4), at(3, "restart 1")],
      happens: ["1 pause 1", "2 kill 1", "3 restart 1"],
    },
    {
      what: "what is down stands still no more",
      timeline: [at(1, "pause 1", 3), at(2, "kill 1", 4)],
      happens: ["1 pause 1", "2 kill 1", "6 restart 1"],
    },
    {
      what: "a partition goes on as long as the last one",
      timeline: [at(1, "partition 0,1/2,3", 2), at(2, "partition 0/1,2,3", 2)],
      happens: ["1 partition 0,1/2,3", "2 partition 0/1,2,3", "4 partition 0,1,2,3"],
    },
    {
      what: "a fault of another kind, or of another validator, takes no place",
      timeline: [at(1, "delay 1 5ms", 3), at(2, "lose 1 5%", 1), at(2, "delay 2 5ms", 3)],
      happens: [
        ...["1 delay 1 5ms", "2 lose 1 5%", "2 delay 2 5ms", "3 lose 1 0%"],
        ...["4 delay 1 0ms", "5 delay 2 0ms"],
      ],
    },
  ])("$what", ({ timeline, happens }) => {
    const scenario = defineScenario({
      ...{ name: "a", duration: "20s", timeline },
      expect: { noOtherCulprits: false },
    });
    const schedule = scheduleOf(scenario, 1);
    const text = schedule.map(({ atMs, command }) => `${atMs / 1_000} ${formatCommand(command)}`);
    expect(text).toEqual(happens);
  });
});

describe("a scenario file", () => {
  test.each(["yaml", "yml"])("is read by its path, .%s", async (extension) => {
    const path = file(`mine.${extension}`, FULL);
    await expect(loadScenario(path, { ways: WORDS })).resolves.toEqual(SCENARIO);
  });

  test("is a module that exports a scenario", async () => {
    const path = file("mine.mjs", `export const mine = ${JSON.stringify(SCENARIO)};\n`);
    await expect(loadScenario(path)).resolves.toEqual(JSON.parse(JSON.stringify(SCENARIO)));
  });

  test("in TypeScript is read from the JavaScript beside it", async () => {
    file("beside.js", `export const mine = ${JSON.stringify(SCENARIO)};\n`);
    const path = file("beside.ts", "not JavaScript at all");
    await expect(loadScenario(path)).resolves.toMatchObject({ name: "equivocating-leader" });
  });

  test("that is refused is told with its name, lines and an exit code of bad configuration", async () => {
    const path = file("bad.yaml", "name: a\ntimeline:\n  - at: 2s\n    do: kil 2\n");
    const error = await loadScenario(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ScenarioError);
    expect((error as ScenarioError).message).toBe(
      `${path} cannot be played:\nline 4, column 9: there is no verb "kil"; nearest: kill`,
    );
    expect(exitCodeOf(error)).toBe(3);
  });

  test.each([
    ["missing.yaml", undefined, /there is no file/],
    ["none.mjs", "export const a = 1;\n", /exports no scenario/],
    ["broken.mjs", "export const a = ;\n", /cannot be loaded/],
    ["prose.txt", "once upon a time", /ends in none of/],
    ["large.yaml", `#${"x".repeat(256 * 1024)}`, /262145 bytes are too many.*at most 256 KiB/],
  ])("%s is refused", async (name, content, what) => {
    const path = content === undefined ? join(directory, name) : file(name, content);
    await expect(loadScenario(path)).rejects.toThrow(what);
  });

  test("that is a folder is refused", async () => {
    mkdirSync(join(directory, "folder.yaml"));
    await expect(loadScenario(join(directory, "folder.yaml"))).rejects.toThrow(/is a folder$/);
  });

  test("that exports two scenarios is refused", async () => {
    const one = JSON.stringify(SCENARIO);
    const path = file("two.mjs", `export const a = ${one};\nexport const b = ${one};\n`);
    await expect(loadScenario(path)).rejects.toThrow(/several scenarios/);
  });
});
