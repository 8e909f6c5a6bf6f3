// Which state machine a validator runs: the one that genesis names.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainRootOf } from "../../../node/chain/index.ts";
import { loadStateMachine, machineOf, whyNotLoaded } from "../../../node/runtime/machine.ts";

import { genesis } from "../genesis/fixtures.ts";

const MACHINE = `{ name: "mine", decode: () => ({ ok: false, code: "no" }), execute: () => ({ ok: true }) }`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorate-machine-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function moduleOf(name: string, text: string): Promise<string> {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, text);
  return file;
}

describe("an application's module", () => {
  test("exports its state machine under any name, beside anything else", async () => {
    const file = await moduleOf(
      "sound",
      `export const limit = 3; export const board = ${MACHINE};`,
    );
    expect((await loadStateMachine(file)).name).toBe("mine");
  });

  test.each([
    ["none", "export const limit = 3;", "exports no state machine"],
    ["two", `export const a = ${MACHINE}; export const b = ${MACHINE};`, "exports several"],
    ["lost", 'import "./gone.mjs"; export const a = 1;', "imports is missing: Cannot find module"],
    ["lone", 'import "no-such-package-here"; export const a = 1;', "no-such-package-here"],
    ["hasty", 'throw new Error("no luck\\nat all");', "failed while it was loaded: no luck"],
  ])("is refused with %s", async (name, text, what) => {
    const file = await moduleOf(name, text);
    const failure = await loadStateMachine(file).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "BAD_CONFIG", source: file });
    expect(`${failure}`).toContain(what);
  });

  test("is refused where there is no file", async () => {
    const file = join(directory, "nothing.mjs");
    const failure = { code: "BAD_CONFIG", message: `${file}: there is no such file` };
    await expect(loadStateMachine(file)).rejects.toMatchObject(failure);
  });

  test("is refused where there is a folder", async () => {
    const failure = { message: `${directory}: that is a folder` };
    await expect(loadStateMachine(directory)).rejects.toMatchObject(failure);
  });

  // Within these tests another loader than Node's reads the files, so its words for them are said here.
  test.each([
    [
      "in TypeScript",
      Object.assign(new TypeError('Unknown file extension ".ts" for /mine.ts\nmore'), {
        code: "ERR_UNKNOWN_FILE_EXTENSION",
      }),
      'the module cannot be loaded: Unknown file extension ".ts" for /mine.ts',
      "compile the file, and name what comes of it",
    ],
    [
      "with a syntax error",
      new SyntaxError("Unexpected token ';'"),
      "the module has a syntax error: Unexpected token ';'",
      "node --check",
    ],
  ])("is refused %s, in one line, with what to do", async (_, cause, what, remedy) => {
    const why = whyNotLoaded(await moduleOf("any", ""), cause);
    expect(why.what).toBe(what);
    expect(why.remedy).toContain(remedy);
  });
});

describe("a validator", () => {
  const root = chainRootOf(genesis);
  const mine = {
    ...genesis,
    application: { name: "mine", parameters: new Uint8Array(0) },
  };

  test("runs the built-in ledger where genesis names it", () => {
    expect(machineOf(root, undefined, () => {}).name).toBe("ledger");
  });

  test("runs no other application than genesis names", async () => {
    const file = await moduleOf("another", `export const board = ${MACHINE};`);
    const machine = await loadStateMachine(file);
    expect(machineOf(chainRootOf(mine), machine, () => {}).name).toBe("mine");
    expect(() => machineOf(root, machine, () => {})).toThrow(
      '"ledger", and this program runs "mine"',
    );
    expect(() => machineOf(chainRootOf(mine), undefined, () => {})).toThrow(
      '"mine", and this program runs "ledger"',
    );
  });
});
