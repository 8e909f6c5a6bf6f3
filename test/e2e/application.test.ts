// A devnet of four validators that run an application of one's own, from the command line alone: the task board.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Command, type Devnet, startDevnet, stopAll } from "./processes.ts";

const BOARD = resolve(import.meta.dirname, "../../dist/devnet/examples/task-board.js");

let home: string;
let devnet: Devnet;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-application-"));
  const dir = join(home, "devnet");
  devnet = await startDevnet(["--dir", dir, "--seed", "an application", "--application", BOARD]);
});

afterAll(async () => {
  await stopAll();
  rmSync(home, { recursive: true, force: true });
});

/** What became of a call that an account makes through a validator. */
async function call(from: number, command: object, through = 0) {
  const { accounts, validators } = devnet.line;
  const key = accounts[from]?.secretKey ?? "";
  const rpc = validators[through]?.rpc ?? "";
  const text = JSON.stringify(command);
  const sent = new Command(["tx", "call", text, "--from", key, "--rpc", rpc]);
  const line = await sent.line("transaction");
  await sent.ended;
  return line as unknown as { readonly result: string; readonly reason?: string };
}

describe("a devnet with an application of one's own", () => {
  test("executes its calls, and agrees who came first", async () => {
    await expect(call(0, { do: "open", task: "build", title: "Build it" })).resolves.toMatchObject({
      state: "final",
      result: "ok",
    });
    const claim = { do: "claim", task: "build" };
    const claims = await Promise.all([call(1, claim, 1), call(2, claim, 2)]);
    expect(claims.map(({ result }) => result).sort()).toEqual(["failed", "ok"]);
    expect(claims.find(({ result }) => result === "failed")?.reason).toBe("claimed-by-another");
  });

  test("goes on with it after a restart", async () => {
    await devnet.command.stop("SIGINT");
    devnet = await startDevnet(["--dir", join(home, "devnet")]);
    const again = await call(0, { do: "open", task: "build", title: "Build it" }, 3);
    expect(again).toMatchObject({ result: "failed", reason: "task-exists" });
  });

  test("refuses a validator that would run something else", async () => {
    const [first] = devnet.line.validators;
    await devnet.command.stop("SIGINT");
    const without = new Command([
      "node",
      "--dir",
      first?.dir ?? "",
      "--application",
      "/nowhere.js",
    ]);
    expect((await without.ended).exitCode).toBe(3);
  });
});
