// Submitting transactions and asking what became of them.

import { describe, expect, test } from "vitest";
import { ascii, concatBytes, height } from "../../../crypto/index.ts";
import type { NodeApi, Submission, TransactionStatus, Wait } from "../../../node/rpc/index.ts";
import { MAX_TRANSACTION_BYTES } from "../../../node/transaction/index.ts";
import { deferred, fakeApi, finalStatus, get, hashOf, hexOf, post, serve } from "./fixtures.ts";

const bytes = Uint8Array.of(1, 2, 3);
const finalJson = {
  hash: hexOf(1),
  state: "final",
  result: "ok",
  height: 12,
  index: 3,
  block: hexOf(0xb1),
  receipt: {
    result: "ok",
    height: 12,
    index: 3,
    block: hexOf(0xb1),
    feePaid: "18446744073709551615",
    output: "0xcafe",
  },
};

const accepting = (status: TransactionStatus): Partial<NodeApi> => ({
  submit: async () => ({ ok: true, hash: hashOf(1), status }),
});

describe("POST /v1/txs", () => {
  test("hands the raw bytes to the node and answers 202 with hash and state", async () => {
    const seen: Uint8Array[] = [];
    const submit = async (given: Uint8Array): Promise<Submission> => {
      seen.push(Uint8Array.from(given));
      return { ok: true, hash: hashOf(1), status: { state: "pending" } };
    };
    const { url } = await serve(fakeApi({ submit }));
    const { status, body, answer } = await post(`${url}/v1/txs`, bytes);
    expect(status).toBe(202);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(body).toEqual({ hash: hexOf(1), state: "pending" });
    expect(seen).toEqual([bytes]);
  });

  test("takes the same bytes as hex in JSON", async () => {
    const seen: Uint8Array[] = [];
    const api = fakeApi({
      submit: async (given) => {
        seen.push(Uint8Array.from(given));
        return { ok: true, hash: hashOf(1), status: { state: "pending" } };
      },
    });
    const { url } = await serve(api);
    const type = "application/json; charset=utf-8";
    const { status } = await post(`${url}/v1/txs`, '{"tx":"0x010203"}', type);
    expect(status).toBe(202);
    expect(seen).toEqual([bytes]);
  });

  test("answers 200 with the receipt when the bytes are final already", async () => {
    const { url } = await serve(fakeApi(accepting(finalStatus)));
    const { status, body } = await post(`${url}/v1/txs`, bytes);
    expect(status).toBe(200);
    expect(body).toEqual(finalJson);
  });

  test("takes a transaction of exactly the largest size", async () => {
    const { url } = await serve();
    const largest = new Uint8Array(MAX_TRANSACTION_BYTES).fill(1);
    expect((await post(`${url}/v1/txs`, largest)).status).toBe(202);
    const asJson = JSON.stringify({ tx: `0x${"01".repeat(MAX_TRANSACTION_BYTES)}` });
    expect((await post(`${url}/v1/txs`, asJson)).status).toBe(202);
  });

  test("passes the node's no on as a problem document", async () => {
    const problem = {
      code: "NONCE_GAP",
      detail: "The account's next nonce is 4, not 9.",
      hash: hashOf(1),
      details: { expected: 4 },
    } as const;
    const { url } = await serve(fakeApi({ submit: async () => ({ ok: false, problem }) }));
    const { status, body, answer } = await post(`${url}/v1/txs`, bytes);
    expect(status).toBe(409);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(body).toEqual({
      type: "urn:quorate:problem:nonce-gap",
      title: "Transactions of this account with lower nonces are missing",
      status: 409,
      code: "NONCE_GAP",
      retryable: true,
      detail: "The account's next nonce is 4, not 9.",
      remedy: "Send those from `details.expected` on first, then this one again.",
      hash: hexOf(1),
      details: { expected: 4 },
    });
  });
});

