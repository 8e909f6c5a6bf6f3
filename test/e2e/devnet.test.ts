// Four real validators through the built command: transfers, crashes, returns. One story told in steps; each step
// starts from what the one before left.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf, fromHex, type Hash, hash, secretKey } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { Client, type Status, signTransfer } from "../../node/client/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import { eventually } from "./eventually.ts";
import { Command, type Devnet, startDevnet, stopAll } from "./processes.ts";

const TRANSFERS = 500;
const FEE = 1n;

let home: string;
let devnet: Devnet;
let clients: readonly Client[];
let chainId: Hash;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-e2e-"));
  devnet = await startDevnet(["--dir", join(home, "devnet"), "--seed", "an end-to-end test"]);
  clients = devnet.line.validators.map(({ rpc }) => new Client({ url: rpc }));
  chainId = hash(fromHex(devnet.line.chainId) ?? new Uint8Array());
});

afterAll(async () => {
  await stopAll();
  rmSync(home, { recursive: true, force: true });
});

describe("a devnet of four validators", () => {
  test("finalizes 500 transfers through a crash, and the validator that returns ends with the same state", async () => {
    const transfers = signTransfers();
    const half = TRANSFERS / 2;
    await submit(transfers.slice(0, half), [0, 1, 2, 3]);
    await finalOn(0, transfers[0]);
    crash(2);
    // What only the dead one had heard of is sent again: the same bytes are the same transaction.
    await submit(transfers, [0, 1, 3]);
    for (const transfer of transfers) await finalOn(3, transfer);
    await bringBack(2);
    const height = Math.max(...(await statuses([0, 1, 3])).map((status) => status.height));
    expect(new Set(await rootsFrom(height, [0, 1, 2, 3])).size).toBe(1);
    for (const index of [0, 1, 2, 3]) expect(await balances(index)).toEqual(expectedBalances());
  });

  test("stands still without two, says what is missing, and goes on when one returns", async () => {
    crash(1);
    crash(3);
    // At the very beginning of a view whose leader is dead nobody has said anything yet.
    const told = /^(votes|timeouts) [012] of 3 in view \d+; silent: .*v1 .*v3 /;
    await eventually({
      what: `v0 to say ${told}`,
      probe: async () => told.test((await status(0)).missing ?? "") || undefined,
    });
    const before = await status(0);
    const transfer = oneTransfer({ from: 0, nonce: TRANSFERS / 10 });
    const sent = await clients[0]?.submit(transfer.bytes, { wait: "final", timeoutMs: 2_000 });
    expect(sent).toMatchObject({ ok: true, value: { state: "pending" } });
    expect((await status(0)).height).toBe(before.height);
    await bringBack(1);
    await finalOn(1, transfer);
    await finalOn(0, transfer);
  });

  test("reports the dead, and leaves no process behind when it is stopped", async () => {
    await devnet.command.line("died");
    const exit = await devnet.command.stop("SIGINT");
    expect(exit.exitCode).toBe(130);
    for (const index of [0, 3]) expect(isAlive(pidOf(index))).toBe(false);
  });
});

/** Each account sends the same number; who receives is the next one. */
function signTransfers(): SignedTransaction[] {
  return Array.from({ length: TRANSFERS }, (_, index) =>
    oneTransfer({ from: index % 10, nonce: Math.floor(index / 10) }),
  );
}

function oneTransfer({ from, nonce }: { readonly from: number; readonly nonce: number }) {
  return signTransfer(
    {
      chainId,
      to: addressOf(signerOf((from + 1) % 10).publicKey),
      amount: amountOf(from),
      nonce,
      fee: FEE,
      validUntilHeight: 50_000,
    },
    signerOf(from),
  );
}

function amountOf(account: number): bigint {
  return BigInt(account + 1);
}

function expectedBalances(): bigint[] {
  const each = BigInt(TRANSFERS / 10);
  return devnet.line.accounts.map(({ balance }, account) => {
    const received = amountOf((account + 9) % 10);
    return BigInt(balance) + each * (received - amountOf(account) - FEE);
  });
}

function signerOf(account: number) {
  const text = devnet.line.accounts[account]?.secretKey ?? "";
  return createSigner(secretKey(fromHex(text) ?? new Uint8Array()));
}

/** In batches over the given validators, an account always to the same one. */
async function submit(transfers: readonly SignedTransaction[], validators: readonly number[]) {
  await Promise.all(
    validators.map(async (validator, position) => {
      const own = transfers.filter((_, index) => (index % 10) % validators.length === position);
      const answer = await client(validator).submitBatch(own.map(({ bytes }) => bytes));
      if (!answer.ok) throw new Error(answer.problem.message);
      for (const result of answer.value) expect(result).toMatchObject({ ok: true });
    }),
  );
}

async function finalOn(validator: number, transfer: SignedTransaction | undefined) {
  if (transfer === undefined) throw new Error("no such transfer");
  const answer = await eventually({
    what: `a final transfer on v${validator}`,
    probe: () => client(validator).submitAndWait(transfer.bytes, { deadlineMs: 30_000 }),
  });
  expect(answer).toMatchObject({ ok: true, value: { state: "final", result: "ok" } });
}

/** The state root of each, taken at one moment at which all stand at one height. */
async function rootsFrom(height: number, validators: readonly number[]): Promise<string[]> {
  return await eventually({
    what: `one height from ${height} on at v${validators.join(", v")}`,
    probe: async () => {
      const tips = (await statuses(validators)).map(({ finalized }) => finalized);
      const [first] = tips;
      const isOne = tips.every((tip) => tip.height === first?.height && tip.height >= height);
      return isOne ? tips.map(({ stateRoot }) => stateRoot) : undefined;
    },
  });
}

async function balances(validator: number): Promise<bigint[]> {
  return await Promise.all(
    devnet.line.accounts.map(async (_, account) => {
      const answer = await client(validator).account(addressOf(signerOf(account).publicKey));
      if (!answer.ok) throw new Error(answer.problem.message);
      return answer.value.balance;
    }),
  );
}

async function status(validator: number): Promise<Status> {
  const answer = await client(validator).status();
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value;
}

function statuses(validators: readonly number[]): Promise<Status[]> {
  return Promise.all(validators.map(status));
}

function client(validator: number): Client {
  const found = clients[validator];
  if (found === undefined) throw new Error(`there is no v${validator}`);
  return found;
}

function pidOf(validator: number): number {
  return devnet.line.validators[validator]?.pid ?? 0;
}

const returned = new Map<number, Command>();

function crash(validator: number): void {
  const again = returned.get(validator);
  if (again === undefined) process.kill(pidOf(validator), "SIGKILL");
  else again.signal("SIGKILL");
}

/** As a person would: `quorate node` on the directory of the dead one. */
async function bringBack(validator: number): Promise<void> {
  const dir = devnet.line.validators[validator]?.dir ?? "";
  const command = new Command(["node", "--dir", dir]);
  returned.set(validator, command);
  await command.line("listening");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
