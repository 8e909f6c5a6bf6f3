// The scenarios that come with Quorate: every file is read and checked.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  drawMoments,
  formatScenario,
  listScenarios,
  loadScenario,
  parseScenario,
  summaryOf,
} from "../../../devnet/scenario/index.ts";

const folder = resolve(import.meta.dirname, "../../../devnet/scenarios");
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.slice(0, -".yaml".length));

/** Short enough to watch live, long enough for something to happen. */
const SHORTEST_MS = 8_000;
const LONGEST_MS = 20_000;

describe("the ready scenarios", () => {
  test.each(names)("%s can be played, and tells a story", (name) => {
    const parsed = parseScenario(readFileSync(join(folder, `${name}.yaml`), "utf8"));
    if (!parsed.ok) expect(parsed.problems).toEqual([]);
    else {
      const { scenario } = parsed;
      expect(scenario.name).toBe(name);
      expect(scenario.story.length).toBeGreaterThan(80);
      expect(summaryOf(scenario)).toMatch(/^[A-Z].*[.!?]$/);
      expect(scenario.durationMs).toBeGreaterThanOrEqual(SHORTEST_MS);
      expect(scenario.durationMs).toBeLessThanOrEqual(LONGEST_MS);
      expect(parseScenario(formatScenario(scenario))).toEqual(parsed);
      const drawn = drawMoments(scenario, scenario.seed);
      expect(drawn.length > 0).toBe(scenario.random !== undefined);
    }
  });

  test("are many, and found wherever this runs from", async () => {
    const found = await listScenarios();
    expect(found.map(({ name }) => name)).toEqual([...names].sort());
    expect(found.length).toBeGreaterThanOrEqual(24);
  });

  test("are loaded by name alone", async () => {
    const scenario = await loadScenario("split-in-half");
    expect(scenario.timeline.map(({ atMs }) => atMs)).toEqual([3000, 8000]);
  });

  test("answer a wrong name with the nearest", async () => {
    await expect(loadScenario("split-in-haf")).rejects.toThrow(/nearest: split-in-half/);
  });
});
