import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseScenario } from "../../../devnet/scenario/index.ts";
import {
  Conclusion,
  type ConclusionOptions,
  tellVerdict,
} from "../../../devnet/terminal/conclusion.ts";
import type { Verdict } from "../../../devnet/verdict/index.ts";
import { createOutput } from "../../../node/cli/output.ts";
import { HELD } from "../control/subject.ts";

const FAILED: Verdict = { ...HELD, ok: false, scenario: "a-play" };

let dir: string;
let notes: string[];
let looks: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quorate-conclusion-"));
  notes = [];
  looks = 0;
});

afterEach(() => rmSync(dir, { recursive: true }));

type Given = {
  readonly verdict?: Verdict;
  readonly isPlay?: boolean;
  readonly hasFaults?: boolean;
  readonly record?: string;
};

function conclusion({ verdict = HELD, isPlay = false, hasFaults = true, record }: Given = {}) {
  const parsed = parseScenario("name: a-play");
  if (!parsed.ok) throw new Error("a scenario needs no more than a name");
  const options: ConclusionOptions = {
    opened: { plan: { dir } },
    options: record === undefined ? {} : { record },
    context: { env: {}, output: { note: (text) => notes.push(text) } },
    part: isPlay ? { scenario: parsed.scenario, name: "a-play" } : undefined,
    seed: 7,
    isEphemeral: false,
    session: {
      hasFaults,
      get isWatched() {
        return looks > 0;
      },
      watch: async () => {},
      look: async () => void looks++,
      verdict: () => verdict,
      recording: ({ replay }) => `# ${replay}\n`,
    },
  };
  return new Conclusion(options);
}

function recordings(): readonly string[] {
  return readdirSync(dir).includes("recordings") ? readdirSync(join(dir, "recordings")) : [];
}

describe("the conclusion of a run", () => {
  test("of a person without faults is no verdict", async () => {
    expect(await conclusion({ hasFaults: false }).last()).toBeUndefined();
    expect(looks).toBe(0);
  });

  test("of a person without faults is a verdict when it is asked for, after a look at the chain", async () => {
    const one = conclusion({ hasFaults: false });
    expect(await one.soFar()).toEqual(HELD);
    expect(looks).toBe(1);
    expect(await one.last()).toEqual(HELD);
    expect(looks).toBe(1);
    expect(recordings()).toEqual([]);
  });

  test("of a person with faults is a verdict with its recording, whose replay is in it", async () => {
    const verdict = await conclusion().last();
    const [file = "", ...others] = recordings();
    expect(others).toEqual([]);
    expect(file).toMatch(/^session-7-\d{8}T\d{6}\.yaml$/);
    expect(verdict?.recording).toBe(join(dir, "recordings", file));
    expect(verdict?.replay).toMatch(new RegExp(` sim ${verdict?.recording} --seed 7$`));
    expect(readFileSync(verdict?.recording ?? "", "utf8")).toBe(`# ${verdict?.replay}\n`);
  });

  test("before the end is recorded in the same file", async () => {
    const one = conclusion();
    expect((await one.soFar()).recording).toBe((await one.last())?.recording);
    expect(recordings()).toHaveLength(1);
  });

  test("of a scenario that held leaves nothing behind", async () => {
    const verdict = await conclusion({ isPlay: true }).last();
    expect(verdict).toEqual(HELD);
    expect(recordings()).toEqual([]);
  });

  test("of a scenario that did not hold leaves a recording", async () => {
    const verdict = await conclusion({ isPlay: true, verdict: FAILED }).last();
    expect(recordings()).toHaveLength(1);
    expect(verdict?.recording).toContain("a-play-7-");
  });

  test("leaves a recording where one was asked for", async () => {
    const record = join(dir, "mine.yaml");
    expect((await conclusion({ isPlay: true, record }).last())?.recording).toBe(record);
  });

  test("is the verdict all the same when its recording cannot be written", async () => {
    writeFileSync(join(dir, "a-file"), "");
    const record = join(dir, "a-file", "mine.yaml");
    expect(await conclusion({ record }).last()).toEqual(HELD);
    expect(notes).toEqual([expect.stringMatching(/^the recording could not be written: /)]);
  });
});

describe("the exit code of a devnet", () => {
  const output = createOutput({
    json: true,
    stdout: { write: () => {} },
    stderr: { write: () => {} },
    env: {},
  });

  test.each([
    ["its own without a verdict", undefined, 130, 130],
    ["its own when the verdict held", HELD, 0, 0],
    ["that of the signal when the verdict held", HELD, 130, 130],
    ["1 when it did not", FAILED, 0, 1],
    ["1 when it did not, signal or not", FAILED, 130, 1],
  ])("is %s", (_, verdict, given, expected) => {
    expect(tellVerdict(verdict, output, given)).toBe(expected);
  });
});
