// What a newcomer does with a devnet: make a validator lie, see it named with proof while transfers keep finalizing, and
// replay the same in the simulator; and what a scenario does by itself. Real processes of the built command.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addressOf, fromHex, hash, secretKey } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { CONTROL_FILE } from "../../devnet/control/index.ts";
import type { Verdict } from "../../devnet/verdict/index.ts";
import { Client, signTransfer } from "../../node/client/index.ts";
import { eventually } from "./eventually.ts";
import { freePorts } from "./ports.ts";
import { Command, type Devnet, startDevnet, stopAll } from "./processes.ts";

const SEED = "7";

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "quorate-faults-"));
});

afterEach(stopAll);

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A command that ends by itself: its line of that type, and its exit code. */
async function quorate<T extends { readonly type: string }>(type: T["type"], ...args: string[]) {
  const command = new Command(args);
  const line = await command.line<T>(type);
  return { line, ...(await command.ended) };
}

async function play(...args: string[]) {
  const { rpcPort, p2pPort } = await freePorts(4);
  const ports = ["--rpc-port", String(rpcPort), "--p2p-port", String(p2pPort)];
  return await quorate<Verdict>("verdict", "devnet", ...ports, ...args);
}

describe("a newcomer", () => {
  test("makes validator 3 lie, sees it named while transfers go on, and replays it", async () => {
    const dir = join(home, "devnet");
    const devnet = await startDevnet(["--dir", dir, "--seed", SEED]);
    const fault = await quorate("obeyed", "fault", "lie", "3", "equivocate", "--dir", dir);
    expect(fault).toMatchObject({ exitCode: 0, line: { text: "lie 3 equivocate" } });
    for (const nonce of [0, 1, 2]) await transfer(devnet, nonce);
    const soFar = await eventually({
      what: "a proof against v3",
      probe: async () => {
        const { line } = await quorate<Verdict>("verdict", "fault", "verdict", "--dir", dir);
        return line.culprits.length > 0 ? line : undefined;
      },
    });
    expectCulprit(soFar);
    const inForce = await quorate("faults", "fault", "--dir", dir);
    expect(inForce.line).toMatchObject({ declared: [{ text: "lie 3 equivocate" }] });

    devnet.command.signal("SIGINT");
    const verdict = await devnet.command.line<Verdict>("verdict");
    expect((await devnet.command.ended).exitCode).toBe(130);
    expect(existsSync(join(dir, CONTROL_FILE))).toBe(false);
    expectCulprit(verdict);
    expect(verdict).toMatchObject({ ok: true, backend: "live", seed: Number(SEED) });
    expect(verdict.reached.transactions).toBeGreaterThanOrEqual(3);
    expect(verdict.replay).toMatch(/ sim .*session-7-.*\.yaml --seed 7$/);

    const file = verdict.recording ?? "";
    const replayed = await quorate<Verdict>("verdict", "sim", file, "--seed", SEED);
    expect(replayed.exitCode).toBe(0);
    expect(replayed.line.backend).toBe("simulated");
    expectCulprit(replayed.line);
  });
});

describe("a scenario", () => {
  test("that is ready plays on real processes, holds, and ends by itself", async () => {
    const { line, exitCode } = await play("--scenario", "equivocating-leader");
    expect({ ok: line.ok, exitCode }).toEqual({ ok: true, exitCode: 0 });
    expect(line.expectations).toContainEqual(expect.objectContaining({ name: "culprits" }));
    expectCulprit(line);
  });

  test("that fails ends with exit code 1 and a recording that fails in the simulator, too", async () => {
    const scenario = join(home, "no-halt.yaml");
    writeFileSync(scenario, NO_HALT);
    const record = join(home, "recorded.yaml");
    const live = await play("--scenario", scenario, "--record", record);
    expect(live).toMatchObject({ exitCode: 1, line: { ok: false, recording: record } });
    expect(failures(live.line)).toEqual(["halted"]);
    const replayed = await quorate<Verdict>("verdict", "sim", record);
    expect(replayed.exitCode).toBe(1);
    expect(failures(replayed.line)).toEqual(["halted"]);
  });
});

/** A validator that is killed and comes back has no reason to halt for good. */
const NO_HALT = `
name: no-halt
duration: 1500ms
timeline:
  - { at: 300ms, do: kill 2, for: 400ms }
expect: { halted: [2] }
`;

function failures({ safety, liveness, expectations }: Verdict): readonly string[] {
  return [...safety, ...liveness, ...expectations].filter(({ ok }) => !ok).map(({ name }) => name);
}

function expectCulprit({ culprits }: Verdict): void {
  expect(culprits.map(({ validator }) => validator)).toEqual([3]);
  const [first, second] = culprits[0]?.messages ?? [];
  expect(first).toMatch(/^0x[0-9a-f]+$/);
  expect(second).toMatch(/^0x[0-9a-f]+$/);
  expect(first).not.toBe(second);
}

async function transfer({ line }: Devnet, nonce: number): Promise<void> {
  const signer = createSigner(secretKey(fromHex(line.accounts[0]?.secretKey ?? "") ?? NOTHING));
  const chainId = hash(fromHex(line.chainId) ?? NOTHING);
  const to = addressOf(signer.publicKey);
  const terms = { chainId, to, amount: 1n, nonce, fee: 1n, validUntilHeight: 50_000 };
  const client = new Client({ url: line.validators[0]?.rpc ?? "" });
  const { bytes } = signTransfer(terms, signer);
  const answer = await client.submitAndWait(bytes, { deadlineMs: 30_000 });
  expect(answer).toMatchObject({ ok: true, value: { state: "final", result: "ok" } });
}

const NOTHING = new Uint8Array();
