// The divergence drill: four real validators, one of which runs a state machine that draws lots. It halts by the first
// certificate that contradicts it, of the block in which it diverged or of one above; the others go on, and what it left on
// disk names the block, the transaction and the key.
// One story told in steps; each step starts from what the one before left.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addressOf,
  ascii,
  fromHex,
  type Height,
  hash,
  type Nonce,
  secretKey,
  toHex,
} from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { Client } from "../../node/client/index.ts";
import { applicationKey } from "../../node/ledger/index.ts";
import { type SignedTransaction, signTransaction } from "../../node/transaction/index.ts";
import { eventually } from "./eventually.ts";
import { Command, type Devnet, startDevnet, stopAll } from "./processes.ts";

const BUILT = resolve(import.meta.dirname, "../../dist/test/e2e");
const TALLY = join(BUILT, "tally.js");
const WAYWARD_TALLY = join(BUILT, "wayward-tally.js");
const WAYWARD = 3;

let home: string;
let devnet: Devnet;
let wayward: Command;
let nonce = 0;
let lottery: SignedTransaction;
let divergedAt: number;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-divergence-"));
  const dir = join(home, "devnet");
  devnet = await startDevnet(["--dir", dir, "--seed", "a drill", "--application", TALLY]);
  process.kill(devnet.line.validators[WAYWARD]?.pid ?? 0, "SIGKILL");
  await devnet.command.line("died");
  wayward = startWayward();
  await wayward.line("final");
});

afterAll(async () => {
  await stopAll();
  rmSync(home, { recursive: true, force: true });
});

describe("a validator whose state machine draws lots", () => {
  test("goes along until it matters", async () => {
    const { height } = await finalOn(WAYWARD, call("apple"));
    expect(height).toBeGreaterThan(0);
  });

  test("halts with exit code 7, and calls nothing final that it diverged in", async () => {
    lottery = call("lottery");
    const final = await finalOn(0, lottery);
    expect(await wayward.ended).toMatchObject({ exitCode: 7 });
    divergedAt = Number(final.height);
    const haltedAt = Number(/state-diverged at height (\d+): we hold/.exec(wayward.stderr)?.[1]);
    expect(haltedAt).toBeGreaterThanOrEqual(divergedAt);
    expect(wayward.stderr).toContain(bundleFile());
  });

  test("leaves a bundle with the block, and with what it computed for it", () => {
    const bundle = JSON.parse(readFileSync(bundleFile(), "utf8"));
    expect(bundle).toMatchObject({
      reason: "state-diverged",
      chainId: devnet.line.chainId,
      application: "tally",
      computed: { height: bundle.height, stateRoot: bundle.ours },
    });
    const wrong = [...bundle.below, bundle.computed].find(
      ({ height }) => height === `${divergedAt}`,
    );
    expect(wrong.receipts).toMatchObject([{ transaction: toHex(lottery.id), result: "ok" }]);
    expect(bundle.block).toMatch(/^0x/);
    expect(bundle.certificate).toMatch(/^0x/);
    const keys = wrong.changes.map(({ key }: { key: string }) => key);
    expect(keys).toContain(lotteryKey());
  });

  test("does not start again, and says where the bundle is", async () => {
    const again = startWayward();
    expect(await again.ended).toMatchObject({ exitCode: 7 });
    expect(again.stderr).toContain(`an earlier run halted (state-diverged); see ${bundleFile()}`);
  });

  test("does not stop the others", async () => {
    const after = call("plum");
    const heights = await Promise.all([0, 1, 2].map((index) => finalOn(index, after)));
    for (const { height } of heights) expect(Number(height)).toBeGreaterThan(divergedAt);
  });
});

