import { describe, expect, test } from "vitest";
import { type Hash, height, nonce, toHex } from "../../../crypto/index.ts";
import type { ClientError, Key } from "../../../node/client/index.ts";
import { NonceLane } from "../../../node/client/nonce-lane.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../../node/transaction/index.ts";
import {
  alice,
  bob,
  carol,
  createChain,
  genesisOf,
  signedFrom,
  type TestChain,
} from "./chain-fixture.ts";
import { clientOf, type LieAbout, problem, serve } from "./validator-fixture.ts";

function chainAtWork(): TestChain {
  const chain = createChain();
  chain.advance();
  return chain;
}

/** What another program signs with the same key. */
function elsewhere(chain: TestChain, from: Key, used: number): SignedTransaction {
  const { address: sender, publicKey } = from;
  const call = encodeCall({
    type: "transfer",
    to: carol.address,
    amount: 1n,
    memo: new Uint8Array(0),
  });
  const { chainId } = chain.root.validators;
  const lane = { nonce: nonce(used), fee: 1n, validUntilHeight: height(1_000) };
  return signTransaction({ chainId, sender, publicKey, call, ...lane }, from);
}

const toBob = { from: alice, to: bob.address };
const isSubmission = (path: string) => path === "/v1/txs";
const isProof = (path: string) => path.endsWith("/proof");

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return (await promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  )) as ClientError;
}

describe("the nonces of an account", () => {
  test("are handed out in order to whoever submits at the same time", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain)]);
    const amounts = [1n, 2n, 3n, 4n, 5n];
    const paid = await Promise.all(amounts.map((amount) => client.transfer({ ...toBob, amount })));
    expect(paid.map(({ receipt }) => receipt.result)).toEqual(amounts.map(() => "ok"));
    const nonces = paid.map(({ height }) => chain.step(height).transactions[0]?.transaction.nonce);
    expect(nonces).toEqual([0, 1, 2, 3, 4]);
    expect(await client.account(bob.address)).toMatchObject({ balance: 515n });
  });

  test("are used by another transaction when nobody took the first", async () => {
    const chain = chainAtWork();
    let refuses = true;
    const lie: LieAbout = ({ path }) =>
      refuses && isSubmission(path) ? problem(422, "INSUFFICIENT_BALANCE") : undefined;
    const { client } = clientOf(chain, [await serve(chain, { lie })]);
    const refused = client.transfer({ ...toBob, amount: 1n });
    await expect(refused).rejects.toMatchObject({ code: "INSUFFICIENT_BALANCE", retryable: false });
    refuses = false;
    const { height } = await client.transfer({ ...toBob, amount: 2n });
    expect(chain.step(height).transactions[0]?.transaction.nonce).toBe(0);
  });

  test("are learnt anew when another program has used one", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain)]);
    await client.transfer({ ...toBob, amount: 1n });
    chain.advance([elsewhere(chain, alice, 1)]);
    chain.advance();
    const { height } = await client.transfer({ ...toBob, amount: 2n });
    expect(chain.step(height).transactions[0]?.transaction.nonce).toBe(2);
    expect(await client.account(bob.address)).toMatchObject({ balance: 503n });
    expect(await client.account(carol.address)).toMatchObject({ balance: 1n });
  });

  test("reach a validator that lacks the earlier ones together with these", async () => {
    const chain = chainAtWork();
    const arrived: number[] = [];
    let isDown = false;
    const first = await serve(chain, {
      executes: false,
      lie: () => (isDown ? { status: 503, body: {} } : undefined),
    });
    const second = await serve(chain, {
      lie: ({ path, body }) => {
        if (!isSubmission(path)) return undefined;
        const { nonce } = signedFrom(body).transaction;
        arrived.push(nonce);
        return nonce > 0 && chain.tip() === 1
          ? problem(409, "NONCE_GAP", { expected: 0 })
          : undefined;
      },
    });
    const { client } = clientOf(chain, [first, second]);
    const pending = await client.submit({ from: alice, call: encodeCallTo(bob.address, 1n) });
    isDown = true;
    await client.transfer({ ...toBob, amount: 2n });
    expect(arrived.slice(0, 3)).toEqual([1, 0, 1]);
    expect(await pending.final()).toMatchObject({ height: 2, receipt: { result: "ok" } });
    expect(await client.account(bob.address)).toMatchObject({ balance: 503n });
  });

  test("are not handed out to more than a line holds", async () => {
    const lane = new NonceLane();
    const never = new Promise<never>(() => undefined);
    const waiting = Array.from({ length: 4_096 }, () => lane.inTurn(() => never));
    const full = { name: "ClientError", code: "SENDER_FULL", retryable: true };
    await expect(lane.inTurn(async () => 1)).rejects.toMatchObject(full);
    expect(waiting).toHaveLength(4_096);
  });
});

function encodeCallTo(to: Key["address"], amount: bigint): Uint8Array {
  return encodeCall({ type: "transfer", to, amount, memo: new Uint8Array(0) });
}

