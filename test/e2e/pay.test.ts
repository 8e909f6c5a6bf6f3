// The example of a client, as it was built: nothing but what a stranger has, and one real validator to pay through.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Devnet, startDevnet, stopAll } from "./processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAY = join(ROOT, "dist/devnet/examples/pay.js");
const run = promisify(execFile);

let home: string;
let devnet: Devnet;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-pay-"));
  devnet = await startDevnet(["--dir", join(home, "devnet")], 1);
});

afterAll(async () => {
  await stopAll();
  rmSync(home, { recursive: true, force: true });
});

describe("the paying example", () => {
  test("imports nothing that a stranger has not", () => {
    const source = readFileSync(join(ROOT, "devnet/examples/pay.ts"), "utf8");
    const imported = [...source.matchAll(/from "([^"]+)"/g)].map(([, from]) => from);
    expect(imported).toEqual(["node:fs/promises", "quorate/client"]);
  });

  test("pays from the first account of a devnet to the second, and proves it", async () => {
    const [, second] = devnet.line.accounts;
    const genesis = join(devnet.line.dir, "genesis.json");
    const { stdout, stderr } = await run(process.execPath, [
      PAY,
      genesis,
      ...devnet.line.validators.map(({ rpc }) => rpc),
    ]);
    expect(stderr).toBe("");
    const [paid, balance, block] = stdout.trim().split("\n");
    expect(paid).toMatch(/^ok at height \d+, fee 1$/);
    expect(balance).toBe(`${second?.address} has ${BigInt(second?.balance ?? 0) + 25n}`);
    expect(block).toMatch(/^block \d+ with 1 transactions is final$/);
  });
});
