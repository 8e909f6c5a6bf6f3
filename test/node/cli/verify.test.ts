// Proofs of a real chain on the command line, checked against its genesis file.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { addressOf, formatAddress, fromHex } from "../../../crypto/index.ts";
import { askForProof, dev, type LiveChain, liveChain, sendCall } from "../runtime/live-chain.ts";
import { quorate, quorateIn } from "./quorate.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
type Json = any;

const bob = formatAddress(addressOf(dev(1).publicKey));
let chain: LiveChain;
let account: Json;
let record: Json;
let receipt: Json;

beforeAll(async () => {
  chain = await liveChain("verify");
  const memo = new Uint8Array(0);
  const to = addressOf(dev(1).publicKey);
  const { hash } = await sent({ type: "transfer", to, amount: 5n, memo });
  await sent({ type: "put-record", key: Uint8Array.of(1), value: Uint8Array.of(7) });
  account = await get(`/v1/accounts/${bob}?proof=1`);
  record = await get("/v1/records/0x01?proof=1");
  receipt = await get(`/v1/txs/${hash}/proof`);
});

afterAll(() => chain.stop());

const sent = (call: Parameters<LiveChain["signed"]>[0]) => sendCall(chain, call);

const get = (path: string) => askForProof(chain, path);

function file(content: string | Uint8Array): string {
  const path = join(chain.dir, "evidence");
  writeFileSync(path, content);
  return path;
}

/** What `quorate verify --json` says of a file with this content. */
async function verify(content: object | string | Uint8Array, genesis = chain.genesisFile) {
  const isText = typeof content === "string" || content instanceof Uint8Array;
  const path = file(isText ? content : JSON.stringify(content));
  const { exitCode, stdout, stderr } = await quorate(
    "verify",
    path,
    "--genesis",
    genesis,
    "--json",
  );
  const lines = stderr.split("\n").filter((line) => line !== "");
  const [line = "null"] = stdout === "" ? lines : [stdout];
  return { exitCode, ...(JSON.parse(line) as Json) };
}

/** The genesis of a chain with the same validator and another name. */
function anotherGenesis(): string {
  const path = join(chain.dir, "another.json");
  const json = JSON.parse(readFileSync(chain.genesisFile, "utf8"));
  writeFileSync(path, JSON.stringify({ ...json, name: "another" }));
  return path;
}

function proofOf({ proof }: Json): Uint8Array {
  return fromHex(proof) ?? new Uint8Array(0);
}

describe("quorate verify", () => {
  test("says what the answer about an account proves", async () => {
    const { proof: _, ...told } = account;
    const { height } = account;
    const proven = await verify(account);
    expect(proven).toMatchObject({ exitCode: 0, type: "proven", ...told, height, unproven: [] });
    expect(proven).toMatchObject({ balance: "5", certifiedBlock: expect.any(String) });
  });

  test("says what the answer about a record proves", async () => {
    const { proof: _, ...told } = record;
    expect(await verify(record)).toMatchObject({ exitCode: 0, ...told, value: "0x07" });
  });

  test("says what the answer about a transaction proves", async () => {
    const { proof: _, ...told } = receipt;
    expect(await verify(receipt)).toMatchObject({ exitCode: 0, ...told, unproven: [] });
  });

  test("says what any key of the state holds", async () => {
    const state = await get("/v1/state/0x7201?proof=1");
    expect(await verify(state)).toMatchObject({ exitCode: 0, key: "0x7201", value: state.value });
  });

  test("names what the proof says nothing about", async () => {
    const answer = await get("/v1/query/record?argument=0x01&proof=1");
    const { exitCode, unproven } = await verify(answer);
    expect([exitCode, unproven]).toEqual([0, ["path", "argument"]]);
  });

  test("reads a proof without words, as hex or as bytes", async () => {
    const balance = { exitCode: 0, address: bob, balance: "5" };
    expect(await verify(`${account.proof}\n`)).toMatchObject(balance);
    expect(await verify(proofOf(account))).toMatchObject(balance);
    expect(await verify(record.proof)).toMatchObject({ exitCode: 0, key: "0x01", value: "0x07" });
    const { hash } = receipt;
    expect(await verify(receipt.proof)).toMatchObject({ exitCode: 0, hash, result: "ok" });
  });

  test("shows people a table", async () => {
    const path = file(JSON.stringify(account));
    const { stdout } = await quorate("verify", path, "--genesis", chain.genesisFile);
    expect(stdout).toMatch(/^balance +5$/m);
  });

  test("shows people a receipt without saying anything twice", async () => {
    const path = file(JSON.stringify(receipt));
    const { stdout } = await quorate("verify", path, "--genesis", chain.genesisFile);
    const names = stdout.split("\n").map((line) => line.split("  ")[0]);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toContain("fee paid");
  });

  test("does not accept a proof of another chain", async () => {
    const answer = await verify(account, anotherGenesis());
    expect(answer).toMatchObject({ exitCode: 1, code: "PROOF_REFUSED" });
    expect(answer.message).toContain("(bad-signature)");
  });

  test("does not accept a proof that was cut", async () => {
    const answer = await verify(account.proof.slice(0, -2));
    expect(answer).toMatchObject({ exitCode: 1, code: "PROOF_REFUSED" });
    expect(answer.message).toContain("(malformed)");
  });

  test("does not accept a proof of another account", async () => {
    const address = formatAddress(addressOf(dev(3).publicKey));
    const answer = await verify({ ...account, address });
    expect(answer).toMatchObject({ exitCode: 1, code: "PROOF_REFUSED" });
    expect(answer.message).toContain("(wrong-key)");
  });

  test("does not accept a proof of another transaction", async () => {
    const answer = await verify({ ...receipt, hash: `0x${"00".repeat(32)}` });
    expect(answer).toMatchObject({ exitCode: 1, code: "PROOF_REFUSED" });
    expect(answer.message).toContain("(wrong-transaction)");
  });

  test.each([
    ["balance", { balance: "500" }],
    ["height", { height: 1_000_000 }],
  ])("does not accept an answer that contradicts its proof in %s", async (name, lie) => {
    const answer = await verify({ ...account, ...lie });
    expect(answer).toMatchObject({ exitCode: 1, code: "CONTRADICTS_PROOF" });
    expect(answer.message).toContain(name);
  });

  test("does not accept a contradiction deep in a receipt", async () => {
    const lie = { ...receipt, receipt: { ...receipt.receipt, feePaid: "0" } };
    const answer = await verify(lie);
    expect(answer).toMatchObject({ exitCode: 1, code: "CONTRADICTS_PROOF" });
    expect(answer.message).toContain("receipt.feePaid");
  });

  test.each([
    ["an answer without a proof", { balance: "5" }],
    ["an answer about nothing", { proof: "0x00" }],
    ["broken JSON", "{"],
    ["odd hex", "0x0"],
    ["far too much", "0".repeat(600_000)],
  ])("refuses %s as a wrong use", async (_, content) => {
    expect(await verify(content)).toMatchObject({ exitCode: 2 });
  });

  test("refuses a file that is not there", async () => {
    const { exitCode } = await quorate("verify", "/nowhere", "--genesis", chain.genesisFile);
    expect(exitCode).toBe(2);
  });

  test("refuses a genesis that is none", async () => {
    const genesis = join(chain.dir, "config.json");
    expect(await verify(account, genesis)).toMatchObject({ exitCode: 3, code: "GENESIS_INVALID" });
  });
});

