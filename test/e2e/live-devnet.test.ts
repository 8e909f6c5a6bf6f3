// Real processes that obey fault commands: partitions, restarts, full disks, pauses. Each test heals what it broke; the
// chain goes on from one to the next.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addressOf, type Hash } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import type { Ailments, Instruction, Report } from "../../devnet/ailing/ailments.ts";
import { WAYS } from "../../devnet/behaviours/index.ts";
import { openDirectory } from "../../devnet/directory/directory.ts";
import type { DevnetPlan, ValidatorPlan } from "../../devnet/directory/plan.ts";
import { nothingDeclared, parseCommand } from "../../devnet/faults/index.ts";
import { ailmentsOf } from "../../devnet/live/ailments-of.ts";
import { LiveDevnet } from "../../devnet/live/index.ts";
import { chainIdOf } from "../../node/chain/index.ts";
import { EXIT_CODES } from "../../node/cli/index.ts";
import { Client, signTransfer } from "../../node/client/index.ts";
import { eventually } from "./eventually.ts";
import { freePorts } from "./ports.ts";
import { Command, stopAll } from "./processes.ts";

const AILING_NODE = resolve(import.meta.dirname, "../../dist/devnet/ailing/ailing-node.js");
const VALIDATORS = 4;
const READY_LIMIT_MS = 40_000;
/** Long enough for many blocks, had there been any. */
const STANDSTILL_MS = 1_500;

let home: string;
let plan: DevnetPlan;
let chainId: Hash;
let devnet: LiveDevnet;
let nonce = 0;
const deaths: { validator: number; exitCode: number | null; isOrdered: boolean }[] = [];
const reports: { validator: number; report: Report }[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-faults-"));
  const recipe = { seed: "a test of faults", validators: VALIDATORS };
  const opened = await openDevnet(join(home, "devnet"), recipe);
  plan = opened.plan;
  chainId = chainIdOf(opened.genesis);
  devnet = LiveDevnet.open(plan, {
    seed: 5,
    onReport: ({ plan: { index } }, report) => reports.push({ validator: index, report }),
    onDeath: ({ plan: { index } }, { exitCode }, isOrdered) => {
      deaths.push({ validator: index, exitCode, isOrdered });
    },
  });
  expect(await devnet.ready(READY_LIMIT_MS)).toMatchObject({ type: "ready" });
});

beforeEach(() => {
  deaths.splice(0);
});

afterAll(async () => {
  await devnet?.stop();
  await stopAll();
  rmSync(home, { recursive: true, force: true });
});

