// What a real validator proves over HTTP, believed by its genesis alone.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { validatorSet } from "../../../consensus/index.ts";
import {
  addressOf,
  decode,
  type Epoch,
  formatAddress,
  fromHex,
  hash,
  nobleScheme,
  toHex,
} from "../../../crypto/index.ts";
import { accountCodec, accountKey, LAST_BLOCK_KEY, recordKey } from "../../../node/ledger/index.ts";
import {
  checkReceiptProof,
  checkStateProof,
  type ProvenReceipt,
  type ProvenState,
  trustIn,
} from "../../../node/proof/index.ts";
import { askForProof, dev, type LiveChain, liveChain, sendCall } from "./live-chain.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
type Json = any;

const alice = addressOf(dev(0).publicKey);
const bob = addressOf(dev(1).publicKey);
const memo = new Uint8Array(0);
const NOTE = Uint8Array.of(1, 2, 3);

let chain: LiveChain;
let paid: Json;
let failed: Json;

beforeAll(async () => {
  chain = await liveChain("proofs");
  paid = await sent({ type: "transfer", to: bob, amount: 5n, memo });
  failed = await sent({ type: "delete-record", key: Uint8Array.of(9) });
  await sent({ type: "put-record", key: NOTE, value: Uint8Array.of(7) });
});

afterAll(async () => {
  await chain.stop();
  expect(chain.failures).toEqual([]);
});

const sent = (call: Parameters<LiveChain["signed"]>[0]) => sendCall(chain, call);

const get = (path: string) => askForProof(chain, path);

function trust() {
  const { genesis, chainId } = chain;
  const members = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const validators = validatorSet({ chainId, epoch: 0 as Epoch, members });
  return trustIn({ validators, scheme: nobleScheme });
}

function proven(body: Json, key: Uint8Array): ProvenState {
  const verdict = checkStateProof(proofIn(body), trust(), key);
  if (!verdict.ok) throw new Error(verdict.refusal);
  expect(verdict.height).toBe(body.height);
  return verdict;
}

function provenReceipt(body: Json): ProvenReceipt {
  const verdict = checkReceiptProof(proofIn(body), trust(), hash(bytesOf(body.hash)));
  if (!verdict.ok) throw new Error(verdict.refusal);
  const { height, certified } = verdict;
  expect([height, certified.height]).toEqual([body.height, body.certifiedHeight]);
  return verdict;
}

function proofIn({ proof }: Json): Uint8Array {
  return bytesOf(proof);
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`${text} is no hex`);
  return bytes;
}

describe("a validator proves", () => {
  test("an account", async () => {
    const body = await get(`/v1/accounts/${formatAddress(bob)}?proof=1`);
    const { value } = proven(body, accountKey(bob));
    expect(decode(accountCodec, value ?? memo)).toMatchObject({ value: { balance: 5n, nonce: 0 } });
    expect(body).toMatchObject({ balance: "5", nonce: 0 });
  });

  test("that nobody has paid to an account", async () => {
    const stranger = addressOf(dev(2).publicKey);
    const body = await get(`/v1/accounts/${formatAddress(stranger)}?proof=1`);
    expect(proven(body, accountKey(stranger)).value).toBeUndefined();
    expect(body).toMatchObject({ balance: "0", nonce: 0 });
  });

  test("a record", async () => {
    const body = await get(`/v1/records/${toHex(NOTE)}?proof=1`);
    expect(proven(body, recordKey(NOTE)).value).toBeDefined();
    const owner = formatAddress(alice);
    expect(body).toMatchObject({ key: "0x010203", version: 1, owner, value: "0x07" });
  });

  test("that there is no record", async () => {
    const body = await get("/v1/records/0xff?proof=1");
    expect(proven(body, recordKey(Uint8Array.of(0xff))).value).toBeUndefined();
    expect(body).toMatchObject({ version: 0, owner: null, value: null, writtenAt: null });
  });

  test("any key of the state", async () => {
    const body = await get(`/v1/state/${toHex(LAST_BLOCK_KEY)}?proof=1`);
    expect(toHex(proven(body, LAST_BLOCK_KEY).value ?? memo)).toBe(body.value);
  });

  test("what the state machine answers", async () => {
    const body = await get(`/v1/query/record?argument=${toHex(NOTE)}&proof=1`);
    const { value } = proven(body, bytesOf(body.key));
    expect(body).toMatchObject({ path: "record", argument: "0x010203" });
    expect(toHex(value ?? memo)).toBe(body.value);
  });

  test("that a transaction was executed", async () => {
    const { receipt } = provenReceipt(await get(`/v1/txs/${paid.hash}/proof`));
    expect(receipt).toMatchObject({ result: "ok", feePaid: 1n });
  });

  test("that a transaction failed", async () => {
    const { receipt } = provenReceipt(await get(`/v1/txs/${failed.hash}/proof`));
    expect(receipt).toMatchObject({ result: "failed", code: "no-such-record" });
  });

  test("a receipt whose state is forgotten since a restart", async () => {
    await chain.restart();
    const body = await get(`/v1/txs/${paid.hash}/proof`);
    expect(provenReceipt(body).receipt.result).toBe("ok");
  });
});

describe("a validator refuses to prove", () => {
  test("a transaction that it does not know", async () => {
    const body = await get(`/v1/txs/0x${"ab".repeat(32)}/proof`);
    expect(body).toMatchObject({ code: "NOT_FOUND", hash: `0x${"ab".repeat(32)}` });
  });

  test("an answer to a question that the state machine does not know", async () => {
    expect(await get("/v1/query/nothing?proof=1")).toMatchObject({ code: "NOT_FOUND" });
  });

  test("an answer to an argument that the state machine does not understand", async () => {
    const body = await get("/v1/query/record?argument=0x&proof=1");
    expect(body).toMatchObject({ code: "INVALID_REQUEST", details: { parameter: "argument" } });
  });
});
