// What a program hands to a client by mistake, as JavaScript lets it: refused at once with a code and the name of the
// argument, before any validator is asked.

import { afterEach, describe, expect, test } from "vitest";
import { formatAddress, type Hash } from "../../../crypto/index.ts";
import {
  Client,
  ClientError,
  createClient,
  keyFromSecret,
  signTransfer,
} from "../../../node/client/index.ts";
import { alice, bob, createChain, secretOf } from "./chain-fixture.ts";
import { clientOf, serve } from "./validator-fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: a program in JavaScript has no types to stop it
type Untyped = any;
type Slip = [what: string, make: (client: Untyped) => unknown, reason: string, message: RegExp];

const { genesisText: genesis } = createChain();
const urls = ["http://127.0.0.1:1"];
const to = formatAddress(bob.address);
const pays = { from: alice, to, amount: 1n };
const key = Uint8Array.of(1);

let asked = 0;
afterEach(() => {
  asked = 0;
});
const fetch = () => {
  asked += 1;
  return Promise.reject(new Error("nobody is to be asked"));
};

async function refusalOf(make: () => unknown): Promise<unknown> {
  try {
    await make();
  } catch (error) {
    return error;
  }
  return "it was not refused";
}

async function expectRefusal(make: () => unknown, reason: string, message: RegExp): Promise<void> {
  const refusal = await refusalOf(make);
  expect(refusal).toBeInstanceOf(ClientError);
  expect(refusal).toMatchObject({ code: "BAD_ARGUMENT", reason, retryable: false });
  expect((refusal as Error).message).toMatch(message);
  expect(asked).toBe(0);
}

const submitting = (call: object) => (client: Untyped) => client.submit({ from: alice, call });
const put = { type: "put-record", key, value: key };

describe("createClient refuses", () => {
  test.each([
    ["no options", undefined, "createClient", /^createClient must be an object, not undefined$/],
    ["no validators", { genesis }, "urls", /^urls must be a list .*, not undefined$/],
    ["an empty list of them", { genesis, urls: [] }, "urls", /^urls must .*, not Array\(0\)$/],
    ["one alone", { genesis, urls: "http://a" }, "urls", /^urls must be a list .*"http:\/\/a"$/],
    ["one that is no address", { genesis, urls: ["foo"] }, "urls[0]", /^urls\[0\] .*, not "foo"$/],
    [
      "one of another protocol",
      { genesis, urls: [...urls, "ftp://a"] },
      "urls[1]",
      /^urls\[1\] must be an address such as http:/,
    ],
    [
      "an option that it does not know",
      { genesis, urls, onSuspision: fetch },
      "onSuspision",
      /^createClient knows no "onSuspision", only urls, genesis, .*onSuspicion/,
    ],
    [
      "a callback that is none",
      { genesis, urls, onSuspicion: 1 },
      "onSuspicion",
      /a function, not 1/,
    ],
    ["a fetch that is none", { genesis, urls, fetch: null }, "fetch", /a function, not null$/],
    ["a clock that is a time", { genesis, urls, clock: 7 }, "clock", /a function, not 7$/],
    [
      "a scheme that verifies nothing",
      { genesis, urls, scheme: {} },
      "scheme.verify",
      /a function/,
    ],
    [
      "no time at all",
      { genesis, urls, callTimeoutMs: 0 },
      "callTimeoutMs",
      /1\.\.2147483647, not 0/,
    ],
    [
      "what no timer holds",
      { genesis, urls, maxStalenessMs: Number.POSITIVE_INFINITY },
      "maxStalenessMs",
      /, not Infinity$/,
    ],
    ["rounds without end", { genesis, urls, rounds: 1e6 }, "rounds", /in 1\.\.16, not 1000000$/],
  ] as [string, Untyped, string, RegExp][])("%s", async (_what, options, reason, message) => {
    await expectRefusal(() => createClient(options), reason, message);
  });

  test("no genesis, with the code that other wrong ones have", async () => {
    const refusal = await refusalOf(() => createClient({ urls } as Untyped));
    expect(refusal).toMatchObject({ name: "ClientError", code: "BAD_GENESIS" });
  });
});

