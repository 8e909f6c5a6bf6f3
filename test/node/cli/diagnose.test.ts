import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Genesis } from "../../../node/chain/index.ts";
import { chain, genesis, nodeDirectory, strayingAt } from "../diagnosis/fixtures.ts";
import { quorate } from "./quorate.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-diagnose-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const another: Genesis = { ...genesis, name: "another" };
const blocks = chain([[{ to: "bob" }], [{ to: "carol" }]]);
const unlucky = strayingAt(blocks[1]?.ids[0], () => ({ ok: false, code: "out-of-luck" }));

const directory = (name: string) => join(folder, name);

describe("quorate diagnose", () => {
  test("ends with exit code 0 when two directories agree", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    const b = await nodeDirectory(directory("b"), { blocks });
    const said = await quorate("diagnose", a, b);
    expect(said).toEqual({ exitCode: 0, stdout: "no difference up to height 2\n", stderr: "" });
  });

  test("ends with exit code 1 when they differ, and says in what", async () => {
    const certified = [1];
    const a = await nodeDirectory(directory("a"), { blocks, machine: unlucky, certified });
    const b = await nodeDirectory(directory("b"), { blocks, certified });
    const { exitCode, stdout } = await quorate("diagnose", a, b);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^block +height 2 0x/);
    expect(stdout).toMatch(/^transaction +0 0x/m);
    expect(stdout).toMatch(/^key +account qr1/m);
    expect(stdout).toContain("failed (out-of-luck), fee 1");
  });

  test("says it as one JSON object with --json", async () => {
    const a = await nodeDirectory(directory("a"), { blocks, machine: unlucky });
    const b = await nodeDirectory(directory("b"), { blocks });
    const { stdout } = await quorate("diagnose", "--json", a, b);
    expect(JSON.parse(stdout)).toMatchObject({ type: "different", a, b, height: 2 });
  });

  test("lets both directories go again", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    const b = await nodeDirectory(directory("b"), { blocks });
    await quorate("diagnose", a, b);
    expect(await quorate("diagnose", b, a)).toMatchObject({ exitCode: 0 });
  });

  test("ends with exit code 2 when a directory is compared with itself", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    expect(await quorate("diagnose", a, `${a}/.`)).toMatchObject({ exitCode: 2 });
  });

  test("ends with exit code 3 where there is no node", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    const { exitCode, stderr } = await quorate("diagnose", a, directory("nowhere"));
    expect(exitCode).toBe(3);
    expect(stderr).toContain("Name a node's directory");
    expect(stderr).not.toContain("--dir");
  });

  test("ends with exit code 5 when a directory is damaged", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    const b = await nodeDirectory(directory("b"), { blocks });
    writeFileSync(join(b, "data", "halt.json"), "{");
    const { exitCode, stderr } = await quorate("diagnose", a, b);
    expect(exitCode).toBe(5);
    expect(stderr).toContain("halt.json");
  });

  test("ends with exit code 6 when the two are of different chains", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    const b = await nodeDirectory(directory("b"), { blocks, of: another });
    expect(await quorate("diagnose", a, b)).toMatchObject({ exitCode: 6 });
  });

  test("ends with exit code 6 when it would execute with another application", async () => {
    const a = await nodeDirectory(directory("a"), { blocks });
    const b = await nodeDirectory(directory("b"), { blocks });
    const file = join(folder, "other.mjs");
    writeFileSync(file, "export const other = { name: 'other', decode() {}, execute() {} };");
    const said = await quorate("diagnose", a, b, "--application", file);
    expect(said).toMatchObject({ exitCode: 6 });
    expect(said.stderr).toContain('"other"');
  });
});