describe("a wait", () => {
  const waiting = (answer: TransactionStatus | Promise<TransactionStatus>) => {
    const asked: Wait[] = [];
    const waitFor: NodeApi["waitFor"] = async (wait) => {
      asked.push(wait);
      return answer;
    };
    return { asked, waitFor };
  };

  test("for `accepted` is over with the submission", async () => {
    const { asked, waitFor } = waiting({ state: "pending" });
    const { url } = await serve(fakeApi({ waitFor }));
    const { status, body } = await post(`${url}/v1/txs?wait=accepted`, bytes);
    expect(status).toBe(200);
    expect(body.state).toBe("pending");
    expect(asked).toEqual([]);
  });

  test("for `included` asks the node and answers with the block", async () => {
    const block = hashOf(0xb1);
    const { asked, waitFor } = waiting({ state: "included", height: height(12), block });
    const { url } = await serve(fakeApi({ waitFor }));
    const { status, body } = await post(`${url}/v1/txs?wait=included&timeoutMs=250`, bytes);
    expect(status).toBe(200);
    expect(body).toEqual({ hash: hexOf(1), state: "included", height: 12, block: hexOf(0xb1) });
    expect(asked).toMatchObject([{ hash: hashOf(1), until: "included", timeoutMs: 250 }]);
  });

  test("for `final` answers 200 with the receipt once the node says so", async () => {
    const outcome = deferred<TransactionStatus>();
    const { waitFor } = waiting(outcome.promise);
    const { url } = await serve(fakeApi({ waitFor }));
    const answer = post(`${url}/v1/txs?wait=final`, bytes);
    outcome.resolve(finalStatus);
    expect(await answer).toMatchObject({ status: 200, body: finalJson });
  });

  test("that runs out is 202 with the state so far", async () => {
    const block = hashOf(0xb1);
    const { waitFor } = waiting({ state: "included", height: height(12), block });
    const { url } = await serve(fakeApi({ waitFor }));
    const { status, body } = await post(`${url}/v1/txs?wait=final&timeoutMs=0`, bytes);
    expect(status).toBe(202);
    expect(body.state).toBe("included");
  });

  test("ends with a transaction that can no longer become final", async () => {
    const { waitFor } = waiting({ state: "expired", validUntilHeight: height(11) });
    const { url } = await serve(fakeApi({ waitFor }));
    const { status, body } = await post(`${url}/v1/txs?wait=final`, bytes);
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: "expired", validUntilHeight: 11 });
  });

  test("takes the documented default and no more than the documented most", async () => {
    const { asked, waitFor } = waiting({ state: "pending" });
    const { url } = await serve(fakeApi({ waitFor }));
    await post(`${url}/v1/txs?wait=final`, bytes);
    await post(`${url}/v1/txs?wait=final&timeoutMs=60000`, bytes);
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 60_000]);
    const { status, body } = await post(`${url}/v1/txs?wait=final&timeoutMs=60001`, bytes);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: "INVALID_REQUEST",
      detail: "timeoutMs must be an integer in 0..60000.",
      details: { parameter: "timeoutMs" },
    });
  });

  test("is aborted when the client goes away", async () => {
    const aborted = deferred<true>();
    const began = deferred<true>();
    const waitFor = ({ signal }: Wait) =>
      new Promise<TransactionStatus>((resolve) => {
        signal.addEventListener("abort", () => {
          aborted.resolve(true);
          resolve({ state: "pending" });
        });
        began.resolve(true);
      });
    const { url } = await serve(fakeApi({ waitFor }));
    const client = new AbortController();
    const answer = fetch(`${url}/v1/txs?wait=final`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: bytes,
      signal: client.signal,
    });
    await began.promise;
    client.abort();
    await expect(answer).rejects.toThrow();
    expect(await aborted.promise).toBe(true);
  });

  test("beyond the number that may wait at once is answered at once", async () => {
    const outcome = deferred<TransactionStatus>();
    const began = deferred<true>();
    const waitFor = () => {
      began.resolve(true);
      return outcome.promise;
    };
    const { url } = await serve(fakeApi({ waitFor }), { maxWaits: 1 });
    const first = post(`${url}/v1/txs?wait=final`, bytes);
    await began.promise;
    const second = await post(`${url}/v1/txs?wait=final`, bytes);
    expect(second).toMatchObject({ status: 202, body: { state: "pending" } });
    outcome.resolve(finalStatus);
    expect(await first).toMatchObject({ status: 200 });
  });

  test("that the node fails is a 500, and gives its place back", async () => {
    let calls = 0;
    const waitFor = async (): Promise<TransactionStatus> => {
      calls += 1;
      if (calls === 1) throw new Error("a secret of the node");
      return finalStatus;
    };
    const { url } = await serve(fakeApi({ waitFor }), { maxWaits: 1 });
    expect((await post(`${url}/v1/txs?wait=final`, bytes)).status).toBe(500);
    expect((await post(`${url}/v1/txs?wait=final`, bytes)).status).toBe(200);
  });
});