describe("a client refuses at once", () => {
  test.each([
    ["a payment to nobody", (c) => c.transfer({ ...pays, to: undefined }), "to", /not undefined$/],
    [
      "a payment to a mistyped address",
      (c) => c.transfer({ ...pays, to: `${to.slice(0, -1)}q` }),
      "to",
      /^to must be an address, "qr1\.\.\." or its 20 bytes, not "qr1/,
    ],
    [
      "a payment to another length",
      (c) => c.transfer({ ...pays, to: key }),
      "to",
      /, not Uint8Array\(1\)$/,
    ],
    [
      "a debt",
      (c) => c.transfer({ ...pays, amount: -25n }),
      "amount",
      /in 1\.\.2\^64-1, not -25n$/,
    ],
    ["a payment of nothing", (c) => c.transfer({ ...pays, amount: 0n }), "amount", /, not 0n$/],
    [
      "a payment beyond all money",
      (c) => c.transfer({ ...pays, amount: 2n ** 64n }),
      "amount",
      /, not 18446744073709551616n$/,
    ],
    ["a part of a coin", (c) => c.transfer({ ...pays, amount: 0.5 }), "amount", /, not 0\.5$/],
    [
      "a number that has lost its last digits",
      (c) => c.transfer({ ...pays, amount: 2 ** 53 }),
      "amount",
      /a bigint or a whole number/,
    ],
    ["an amount in a text", (c) => c.transfer({ ...pays, amount: "25" }), "amount", /, not "25"$/],
    [
      "a negative fee",
      (c) => c.transfer({ ...pays, fee: -1n }),
      "fee",
      /in 0\.\.2\^64-1, not -1n$/,
    ],
    ["a memo in a text", (c) => c.transfer({ ...pays, memo: "hi" }), "memo", /of 0\.\.64 bytes, /],
    [
      "a height that is none",
      (c) => c.transfer({ ...pays, validUntilHeight: 1.5 }),
      "validUntilHeight",
      /a whole number in 0\.\.9007199254740991, not 1\.5$/,
    ],
    ["a signal that is none", (c) => c.transfer({ ...pays, signal: {} }), "signal", /AbortSignal/],
    ["a misspelt part", (c) => c.transfer({ ...pays, ammount: 1n }), "ammount", /only .*amount/],
    ["a payment of nobody", (c) => c.transfer({ to, amount: 1n }), "from", /keyFromSecret/],
    ["nothing to transfer", (c) => c.transfer(), "transfer", /must be an object, not undefined$/],
    ["nothing to submit", (c) => c.submit({ from: alice }), "call", /not undefined$/],
    ["a call in a text", (c) => c.submitAndWait({ from: alice, call: "x" }), "call", /, not "x"$/],
    [
      "a call of too many bytes",
      submitting(new Uint8Array(20_000)),
      "call",
      /^call must be a Uint8Array of 0\.\.16384 bytes, not Uint8Array\(20000\)$/,
    ],
    ["a call of another type", submitting({ type: "pay" }), "call.type", /one of transfer, pay-/],
    [
      "a call named as all objects know it",
      submitting({ type: "toString" }),
      "call.type",
      /one of/,
    ],
    ["a record without a key", submitting({ ...put, key: new Uint8Array(0) }), "key", /1\.\.128 b/],
    [
      "a misspelt compare-and-set",
      submitting({ ...put, expectVersion: 3 }),
      "expectVersion",
      /^call knows no "expectVersion", only .*expectedVersion$/,
    ],
    ["a version below zero", submitting({ ...put, expectedVersion: -1 }), "expectedVersion", /-1$/],
    ["payments to nobody", submitting({ type: "pay-many", payments: [] }), "payments", /1\.\.256/],
    [
      "one bad payment of several",
      submitting({
        type: "pay-many",
        payments: [
          { to, amount: 1n },
          { to, amount: 0n },
        ],
        memo: key,
      }),
      "amount",
      /, not 0n$/,
    ],
    [
      "a lease for ever",
      submitting({ type: "acquire-lease", key, heights: 1_000_001 }),
      "heights",
      /in 1\.\.1000000, not 1000001$/,
    ],
    [
      "half a public key",
      submitting({ type: "rotate-key", publicKey: key }),
      "publicKey",
      /of 32 b/,
    ],
    ["an account of no address", (c) => c.account("qr1"), "account", /^account must be an address/],
    ["an account of nobody", (c) => c.account(), "account", /, not undefined$/],
    [
      "a bare signal",
      (c) => c.account(to, new AbortController().signal),
      "options",
      /an object, not AbortSignal$/,
    ],
    ["a record named by a text", (c) => c.record("build"), "key", /1\.\.128 bytes, not "build"$/],
    ["a lease named by a text", (c) => c.lease("build"), "key", /1\.\.128 bytes, not "build"$/],
    ["a key of the state in a text", (c) => c.state("build"), "key", /1\.\.256 bytes, not "build"/],
    ["a key of an application in a text", (c) => c.applicationState("a"), "key", /1\.\.255 bytes/],
    ["a hash in a text", (c) => c.receipt(`0x${"ab".repeat(32)}`), "hash", /of 32 bytes, not "0x/],
    ["a misspelt signal", (c) => c.receipt(alice.publicKey, { signl: 1 }), "signl", /only signal$/],
    ["bytes in a text", (c) => c.resume("0x00"), "bytes", /of 177\.\.16561 bytes, not "0x00"$/],
    ["bytes of something else", (c) => c.resume(new Uint8Array(200)), "bytes", /no transaction: /],
    ["blocks from below the first", (c) => c.watchBlocks({ from: -1 }), "from", /, not -1$/],
    ["blocks from a text", (c) => c.watchBlocks({ from: "7" }), "from", /, not "7"$/],
    [
      "a watch with a misspelt start",
      (c) => c.watchBlocks({ form: 7 }),
      "form",
      /only signal, from$/,
    ],
  ] as Slip[])("%s", async (_what, make, reason, message) => {
    const client = createClient({ genesis, urls, fetch });
    await expectRefusal(() => make(client), reason, message);
  });

  test.each([
    ["a secret", secretOf("alice")],
    ["a short text", "0x12"],
    ["bytes", Uint8Array.of(1, 2)],
    ["nothing", null],
  ])("%s in the place of a key, without showing it", async (_what, from) => {
    const client: Untyped = createClient({ genesis, urls, fetch });
    const make = () => client.transfer({ ...pays, from });
    await expectRefusal(make, "from", /, not (string|object)$/);
  });

  test("a secret that is no text", async () => {
    await expectRefusal(() => keyFromSecret(7 as Untyped), "secret", /^a secret key is 0x and 64 /);
  });

  test("a deadline that is none", async () => {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain, { executes: false })]);
    const submitted = await client.submit({ from: alice, call: Uint8Array.of(1) });
    const slips: Untyped[] = [{ deadlineMs: "7" }, { deadlineMs: Number.NaN }, { deadline: 7 }];
    for (const slip of slips) {
      expect(await refusalOf(() => submitted.final(slip))).toMatchObject({ code: "BAD_ARGUMENT" });
    }
  });
});