describe("a live devnet of four", () => {
  test("stands still while it is split in two, also after a restart, and goes on once healed", async () => {
    await fault("partition 0,1/2,3");
    const transfer = oneTransfer();
    expect(await stateOf(transfer, 0)).toBe("pending");
    await fault("kill 2");
    expect(devnet.processes[2]?.isAlive).toBe(false);
    await fault("restart 2");
    expect(await stateOf(transfer, 0)).toBe("pending");
    await fault("heal");
    await final(transfer);
    expect(deaths.splice(0)).toEqual([{ validator: 2, exitCode: null, isOrdered: true }]);
  });

  test("loses a validator whose disk is full by exit code 5, again when it restarts, until it is healed", async () => {
    await fault("fill-disk 2");
    await final(oneTransfer());
    await died(2, EXIT_CODES.dataDirectory);
    // Whether it still gets to serve before it writes is up to the machine.
    await fault("restart 2").catch((error: unknown) =>
      expect(error).toMatchObject({ code: "DIED" }),
    );
    await final(oneTransfer());
    await died(2, EXIT_CODES.dataDirectory);
    await fault("heal 2");
    await final(oneTransfer(), 2);
  });

  test("loses a validator whose disk fails one sync by exit code 5, and has it back by a restart", async () => {
    await fault("break-disk 1");
    await final(oneTransfer());
    await died(1, EXIT_CODES.dataDirectory);
    await fault("restart 1");
    await final(oneTransfer(), 1);
  });

  test("goes on without one that is paused, which is told later what was declared meanwhile", async () => {
    await fault("pause 1");
    const asked = new Client({ url: plan.validators[1]?.rpcUrl ?? "", callTimeoutMs: 300 });
    await expect(asked.status()).rejects.toThrow();
    await fault("delay 1 5ms");
    await final(oneTransfer(), 0);
    await fault("resume 1");
    await final(oneTransfer(), 1);
    await fault("heal");
  });

  test("takes a validator back with an old disk, and one with none", async () => {
    const mark = join(plan.validators[3]?.dir ?? "", "data", "mark");
    await fault("copy-disk 3");
    writeFileSync(mark, "");
    await final(oneTransfer(), 3);
    await fault("rewind-disk 3");
    expect(existsSync(mark)).toBe(false);
    writeFileSync(mark, "");
    await final(oneTransfer(), 3);
    await fault("lose-disk 3");
    expect(existsSync(mark)).toBe(false);
    await final(oneTransfer(), 3);
    expect(deaths.splice(0).map(({ isOrdered }) => isOrdered)).toEqual([true, true]);
  });

  test("leaves alone what a person has brought back by hand", async () => {
    await fault("kill 3");
    const byHand = new Command(["node", "--dir", plan.validators[3]?.dir ?? ""]);
    await byHand.line("listening");
    for (const text of [
      "restart 3",
      "lie 3 equivocate",
      "lose all 1%",
      "partition 0,1/2,3",
      "heal",
    ]) {
      await expect(fault(text), text).rejects.toMatchObject({
        code: "NOT_OURS",
        remedy: "stop that process, then: fault restart 3",
      });
    }
    await fault("cut 0 to 3");
    await expect(fault("heal")).rejects.toMatchObject({
      code: "NOT_OURS",
      message: expect.stringMatching(/^all others are healed; v3 was brought back by hand/),
    });
    await expect(fault("heal 3")).rejects.toThrow(/^v3 was brought back by hand/);
    await expect(fault("heal 2,3")).rejects.toThrow(/^v2 healed; v3 was brought back by hand/);
    expect(devnet.declared.cuts).toEqual([]);
    expect(devnet.processes[3]?.isAlive).toBe(false);
    await byHand.stop();
    await fault("restart 3");
    await final(oneTransfer(), 3);
  });

  test("refuses to end what is not there", async () => {
    await expect(fault("resume 2")).rejects.toMatchObject({
      code: "NOTHING_TO_END",
      message: "v2 is not paused",
    });
    await expect(fault("repent 1,2")).rejects.toMatchObject({ message: "v1, v2 do not lie" });
  });

  test("says which validator does not answer", async () => {
    const pid = devnet.processes[2]?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    await expect(fault("lose 2 1%")).rejects.toMatchObject({
      code: "NO_ANSWER",
      message: "v2 did not answer in time",
    });
    process.kill(pid, "SIGCONT");
    await fault("heal");
  });

  test("refuses what no validator is, and what no liar can", async () => {
    const nobody = devnet.obey({ verb: "kill", who: [4] });
    await expect(nobody).rejects.toMatchObject({ code: "NO_SUCH_VALIDATOR" });
    const nothing = devnet.obey({ verb: "lie", who: [0], ways: ["equivocat"] });
    await expect(nothing).rejects.toMatchObject({ code: "NO_SUCH_WAY" });
    const noCopy = devnet.obey({ verb: "rewind-disk", who: [0] });
    await expect(noCopy).rejects.toMatchObject({ code: "NO_COPY" });
    expect(devnet.declared).toEqual(nothingDeclared(VALIDATORS));
  });

  test("restarts a liar that executes otherwise, and leaves it down once it has halted", async () => {
    await fault("lie 2 diverge");
    // Behind it, its halt on the way up, if its state on disk was behind its blocks.
    expect(deaths.shift()).toEqual({ validator: 2, exitCode: null, isOrdered: true });
    await final(oneTransfer());
    await died(2, EXIT_CODES.safetyHalt);
    await fault("heal");
    expect(devnet.processes[2]?.isAlive).toBe(false);
    await fault("lose-disk 2");
    await final(oneTransfer(), 2);
  });

  test("hands on the two messages by which a liar is caught", async () => {
    await fault("lie 3 double-vote");
    const found = await eventually({
      what: "evidence against v3",
      probe: async () => {
        await final(oneTransfer());
        return reports.find(({ report }) => report.type === "evidence");
      },
    });
    expect(found.validator).not.toBe(3);
    expect(found.report).toMatchObject({
      offender: 3,
      messages: [expect.stringMatching(/^0x/), expect.stringMatching(/^0x/)],
    });
    await fault("repent 3");
  });

  test("stops, the paused and the dead among them, and leaves no process behind", async () => {
    await fault("pause 0");
    await fault("kill 1");
    const pids = devnet.processes.map(({ pid }) => pid ?? 0);
    await devnet.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await expect(fault("heal")).rejects.toMatchObject({ code: "STOPPING" });
  });
});

