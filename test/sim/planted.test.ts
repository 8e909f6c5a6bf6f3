import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BUGS, type HuntResult } from "../../devnet/sim/planted/index.ts";
import { applyEdits } from "../../devnet/sim/planted/planted-bug.ts";

// `npm test` builds first; whoever runs one file by hand may have the build elsewhere.
const COMPILED = process.env.QUORATE_DIST ?? fileURLToPath(new URL("../../dist", import.meta.url));

function compiled(module: string): string {
  return readFileSync(`${COMPILED}/${module}.js`, "utf8");
}

/** A hunt in a process of its own, for the bug stays in the process that it is planted in. */
function hunt(bug: string, seconds: number): HuntResult {
  const hunter = `${COMPILED}/devnet/sim/planted/hunter.js`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [hunter, bug, String(seconds), "1"],
    { encoding: "utf8", timeout: 50_000 },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as HuntResult;
}

describe("the planted bugs", () => {
  test("are many, and each has a name of its own in kebab case", () => {
    const names = BUGS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(35);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test("say why they are bugs", () => {
    for (const { why } of BUGS) expect(why).toMatch(/^[A-Z].{20,}\.$/);
  });

  test("are planted in modules that were compiled", () => {
    for (const { edits } of BUGS) {
      for (const { module } of edits) expect(existsSync(`${COMPILED}/${module}.js`)).toBe(true);
    }
  });

  test.each(BUGS.map((bug) => [bug.name, bug] as const))("%s fits its source", (_, { edits }) => {
    expect(edits.length).toBeGreaterThan(0);
    for (const module of new Set(edits.map((edit) => edit.module))) {
      const source = compiled(module);
      expect(applyEdits(module, source, edits)).not.toBe(source);
    }
  });
});

describe("an edit", () => {
  const edit = { module: "a", find: "if (x) return;", replace: "if ($&) return;" };

  test("is made whatever the white space, and puts in exactly what it says", () => {
    const patched = applyEdits("a", "one;\nif (x)\n    return;\ntwo;", [edit]);
    expect(patched).toBe("one;\nif ($&) return;\ntwo;");
  });

  test("leaves other modules alone", () => {
    expect(applyEdits("b", "if (x) return;", [edit])).toBe("if (x) return;");
  });

  test("that fits nowhere is refused", () => {
    expect(() => applyEdits("a", "if (y) return;", [edit])).toThrow("found 0 times");
  });

  test("that fits twice is refused", () => {
    const twice = "if (x) return; if (x) return;";
    expect(() => applyEdits("a", twice, [edit])).toThrow("found 2 times");
  });

  test("is found as it is written, not as a pattern", () => {
    const dotted = { ...edit, find: "a.b(c)" };
    expect(() => applyEdits("a", "aXb(c)", [dotted])).toThrow("found 0 times");
  });
});

describe("a hunt", () => {
  test("catches a planted bug", () => {
    const { caught } = hunt("timeout-leaves-the-view-open", 20);
    expect(caught?.what).toMatch(/\S/);
    expect(caught?.replay).toMatch(/\S/);
  });

  test("finds nothing where nothing was planted", () => {
    const { caught, scenarios } = hunt("none", 3);
    expect(caught).toBeUndefined();
    expect(scenarios).toBeGreaterThan(0);
  });

  test("refuses a bug that nobody knows", () => {
    const hunter = `${COMPILED}/devnet/sim/planted/hunter.js`;
    const { status } = spawnSync(process.execPath, [hunter, "no-such-bug", "1", "1"]);
    expect(status).not.toBe(0);
  });
});
