// Which state machine a validator runs: the one that genesis names.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainRootOf } from "../../../node/chain/index.ts";
import { loadStateMachine, machineOf } from "../../../node/runtime/machine.ts";

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
    ["broken", "export const a = ;", "cannot be loaded"],
  ])("is refused with %s", async (name, text, what) => {
    const file = await moduleOf(name, text);
    const failure = await loadStateMachine(file).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "BAD_CONFIG", source: file });
    expect(`${failure}`).toContain(what);
  });

  test("is refused where there is no file", async () => {
    const file = join(directory, "nothing.mjs");
    await expect(loadStateMachine(file)).rejects.toMatchObject({ code: "BAD_CONFIG" });
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