describe("quorate diagnose", () => {
  test("leaves a validator that runs alone, with exit code 5", async () => {
    const diagnosis = new Command(["diagnose", directory(WAYWARD), directory(0)]);
    expect(await diagnosis.ended).toMatchObject({ exitCode: 5 });
    expect(diagnosis.stderr).toContain("is in use by process");
    expect((await finalOn(0, call("pear"))).height).toBeDefined();
  });

  test("names the block, the transaction and the key, with exit code 1", async () => {
    await devnet.command.stop("SIGINT");
    const diagnosis = new Command(["diagnose", directory(WAYWARD), directory(0)]);
    const found = await diagnosis.line("different");
    expect(await diagnosis.ended).toMatchObject({ exitCode: 1 });
    expect(found).toMatchObject({
      kind: "outcome",
      height: divergedAt,
      after: divergedAt - 1,
      transaction: { hash: toHex(lottery.id) },
      key: { key: lotteryKey(), name: 'application key "lottery"' },
    });
    const { key, stateRoots } = found as unknown as Found;
    expect(Number(key.values.a.value)).toBeGreaterThanOrEqual(100);
    expect(key.values.b.value).toBe("0x01");
    expect(stateRoots.a).not.toBe(stateRoots.again);
    // A certificate of the block above may have made this one final.
    expect([stateRoots.again, undefined]).toContain(stateRoots.certified);
    expect(stateRoots.b).toBe(stateRoots.certified);
  });

  test("finds no difference between two that agree, with exit code 0", async () => {
    const diagnosis = new Command(["diagnose", directory(1), directory(2)]);
    expect(await diagnosis.ended).toMatchObject({ exitCode: 0 });
    await expect(diagnosis.line("equal")).resolves.toMatchObject({ type: "equal" });
  });
});

describe("a chain whose validators all draw lots", () => {
  test("has nobody who is ready, and says that no state is signed, though blocks are final", async () => {
    const all = await startDevnet(["--ephemeral", "--application", WAYWARD_TALLY]);
    const { rpc } = all.line.validators[1] ?? { rpc: "" };
    nonce = 0;
    await finalOn(1, call("lottery", all), all);
    // It never agrees again; enough blocks to be sure.
    const { missing } = await eventually({
      what: "what is missing",
      probe: async () => {
        await finalOn(1, call("apple", all), all);
        const answer = await new Client({ url: rpc }).status();
        return answer.ok && answer.value.missing !== undefined ? answer.value : undefined;
      },
    });
    expect(missing).toMatch(/^no quorum has signed the state after any of the last \d+ blocks/);
    const readiness = await fetch(`${rpc}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ ready: false, reasons: [missing] });
    await all.command.stop("SIGINT");
  });
});

type Found = {
  readonly key: {
    readonly values: {
      readonly a: { readonly value: string };
      readonly b: { readonly value: string };
    };
  };
  readonly stateRoots: Readonly<Record<"a" | "b" | "certified" | "again", string>>;
};

function startWayward(): Command {
  return new Command(["node", "--dir", directory(WAYWARD), "--application", WAYWARD_TALLY]);
}

function directory(validator: number): string {
  return devnet.line.validators[validator]?.dir ?? "";
}

function bundleFile(): string {
  return join(directory(WAYWARD), "data", "halt.json");
}

function lotteryKey(): string {
  return toHex(applicationKey(ascii("lottery")));
}

/** The first account calls a word. */
function call(word: string, { line }: Devnet = devnet): SignedTransaction {
  const text = line.accounts[0]?.secretKey ?? "";
  const signer = createSigner(secretKey(fromHex(text) ?? new Uint8Array()));
  const unsigned = {
    chainId: hash(fromHex(line.chainId) ?? new Uint8Array()),
    sender: addressOf(signer.publicKey),
    publicKey: signer.publicKey,
    nonce: nonce as Nonce,
    fee: 1n,
    validUntilHeight: 50_000 as Height,
    call: ascii(word),
  };
  nonce += 1;
  return signTransaction(unsigned, signer);
}

async function finalOn(
  validator: number,
  transaction: SignedTransaction,
  { line }: Devnet = devnet,
) {
  const client = new Client({ url: line.validators[validator]?.rpc ?? "" });
  const answer = await client.submitAndWait(transaction.bytes, { deadlineMs: 30_000 });
  expect(answer).toMatchObject({ ok: true, value: { state: "final", result: "ok" } });
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value;
}
