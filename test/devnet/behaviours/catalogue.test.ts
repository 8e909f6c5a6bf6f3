import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BEHAVIOURS, MIXED_BEHAVIOURS, WAYS, wayOf } from "../../../devnet/behaviours/index.ts";

const folder = new URL("../../../devnet/behaviours/", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");
const all = [...BEHAVIOURS.values()];

/** The cells of each line of the table. */
const rows = readme
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
  .map(([_, ...cells]) => cells);

describe("the ways to lie", () => {
  test("have words of their own, each a short command in small letters", () => {
    expect(WAYS.size).toBe(all.length);
    for (const word of WAYS.keys()) expect(word).toMatch(/^[a-z]+(-[a-z]+){0,3}$/);
  });

  test("are found by word and by name, and not by anything else", () => {
    for (const { word, name } of all) {
      expect(wayOf(word)?.name).toBe(name);
      expect(wayOf(name)?.name).toBe(name);
    }
    for (const text of ["", "Equivocate", "equivocates", "constructor", "__proto__"]) {
      expect(wayOf(text)).toBeUndefined();
    }
  });

  test("are no other thing's name: a word that is a name is that behaviour's", () => {
    for (const { word, name } of all) {
      const named = BEHAVIOURS.get(word);
      if (named !== undefined) expect(named.name).toBe(name);
    }
  });

  test("are drawn from in an order that recorded seeds rely on", () => {
    expect(MIXED_BEHAVIOURS).toEqual([
      "equivocating-leader",
      "double-voter",
      "silent",
      "body-withholder",
      "bad-certificates",
      "stale-certificates",
      "forged-signatures",
      "replayer",
      "far-future",
      "bad-payloads",
      "wrong-state-root",
      "diverging-execution",
      "partial-sender",
      "slow-leader",
      "forking-leader",
      "lying-sync",
      "flooder",
      "old-epoch-voter",
      "colluder",
    ]);
  });

  test("stand in the table of the README, each with what the code says of it", () => {
    const documented = rows.map(([word, name, numbers, summary]) => [word, name, numbers, summary]);
    const coded = all.map(({ word, name, catalogue, summary }) => {
      return [word, name, catalogue.join(", "), summary];
    });
    expect(documented).toEqual(coded);
  });

  test("have an oracle and a sight each in the README", () => {
    for (const [word, , , , oracle = "", sight = ""] of rows) {
      expect(oracle.length, `what must hold for ${word}`).toBeGreaterThan(5);
      expect(sight.length, `what a live devnet shows of ${word}`).toBeGreaterThan(5);
    }
  });

  test("have a file each, named after them", () => {
    const files = new Set(readdirSync(folder));
    expect(all.map(({ name }) => `${name}.ts`).filter((file) => !files.has(file))).toEqual([]);
  });
});