describe("POST /v1/txs refuses", () => {
  const refused = async (body: Uint8Array | string, options: { path?: string; type?: string }) => {
    let calls = 0;
    const submit: NodeApi["submit"] = async () => {
      calls += 1;
      return { ok: true, hash: hashOf(1), status: { state: "pending" } };
    };
    const { url } = await serve(fakeApi({ submit }));
    const answer = await post(`${url}${options.path ?? "/v1/txs"}`, body, options.type);
    expect(calls).toBe(0);
    return answer;
  };

  test("an unknown wait", async () => {
    const { status, body } = await refused(bytes, { path: "/v1/txs?wait=forever" });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: "INVALID_REQUEST",
      detail: "wait must be one of none, accepted, included, final.",
    });
  });

  test("a time that is no number", async () => {
    const { status, body } = await refused(bytes, { path: "/v1/txs?wait=final&timeoutMs=-1" });
    expect(status).toBe(400);
    expect(body.details).toEqual({ parameter: "timeoutMs" });
  });

  test("an unknown parameter", async () => {
    const { status, body } = await refused(bytes, { path: "/v1/txs?timeout=5" });
    expect(status).toBe(400);
    expect(body.detail).toBe('There is no parameter "timeout" here.');
  });

  test("another content type", async () => {
    const { status, body } = await refused(bytes, { type: "text/plain" });
    expect(status).toBe(415);
    expect(body.code).toBe("UNSUPPORTED_MEDIA_TYPE");
  });

  test("a compressed body", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/v1/txs`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream", "content-encoding": "gzip" },
      body: bytes,
    });
    expect(answer.status).toBe(415);
  });

  test("JSON that does not parse", async () => {
    const { status, body } = await refused('{"tx":', {});
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "INVALID_REQUEST", detail: "The body is not JSON." });
  });

  test("JSON that is not text", async () => {
    const json = concatBytes(ascii('{"tx":"0x'), Uint8Array.of(0xff), ascii('"}'));
    const { status, body } = await refused(json, { type: "application/json" });
    expect(status).toBe(400);
    expect(body.detail).toBe("The body is not JSON.");
  });

  test("JSON without the transaction", async () => {
    const { status, body } = await refused("{}", {});
    expect(status).toBe(400);
    expect(body.detail).toBe("tx must be the bytes of a transaction as 0x-hex.");
  });

  test("JSON with more than the transaction", async () => {
    const { status, body } = await refused('{"tx":"0x01","wait":"final"}', {});
    expect(status).toBe(400);
    expect(body.details).toEqual({ parameter: "wait" });
  });

  test.each(["0xzz", "0x1", "01", "0XAB", "0xAB", ""])("the hex %j", async (tx) => {
    const { status, body } = await refused(JSON.stringify({ tx }), {});
    expect(status).toBe(400);
    expect(body.code).toBe("INVALID_ENCODING");
  });

  test("a transaction one byte above the limit, as bytes and as JSON", async () => {
    const length = MAX_TRANSACTION_BYTES + 1;
    const raw = await refused(new Uint8Array(length), {});
    expect(raw.status).toBe(413);
    expect(raw.body).toMatchObject({
      code: "TOO_LARGE",
      details: { limit: MAX_TRANSACTION_BYTES, unit: "bytes" },
    });
    const json = await refused(JSON.stringify({ tx: `0x${"00".repeat(length)}` }), {});
    expect(json.status).toBe(413);
  });
});

describe("POST /v1/txs/batch", () => {
  const framed = (...transactions: readonly Uint8Array[]) =>
    concatBytes(
      ...transactions.flatMap((transaction) => {
        const length = new Uint8Array(4);
        new DataView(length.buffer).setUint32(0, transaction.length);
        return [length, transaction];
      }),
    );

  test("answers one result for each of the raw transactions, in order", async () => {
    const submit: NodeApi["submit"] = async (given) =>
      given[0] === 2
        ? { ok: false, problem: { code: "BAD_SIGNATURE", hash: hashOf(2) } }
        : { ok: true, hash: hashOf(given[0] ?? 0), status: { state: "pending" } };
    const { url } = await serve(fakeApi({ submit }));
    const batch = framed(Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3));
    const { status, body } = await post(`${url}/v1/txs/batch`, batch);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { hash: hexOf(1), state: "pending" },
      { problem: { code: "BAD_SIGNATURE", status: 422, hash: hexOf(2) } },
      { hash: hexOf(3), state: "pending" },
    ]);
  });

  test("gives each transaction of a JSON list its own result, hex or not", async () => {
    const { url } = await serve();
    const txs = ["0x01", "nonsense", "0x03", `0x${"00".repeat(MAX_TRANSACTION_BYTES + 1)}`];
    const { status, body } = await post(`${url}/v1/txs/batch`, JSON.stringify({ txs }));
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { hash: hexOf(1) },
      { problem: { code: "INVALID_ENCODING" } },
      { hash: hexOf(3) },
      { problem: { code: "TOO_LARGE" } },
    ]);
  });

  test("does not trouble the node when no transaction is left", async () => {
    const submitBatch: NodeApi["submitBatch"] = async () => {
      throw new Error("not to be called");
    };
    const { url } = await serve(fakeApi({ submitBatch }));
    const { status, body } = await post(`${url}/v1/txs/batch`, '{"txs":["?"]}');
    expect(status).toBe(200);
    expect(body.results).toMatchObject([{ problem: { code: "INVALID_ENCODING" } }]);
  });

  test("owns up when the node answers fewer results than there were transactions", async () => {
    const { url } = await serve(fakeApi({ submitBatch: async () => [] }));
    const { body } = await post(`${url}/v1/txs/batch`, framed(Uint8Array.of(1)));
    expect(body.results).toMatchObject([{ problem: { code: "INTERNAL" } }]);
  });

  test.each([
    ["an empty raw batch", new Uint8Array(0), "The batch is empty."],
    ["a length that is cut off", Uint8Array.of(0, 0, 0), "The batch ends within transaction 0."],
    [
      "a transaction that is cut off",
      concatBytes(framed(Uint8Array.of(1)), Uint8Array.of(0, 0, 0, 2, 9)),
      "The batch ends within transaction 1.",
    ],
    [
      "a length beyond all bounds",
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1),
      "The batch ends within transaction 0.",
    ],
    ["an empty JSON list", '{"txs":[]}', "txs must be a list of 1..3 transactions as 0x-hex."],
    [
      "a JSON list that is too long",
      '{"txs":["0x","0x","0x","0x"]}',
      "txs must be a list of 1..3 transactions as 0x-hex.",
    ],
    [
      "a list of other things",
      '{"txs":[1]}',
      "txs.0 must be the bytes of a transaction as 0x-hex.",
    ],
  ])("refuses %s", async (_, batch, detail) => {
    const { url } = await serve(fakeApi(), { maxBatchTransactions: 3 });
    const { status, body } = await post(`${url}/v1/txs/batch`, batch);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "INVALID_REQUEST", detail });
  });

  test("refuses a raw batch of too many", async () => {
    const { url } = await serve(fakeApi(), { maxBatchTransactions: 3 });
    const one = Uint8Array.of(1);
    const { status, body } = await post(`${url}/v1/txs/batch`, framed(one, one, one, one));
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: "TOO_LARGE", details: { limit: 3, unit: "transactions" } });
  });

  test("refuses a body above its limit", async () => {
    const { url } = await serve(fakeApi(), { maxBatchBytes: 100 });
    const { status, body } = await post(`${url}/v1/txs/batch`, framed(new Uint8Array(97)));
    expect(status).toBe(413);
    expect(body.details).toEqual({ limit: 100, unit: "bytes" });
  });

  test("refuses parameters", async () => {
    const { url } = await serve();
    const path = "/v1/txs/batch?wait=final";
    const { status, body } = await post(url + path, framed(Uint8Array.of(1)));
    expect(status).toBe(400);
    expect(body.details).toEqual({ parameter: "wait" });
  });
});

describe("GET /v1/txs/{hash}", () => {
  const page = async (status: TransactionStatus) => {
    const { url } = await serve(fakeApi({ transaction: () => status }));
    return get(`${url}/v1/txs/${hexOf(1)}`);
  };

  test("asks for the hash of the path", async () => {
    const asked: unknown[] = [];
    const transaction: NodeApi["transaction"] = (id) => {
      asked.push(id);
      return { state: "pending" };
    };
    const { url } = await serve(fakeApi({ transaction }));
    const { status, body } = await get(`${url}/v1/txs/${hexOf(0xab)}`);
    expect(status).toBe(200);
    expect(body).toEqual({ hash: hexOf(0xab), state: "pending" });
    expect(asked).toEqual([hashOf(0xab)]);
  });

  test("tells an unknown transaction with why", async () => {
    expect((await page({ state: "unknown" })).body).toEqual({
      hash: hexOf(1),
      state: "unknown",
      reason: "never seen here, dropped from the pool, or longer ago than is kept",
    });
  });

  test("tells an included one with its block", async () => {
    const status = { state: "included", height: height(5), block: hashOf(6) } as const;
    expect((await page(status)).body).toEqual({
      hash: hexOf(1),
      state: "included",
      height: 5,
      block: hexOf(6),
    });
  });

  test("tells a final one with its receipt", async () => {
    expect((await page(finalStatus)).body).toEqual(finalJson);
  });

  test("tells a failed one with the reason", async () => {
    const status = finalStatus as TransactionStatus & { state: "final" };
    const failed = { ...status.receipt, result: "failed", code: "insufficient-balance" } as const;
    const { body } = await page({ ...status, receipt: failed });
    expect(body).toMatchObject({
      state: "final",
      result: "failed",
      reason: "insufficient-balance",
      receipt: { result: "failed", reason: "insufficient-balance" },
    });
  });

  test("tells a rejected one with code and why", async () => {
    const detail = "Its nonce went to another transaction.";
    const { body } = await page({ state: "rejected", code: "NONCE_TOO_LOW", detail });
    expect(body).toEqual({
      hash: hexOf(1),
      state: "rejected",
      code: "NONCE_TOO_LOW",
      reason: detail,
    });
  });

  test("tells an expired one, with its last height where it is known", async () => {
    expect((await page({ state: "expired" })).body).toMatchObject({ state: "expired" });
    const { body } = await page({ state: "expired", validUntilHeight: height(9) });
    expect(body.validUntilHeight).toBe(9);
  });

  test.each(["0x", "abc", hexOf(1).slice(0, -1), hexOf(0xab).toUpperCase()])(
    "refuses the hash %j",
    async (text) => {
      const { url } = await serve();
      const { status, body } = await get(`${url}/v1/txs/${text}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "INVALID_REQUEST", details: { parameter: "hash" } });
    },
  );
});
