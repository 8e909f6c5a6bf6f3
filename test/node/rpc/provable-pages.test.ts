import { describe, expect, test } from "vitest";
import { encode, formatAddress, height, nonce, publicKey, toHex } from "../../../crypto/index.ts";
import { accountCodec, accountKey, recordCodec, recordKey } from "../../../node/ledger/index.ts";
import type { NodeApi } from "../../../node/rpc/index.ts";
import { accountAddress, fakeApi, finalStatus, get, hexOf, PROOF, serve } from "./fixtures.ts";

const account = `/v1/accounts/${formatAddress(accountAddress)}`;
const proof = toHex(PROOF);

/** A node in whose state this value stands under whatever key, and what it was asked. */
function holding(value: Uint8Array | undefined) {
  const asked: unknown[] = [];
  const state: NodeApi["state"] = (key, { proof }) => {
    asked.push({ key: toHex(key), proof });
    const view = { key, value, height: height(11) };
    return { ok: true, value: proof ? { ...view, proof: PROOF } : view };
  };
  return { asked, api: fakeApi({ state }) };
}

describe("GET /v1/accounts/{address}?proof=1", () => {
  test("shows the account as of the height of the proof", async () => {
    const entry = { balance: 5n, nonce: nonce(3), key: undefined };
    const { api, asked } = holding(encode(accountCodec, entry));
    const { url } = await serve(api);
    const { status, body } = await get(`${url}${account}?proof=1`);
    expect(status).toBe(200);
    const address = formatAddress(accountAddress);
    expect(body).toEqual({ address, balance: "5", nonce: 3, height: 11, proof });
    expect(asked).toEqual([{ key: toHex(accountKey(accountAddress)), proof: true }]);
  });

  test("shows the key that took the place of the address's own", async () => {
    const entry = { balance: 5n, nonce: nonce(3), key: publicKey(new Uint8Array(32).fill(7)) };
    const { url } = await serve(holding(encode(accountCodec, entry)).api);
    expect((await get(`${url}${account}?proof=1`)).body).toMatchObject({ key: hexOf(7) });
  });

  test("shows zeros for an account that is proven not to be there", async () => {
    const { url } = await serve(holding(undefined).api);
    const { body } = await get(`${url}${account}?proof=1`);
    expect(body).toMatchObject({ balance: "0", nonce: 0, height: 11, proof });
  });

  test("has no proof when none is asked for", async () => {
    const { url } = await serve();
    const { body } = await get(`${url}${account}?proof=0`);
    expect(body).toMatchObject({ height: 12 });
    expect(body.proof).toBeUndefined();
  });

  test("refuses another word for yes", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}${account}?proof=true`);
    expect([status, body.details]).toEqual([400, { parameter: "proof" }]);
  });
});

describe("GET /v1/records/{key}", () => {
  const entry = {
    version: 4,
    height: height(9),
    content: { owner: accountAddress, value: Uint8Array.of(1, 2) },
  };

  test("shows owner, value, version and when it was written", async () => {
    const { api, asked } = holding(encode(recordCodec, entry));
    const { url } = await serve(api);
    const { status, body } = await get(`${url}/v1/records/0x0a`);
    expect(status).toBe(200);
    expect(body).toEqual({
      key: "0x0a",
      version: 4,
      owner: formatAddress(accountAddress),
      value: "0x0102",
      writtenAt: 9,
      height: 11,
    });
    expect(asked).toEqual([{ key: toHex(recordKey(Uint8Array.of(10))), proof: false }]);
  });

  test("adds the proof", async () => {
    const { url } = await serve(holding(encode(recordCodec, entry)).api);
    const { body } = await get(`${url}/v1/records/0x0a?proof=1`);
    expect(body).toMatchObject({ version: 4, height: 11, proof });
  });

  test("shows that a record was deleted", async () => {
    const deleted = { ...entry, content: undefined };
    const { url } = await serve(holding(encode(recordCodec, deleted)).api);
    const { body } = await get(`${url}/v1/records/0x0a`);
    expect(body).toMatchObject({ version: 0, owner: null, value: null, writtenAt: 9 });
  });

  test("shows that there never was one", async () => {
    const { url } = await serve(holding(undefined).api);
    const { body } = await get(`${url}/v1/records/0x0a`);
    expect(body).toMatchObject({ version: 0, owner: null, value: null, writtenAt: null });
  });

  test.each(["0x", "0xA0", "0x0", "0a", `0x${"00".repeat(129)}`])(
    "refuses the key %s",
    async (key) => {
      const { url } = await serve();
      const { status, body } = await get(`${url}/v1/records/${key}`);
      expect([status, body.details]).toEqual([400, { parameter: "key" }]);
    },
  );
});

describe("GET /v1/state/{key}", () => {
  test("shows the value of the very key", async () => {
    const { api, asked } = holding(Uint8Array.of(0xff));
    const { url } = await serve(api);
    const { body } = await get(`${url}/v1/state/0x0102?proof=1`);
    expect(body).toEqual({ key: "0x0102", value: "0xff", height: 11, proof });
    expect(asked).toEqual([{ key: "0x0102", proof: true }]);
  });

  test("shows null where nothing stands", async () => {
    const { url } = await serve(holding(undefined).api);
    const { body } = await get(`${url}/v1/state/0x0102`);
    expect(body).toEqual({ key: "0x0102", value: null, height: 11 });
  });

  test("takes the longest key, and refuses a longer one", async () => {
    const { url } = await serve();
    expect((await get(`${url}/v1/state/0x${"ab".repeat(256)}`)).status).toBe(200);
    expect((await get(`${url}/v1/state/0x${"ab".repeat(257)}`)).status).toBe(400);
  });

  test("passes a problem on", async () => {
    const details = { retryAfterMs: 250 };
    const state: NodeApi["state"] = () => ({
      ok: false,
      problem: { code: "NOT_PROVABLE_YET", details },
    });
    const { url } = await serve(fakeApi({ state }));
    const { status, body, answer } = await get(`${url}/v1/state/0x01?proof=1`);
    expect([status, body.retryable, answer.headers.get("retry-after")]).toEqual([503, true, "1"]);
  });
});

describe("GET /v1/query/{path}", () => {
  test("asks the state machine", async () => {
    const asked: unknown[] = [];
    const query: NodeApi["query"] = (given, { proof }) => {
      asked.push({ path: given.path, argument: toHex(given.argument), proof });
      const key = Uint8Array.of(1, 9);
      return {
        ok: true,
        value: { key, value: Uint8Array.of(8), height: height(11), proof: PROOF },
      };
    };
    const { url } = await serve(fakeApi({ query }));
    const { body } = await get(`${url}/v1/query/tasks/open?argument=0x09&proof=1`);
    const shown = { path: "tasks/open", argument: "0x09", key: "0x0109", value: "0x08" };
    expect(body).toEqual({ ...shown, height: 11, proof });
    expect(asked).toEqual([{ path: "tasks/open", argument: "0x09", proof: true }]);
  });

  test("takes no argument for an empty one", async () => {
    const { url } = await serve();
    const { body } = await get(`${url}/v1/query/all`);
    expect(body).toMatchObject({ path: "all", argument: "0x", value: null, height: 12 });
  });

  test("refuses a path of other characters", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/v1/query/a%20b`);
    expect([status, body.details]).toEqual([400, { parameter: "path" }]);
  });

  test("refuses an argument that is too long", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/v1/query/a?argument=0x${"00".repeat(2_049)}`);
    expect([status, body.details]).toEqual([400, { parameter: "argument" }]);
  });
});

describe("GET /v1/txs/{hash}/proof", () => {
  test("shows the receipt, the heights and the proof", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/v1/txs/${hexOf(1)}/proof`);
    expect(status).toBe(200);
    const { body: plain } = await get(`${url}/v1/txs/${hexOf(1)}`);
    expect(plain.state).toBe("pending");
    const { height: at, receipt } = finalStatus;
    expect(body).toMatchObject({
      hash: hexOf(1),
      state: "final",
      height: at,
      index: receipt.index,
    });
    expect(body).toMatchObject({ certifiedHeight: 13, proof });
  });

  test("names the transaction that it has no proof of", async () => {
    const receiptProof: NodeApi["receiptProof"] = () => ({
      ok: false,
      problem: { code: "NOT_FOUND" },
    });
    const { url } = await serve(fakeApi({ receiptProof }));
    const { status, body } = await get(`${url}/v1/txs/${hexOf(1)}/proof`);
    expect([status, body.hash]).toEqual([404, hexOf(1)]);
  });

  test("refuses what is no hash", async () => {
    const { url } = await serve();
    expect((await get(`${url}/v1/txs/0x01/proof`)).status).toBe(400);
  });

  test("refuses a parameter that would be ignored", async () => {
    const { url } = await serve();
    expect((await get(`${url}/v1/txs/${hexOf(1)}/proof?proof=1`)).status).toBe(400);
  });
});

describe("proofs", () => {
  const limits = { loopbackRequestsPerSecond: 1, requestsPerSecond: 1 };

  test.each([
    `${account}?proof=1`,
    "/v1/records/0x01?proof=1",
    "/v1/state/0x01?proof=1",
    "/v1/query/a?proof=1",
    `/v1/txs/${hexOf(1)}/proof`,
  ])("cost more than other requests: %s", async (path) => {
    const { url } = await serve(fakeApi(), limits);
    expect(await get(url + path)).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
  });

  test.each([account, "/v1/records/0x01", "/v1/state/0x01", "/v1/query/a"])(
    "are not charged for where none is asked for: %s",
    async (path) => {
      const { url } = await serve(fakeApi(), limits);
      expect((await get(url + path)).status).toBe(200);
    },
  );

  test.each(["/v1/records/0x01", "/v1/state/0x01", "/v1/query/a", `/v1/txs/${hexOf(1)}/proof`])(
    "have one method: %s",
    async (path) => {
      const { url } = await serve();
      const answer = await fetch(url + path, { method: "DELETE" });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    },
  );
});