describe("the program that a devnet runs for each validator", () => {
  let alone: ValidatorPlan;

  beforeAll(async () => {
    const recipe = { seed: "a test of one", validators: 1 };
    const opened = await openDevnet(join(home, "alone"), recipe);
    alone = opened.plan.validators[0] as ValidatorPlan;
  });

  test("refuses to be started by hand", async () => {
    const child = spawn(process.execPath, [AILING_NODE, "--dir", alone.dir], { stdio: "pipe" });
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(EXIT_CODES.usage);
    expect(said).toMatch(/^error: only a devnet runs this program/);
  });

  test("is ailing from the first moment, if it is told so", async () => {
    const child = ailingNode(alone, { ...ailmentsOf(nothingDeclared(1), 0, CALM), disk: "full" });
    const [exitCode] = await once(child, "exit");
    expect(exitCode).toBe(EXIT_CODES.dataDirectory);
  });

  test("ends by SIGTERM, and with the devnet that started it", async () => {
    const endings = [
      (child: ChildProcess) => child.kill("SIGTERM"),
      (child: ChildProcess) => child.disconnect(),
    ];
    for (const end of endings) {
      const child = ailingNode(alone, ailmentsOf(nothingDeclared(1), 0, CALM));
      const [said] = await once(child.stdout as NodeJS.ReadableStream, "data");
      expect(JSON.parse(String(said).split("\n")[0] ?? "")).toMatchObject({ type: "listening" });
      const ended = once(child, "exit");
      end(child);
      expect(await ended).toEqual([EXIT_CODES.terminated, null]);
    }
  });
});

const CALM = { seed: 1, isDown: () => false };

/** As the devnet starts it. */
function ailingNode({ dir, index: self }: ValidatorPlan, ailments: Ailments): ChildProcess {
  const child = fork(AILING_NODE, ["--dir", dir, "--json"], { stdio: "pipe", execArgv: [] });
  const recipe = { seed: "a test of one", accounts: 10 };
  child.send({ type: "ailments", ailments, revision: 1, self, recipe } satisfies Instruction);
  return child;
}

async function openDevnet(dir: string, recipe: { seed: string; validators: number }) {
  const ports = await freePorts(recipe.validators);
  return await openDirectory({ dir, ephemeral: false, reset: false, recipe, ...ports });
}

async function fault(text: string): Promise<void> {
  const parsed = parseCommand(text, { validators: VALIDATORS, ways: [...WAYS.keys()] });
  if (!parsed.ok) throw new Error(parsed.what);
  await devnet.obey(parsed.command);
}

function oneTransfer(): Uint8Array {
  const [from, to] = plan.accounts;
  if (from === undefined || to === undefined) throw new Error("a devnet has accounts");
  const terms = { chainId, to: addressOf(to.publicKey), amount: 1n, fee: 1n };
  const signer = createSigner(from.secretKey);
  const { bytes } = signTransfer({ ...terms, nonce: nonce++, validUntilHeight: 50_000 }, signer);
  return bytes;
}

/** After a while in which it would have become final. */
async function stateOf(transfer: Uint8Array, validator: number): Promise<string> {
  const wait = { wait: "final", timeoutMs: STANDSTILL_MS } as const;
  const answer = await clientOf(validator).submit(transfer, wait);
  return answer.ok ? answer.value.state : answer.problem.message;
}

async function final(transfer: Uint8Array, validator = 0): Promise<void> {
  const answer = await eventually({
    what: `a final transfer on v${validator}`,
    probe: () => clientOf(validator).submitAndWait(transfer, { deadlineMs: 30_000 }),
  });
  expect(answer).toMatchObject({ ok: true, value: { state: "final", result: "ok" } });
}

/** Not by the devnet's own hand. */
async function died(validator: number, exitCode: number): Promise<void> {
  const death = await eventually({
    what: `the death of v${validator}`,
    probe: async () => deaths.shift(),
  });
  expect(death).toEqual({ validator, exitCode, isOrdered: false });
}

function clientOf(validator: number): Client {
  return new Client({ url: plan.validators[validator]?.rpcUrl ?? "" });
}