describe("quorate account show", () => {
  async function show(rpc: string, genesis = chain.genesisFile) {
    const flags = ["--rpc", rpc, "--genesis", genesis, "--json"];
    const { exitCode, stdout, stderr } = await quorate("account", "show", "dev1", ...flags);
    return { exitCode, ...(JSON.parse(stdout || stderr) as Json) };
  }

  /** A node that answers with `change` made to what the real one says. */
  async function lying(change: (answer: Json) => object): Promise<string> {
    const server = createServer(async (request, response) => {
      const answer = await get(request.url ?? "");
      response.end(JSON.stringify(change(answer)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test("shows what the proof says", async () => {
    expect(await show(chain.url)).toMatchObject({
      exitCode: 0,
      type: "account",
      address: bob,
      balance: "5",
      nonce: 0,
    });
  });

  test("shows nothing of a node whose answer contradicts its proof", async () => {
    const url = await lying((answer) => ({ ...answer, balance: "500" }));
    expect(await show(url)).toMatchObject({ exitCode: 1, code: "CONTRADICTS_PROOF" });
  });

  test("shows nothing of a node that gives no proof", async () => {
    const url = await lying(({ proof: _, ...answer }) => answer);
    expect(await show(url)).toMatchObject({ exitCode: 1, code: "MISSING_PROOF" });
  });

  test("shows nothing of another chain, and says that it is another", async () => {
    const genesis = anotherGenesis();
    const said = await show(chain.url, genesis);
    expect(said).toMatchObject({ exitCode: 6, code: "WRONG_GENESIS" });
    expect(said.message).toBe(`the node at ${chain.url} is of another chain than ${genesis}`);
    const { chainId } = await get("/v1/status");
    expect(said.remedy).toContain(`the node's  ${chainId}\n`);
    expect(said.remedy).toMatch(/another\.json {2}0x[0-9a-f]{64}\n/);
  });

  test("repeats nothing that is no chain id", async () => {
    const url = await lying((answer) => ({ ...answer, chainId: "\u001b[2J" }));
    const flags = ["--rpc", url, "--genesis", anotherGenesis()];
    const { exitCode, stdout, stderr } = await quorate("account", "show", "dev1", ...flags);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(url);
    expect(stderr).not.toContain("\u001b[2J");
  });

  test("believes the genesis of the devnet that the surroundings name", async () => {
    const words = ["account", "show", "dev1", "--rpc", chain.url];
    const { exitCode } = await quorateIn({ QUORATE_DEVNET_DIR: chain.dir }, ...words);
    expect(exitCode).toBe(0);
    const nowhere = join(chain.dir, "nowhere");
    const failed = await quorateIn({ QUORATE_DEVNET_DIR: nowhere }, ...words);
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr).toContain(`there is no ${join(nowhere, "genesis.json")}`);
  });

  test("has a remedy for a genesis file that is not there", async () => {
    const { exitCode, message, remedy } = await show(chain.url, "/nowhere/genesis.json");
    expect(exitCode).toBe(3);
    expect(message).toBe("there is no genesis file: /nowhere/genesis.json");
    expect(remedy).toContain("Check the path");
    expect(remedy).not.toContain("--dir");
  });

  test("asks for a genesis to believe when there is none", async () => {
    const before = process.cwd();
    process.chdir(chain.dir);
    onTestFinished(() => process.chdir(before));
    const { exitCode, stderr } = await quorate("account", "show", "dev1", "--rpc", chain.url);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--genesis FILE");
  });
});
