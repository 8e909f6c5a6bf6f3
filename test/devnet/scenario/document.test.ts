// The document of the language is held to the code: every verb, way, key, default and ready scenario.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import { formatDuration, parseCommand, VERB_HELP } from "../../../devnet/faults/index.ts";
import {
  listScenarios,
  parseScenario,
  problemText,
  summaryOf,
} from "../../../devnet/scenario/index.ts";
import { LIMITS } from "../../../devnet/scenario/limits.ts";
import { DRAWN_VERBS } from "../../../devnet/scenario/random-mix.ts";
import {
  DEFAULT_VERBS,
  DEFAULTS,
  EXPECT_KEYS,
  SCENARIO_KEYS,
} from "../../../devnet/scenario/reading.ts";
import { undo } from "../../../devnet/scenario/undo.ts";

const text = readFileSync(
  resolve(import.meta.dirname, "../../../devnet/scenario/README.md"),
  "utf8",
);

/** The rows of the table with this first title, without its two lines of head. */
function table(section: string, title: string, nth = 0): readonly (readonly string[])[] {
  const part = text.split(/^## /m).find((each) => each.startsWith(section)) ?? "";
  const blocks = part.split("\n\n").filter((block) => block.startsWith(`| ${title} `));
  return (blocks[nth] ?? "")
    .trim()
    .split("\n")
    .slice(2)
    .map((line) => {
      const cells = line.split(" | ").map((cell) => cell.trim());
      return cells.map((cell) => cell.replace(/^\| | \|$/g, "").trim());
    });
}

function code(word: string): string {
  return `\`${word}\``;
}

describe("the document of the language", () => {
  test("has every verb with its usage and summary", () => {
    const rows = VERB_HELP.map(({ usage, summary }) => [code(usage), summary]);
    expect(table("Commands", "command")).toEqual(rows);
  });

  test("has every way to lie with its word, name and summary", () => {
    const rows = [...WAYS.values()].map(({ word, name, summary }) => {
      return [code(word), code(name), summary];
    });
    expect(table("Ways to lie", "word")).toEqual(rows);
  });

  test("has every ready scenario with the first sentence of its story", async () => {
    const rows = (await listScenarios()).map(({ name, scenario }) => {
      return [`[${code(name)}](../scenarios/${name}.yaml)`, summaryOf(scenario)];
    });
    expect(table("Ready scenarios", "scenario")).toEqual(rows);
  });

  test("has every key", () => {
    const keys = (nth: number) => table("Keys", "key", nth).map(([key]) => key);
    expect(keys(0)).toEqual(SCENARIO_KEYS.map(code));
    expect(keys(1)).toEqual(["at", "do", "for"].map(code));
    expect(keys(2)).toEqual(["commands", "verbs", "until"].map(code));
    expect(keys(3)).toEqual(EXPECT_KEYS.map(code));
  });

  test("has every default and range", () => {
    const rows = new Map(
      [0, 1, 2, 3].flatMap((nth) => table("Keys", "key", nth)).map((row) => [row[0], row]),
    );
    const { validators, baseTimeoutMs, perSecond, durationMs, randomCommands } = LIMITS;
    const said = (key: string) => rows.get(code(key))?.slice(1).join(" / ") ?? "";
    const range = ({ min, max }: { min: number; max: number }) => `${min} to ${max}`;
    const times = ({ min, max }: { min: number; max: number }) => {
      return `${formatDuration(min)} to ${formatDuration(max)}`;
    };
    expect(said("name")).toContain(`at most ${LIMITS.nameCharacters} characters`);
    expect(said("story")).toContain(`at most ${LIMITS.storyCharacters.toLocaleString("en")}`);
    expect(said("validators")).toBe(`${range(validators)} / ${DEFAULTS.validators}`);
    expect(said("seed")).toMatch(new RegExp(`from ${LIMITS.seed.min}.* / ${DEFAULTS.seed}$`));
    expect(said("baseTimeout")).toContain(times(baseTimeoutMs));
    expect(said("baseTimeout")).toContain(` / ${formatDuration(DEFAULTS.baseTimeoutMs)}`);
    expect(said("leaders")).toContain(` / ${code(DEFAULTS.leaders)}`);
    expect(said("load")).toContain(`0 to ${perSecond.max.toLocaleString("en")} a second`);
    expect(said("load")).toContain(` / \`{ perSecond: ${DEFAULTS.load.perSecond} }\``);
    expect(said("duration")).toContain(times(durationMs));
    expect(said("duration")).toContain(` / ${formatDuration(DEFAULTS.durationMs)}`);
    expect(said("timeline")).toContain(`at most ${LIMITS.moments} moments`);
    expect(said("commands")).toContain(range(randomCommands));
    expect(said("verbs")).toBe(
      `a list of these: ${DRAWN_VERBS.map(code).join(", ")} / ${DEFAULT_VERBS.map(code).join(", ")}`,
    );
    expect(said("safety")).toContain(` / ${code(DEFAULTS.safety)}`);
    expect(said("progress")).toContain(` / ${code(DEFAULTS.progress)}`);
  });

  test("has every command that can be undone", () => {
    const context = { validators: 4, ways: [...WAYS.keys()] };
    const examples = new Map([
      ["partition", "partition 0/1"],
      ["cut", "cut 0 to 1"],
      ["flap", "flap 0 1 every 1s"],
      ["delay", "delay 1 1s"],
      ["lose", "lose 1 1%"],
      ["duplicate", "duplicate 1 1%"],
      ["throttle", "throttle 1 1kB/s"],
      ["skew", "skew 1 1s"],
      ["lie", "lie 1 equivocate"],
    ]);
    const undone = VERB_HELP.map(({ verb }) => verb).filter((verb) => {
      const parsed = parseCommand(examples.get(verb) ?? `${verb} 1`, context);
      if (!parsed.ok) throw new Error(parsed.what);
      return undo(parsed.command, 4) !== undefined;
    });
    const told = table("Keys", "command").flatMap(([verbs = ""]) => verbs.split(", "));
    expect([...told].sort()).toEqual(undone.map(code).sort());
  });

  test("shows a file that can be played", () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    const parsed = parseScenario(example);
    expect(parsed.ok ? [] : parsed.problems).toEqual([]);
  });

  test("shows what a refusal looks like", () => {
    const example = (/```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "")
      .replace("lie 3 equivocate", "lie 3 equivocte")
      .replace("    for:", "    fro:");
    const parsed = parseScenario(example);
    const told = parsed.ok ? [] : parsed.problems.map(problemText);
    expect(told).toHaveLength(2);
    expect(text).toContain(`\n${told.join("\n")}\n`);
  });
});