describe("nobody makes a client pay twice", () => {
  const saysTooLow: LieAbout = async ({ path, truth }) => {
    if (!isSubmission(path)) return undefined;
    await truth();
    return problem(409, "NONCE_TOO_LOW", { expected: 1 });
  };

  test("by executing a payment and saying that its nonce was used before", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain, { lie: saysTooLow })]);
    const paid = await client.transfer({ ...toBob, amount: 7n });
    expect(paid).toMatchObject({ height: 2, receipt: { result: "ok" } });
    expect(await client.account(bob.address)).toMatchObject({ balance: 507n });
  });

  test("by hiding the receipt as well", async () => {
    const chain = chainAtWork();
    const lie: LieAbout = (request) =>
      isProof(request.path) ? problem(404, "NOT_FOUND") : saysTooLow(request);
    const { client } = clientOf(chain, [await serve(chain, { lie })]);
    const failure = await failureOf(client.transfer({ ...toBob, amount: 7n }));
    expect(failure).toMatchObject({ code: "NONCE_TOO_LOW" });
    expect(failure.transaction).toBeInstanceOf(Uint8Array);
    expect(await client.account(bob.address)).toMatchObject({ balance: 507n });
  });

  test("by taking a payment and losing the answer", async () => {
    const chain = chainAtWork();
    let isFirst = true;
    const lie: LieAbout = async ({ path, truth }) => {
      if (!isSubmission(path) || !isFirst) return undefined;
      isFirst = false;
      await truth();
      return { status: 502, body: {} };
    };
    const { client } = clientOf(chain, [await serve(chain, { lie })], { rounds: 2 });
    await client.transfer({ ...toBob, amount: 7n });
    expect(await client.account(bob.address)).toMatchObject({ balance: 507n });
  });
});

describe("the end of a transaction", () => {
  test("is a proven failure when its call fails", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain)]);
    const paid = await client.transfer({ from: bob, to: alice.address, amount: 1_000_000n });
    expect(paid.receipt).toMatchObject({ result: "failed", code: "insufficient-balance" });
  });

  test("is not what a validator says without a proof", async () => {
    const chain = chainAtWork();
    const lie: LieAbout = ({ path, body }) => {
      if (isProof(path)) return problem(404, "NOT_FOUND");
      if (!isSubmission(path)) return undefined;
      return {
        status: 200,
        body: { hash: toHex(signedFrom(body).id), state: "final", result: "ok" },
      };
    };
    const { client } = clientOf(chain, [await serve(chain, { lie }), await serve(chain)]);
    expect(await client.transfer({ ...toBob, amount: 7n })).toMatchObject({ height: 2 });
    expect(await client.account(bob.address)).toMatchObject({ balance: 507n });
  });

  test("is an expiry only when the state proves it", async () => {
    const chain = chainAtWork();
    const lie: LieAbout = ({ path, body }) => {
      if (!isSubmission(path)) return undefined;
      return { status: 200, body: { hash: toHex(signedFrom(body).id), state: "expired" } };
    };
    const liar = await serve(chain, { lie });
    const { client, suspicions } = clientOf(chain, [liar, await serve(chain)]);
    expect(await client.transfer({ ...toBob, amount: 7n })).toMatchObject({ height: 2 });
    expect(suspicions).toMatchObject([{ url: liar.url, code: "FALSE_EXPIRY" }]);
  });

  test("is a proven expiry when its last height is past and its nonce unused", async () => {
    const chain = chainAtWork();
    let isPast = false;
    const lie: LieAbout = ({ path, body }) => {
      if (!isSubmission(path) || !isPast) return undefined;
      return { status: 200, body: { hash: toHex(signedFrom(body).id), state: "expired" } };
    };
    const { client } = clientOf(chain, [await serve(chain, { lie, executes: false })]);
    const call = encodeCallTo(bob.address, 1n);
    const submitted = await client.submit({ from: alice, call, validUntilHeight: 2 });
    chain.advance();
    isPast = true;
    await expect(submitted.final()).rejects.toMatchObject({ code: "EXPIRED", retryable: false });
  });

  test("may come after the deadline: the same bytes go on", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain, { executes: false })]);
    const submitted = await client.submit({ from: alice, call: encodeCallTo(bob.address, 1n) });
    const failure = await failureOf(submitted.final({ deadlineMs: 0 }));
    expect(failure).toMatchObject({ code: "NOT_FINAL", retryable: true });
    chain.advance([signedFrom(submitted.bytes)]);
    const resumed = client.resume(failure.transaction as Uint8Array);
    expect(resumed.hash).toEqual(submitted.hash);
    expect(await resumed.final()).toMatchObject({ height: 2, receipt: { result: "ok" } });
  });

  test("is waited for only until the caller aborts", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain, { executes: false })]);
    const submitted = await client.submit({ from: alice, call: encodeCallTo(bob.address, 1n) });
    const aborted = new AbortController();
    const ending = submitted.final({ signal: aborted.signal });
    aborted.abort(new Error("enough"));
    await expect(ending).rejects.toThrow("enough");
  });

  test("is not asked for with bytes of another chain", async () => {
    const other = createChain(genesisOf("another"));
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain)]);
    expect(() => client.resume(elsewhere(other, alice, 0).bytes)).toThrow("another chain");
  });
});

describe("what a call is", () => {
  test("may be the bytes of any application", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain)]);
    const call = encodeCallTo(bob.address, 3n);
    const { receipt } = await client.submitAndWait({ from: alice, call });
    expect(receipt.result).toBe("ok");
    expect(chain.find(receipt.transaction as Hash)?.transactions[0]?.transaction.call).toEqual(
      call,
    );
  });

  test("may be any of the built-in ledger's, with a record that is proven", async () => {
    const chain = chainAtWork();
    const { client } = clientOf(chain, [await serve(chain)]);
    const key = Uint8Array.of(1, 2, 3);
    const value = Uint8Array.of(9);
    expect(await client.record(key)).toMatchObject({ version: 0, value: undefined });
    await client.submitAndWait({ from: alice, call: { type: "put-record", key, value } });
    expect(await client.record(key)).toMatchObject({ version: 1, owner: alice.address, value });
  });
});