describe("a client of one node refuses at once", () => {
  test.each([
    ["no address", () => new Client({} as Untyped), "url", /^url must be an address such as /],
    ["an account of no address", (c) => c.account("qr1"), "account", /^account must be an address/],
    ["a transaction by its text", (c) => c.transaction("0xab"), "id", /of 32 bytes, not "0xab"$/],
    ["a block below the first", (c) => c.block(-1), "block", /^block must be a whole number in 0/],
    ["a block by another word", (c) => c.block("newest"), "block", /, not "newest"$/],
    ["bytes in a text", (c) => c.submit("0x"), "bytes", /^bytes must be a Uint8Array, not "0x"$/],
    ["a wait of another kind", (c) => c.submit(key, { wait: "ok" }), "wait", /one of none, acc/],
    ["a wait without an end", (c) => c.submitAndWait(key, {}), "deadlineMs", /, not undefined$/],
    [
      "a batch of one alone",
      (c) => c.submitBatch(key),
      "transactions",
      /^transactions must be a l/,
    ],
  ] as Slip[])("%s", async (_what, make, reason, message) => {
    const client = new Client({ url: "http://node", fetch });
    await expectRefusal(() => make(client), reason, message);
  });
});

describe("signTransfer refuses", () => {
  const chainId = new Uint8Array(32);
  const details = { chainId, to, amount: 1n, nonce: 0, fee: 1n, validUntilHeight: 9 };

  test.each([
    ["a debt", { amount: -1n }, "amount", /, not -1n$/],
    ["another chain's id in a text", { chainId: "0xab" }, "chainId", /of 32 bytes, not "0xab"$/],
    ["a nonce below the first", { nonce: -1 }, "nonce", /a whole number in 0\..*, not -1$/],
    ["a misspelt end", { validUntil: 9 }, "validUntil", /only .*validUntilHeight/],
  ] as [string, object, string, RegExp][])("%s", async (_what, change, reason, message) => {
    const make = () => signTransfer({ ...details, ...change } as Untyped, alice);
    await expectRefusal(make, reason, message);
  });

  test("nothing that a client takes", () => {
    const { transaction } = signTransfer({ ...details, amount: 1, fee: 1 } as Untyped, alice);
    const same = signTransfer({ ...details, to: bob.address } as Untyped, alice);
    expect(transaction).toEqual(same.transaction);
  });
});

describe("a client takes", () => {
  test("an address as bytes or as its text, an amount as a bigint or a whole number", async () => {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain)]);
    await client.transfer({ from: alice, to: bob.address, amount: 1n });
    await client.transfer({ from: alice, to, amount: 20, fee: 2 });
    const call = { type: "transfer", to: bob.address, amount: 4n, memo: key } as const;
    await client.submitAndWait({ from: alice, call });
    expect(await client.account(to)).toMatchObject({ balance: 525n, address: bob.address });
  });

  test("an option that is undefined as one that was left away", async () => {
    const options = { rounds: undefined, fetch: undefined, onSuspicion: undefined } as Untyped;
    expect(() => createClient({ genesis, urls, ...options })).not.toThrow();
  });

  test("a question with a signal that is undefined", async () => {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain)]);
    const receipt = client.receipt(new Uint8Array(32) as Hash, { signal: undefined });
    await expect(receipt).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
