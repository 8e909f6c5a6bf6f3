// What can be read, and what every path has in common.

import { describe, expect, test } from "vitest";
import { formatAddress, height } from "../../../crypto/index.ts";
import type { BlockSelector, NodeApi } from "../../../node/rpc/index.ts";
import { PROBLEM_CODES, problemStatus } from "../../../node/rpc/problems.ts";
import {
  accountAddress,
  blockView,
  fakeApi,
  get,
  hashOf,
  hexOf,
  nodeStatus,
  post,
  serve,
} from "./fixtures.ts";

describe("GET /livez and /readyz", () => {
  test.each([
    ["livez", "live"],
    ["readyz", "ready"],
  ] as const)("/%s answers 200 while there is no reason not to", async (path, name) => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/${path}`);
    expect(status).toBe(200);
    expect(body).toEqual({ [name]: true, reasons: [] });
  });

  test.each([
    ["livez", "live"],
    ["readyz", "ready"],
  ] as const)("/%s answers 503 with the reasons", async (path, name) => {
    const { url } = await serve(fakeApi({ [name]: () => ["catching up: 5 of 900"] }));
    const { status, body } = await get(`${url}/${path}`);
    expect(status).toBe(503);
    expect(body).toEqual({ [name]: false, reasons: ["catching up: 5 of 900"] });
  });

  test("a node that catches up is live and not ready", async () => {
    const { url } = await serve(fakeApi({ ready: () => ["catching up"] }));
    expect((await get(`${url}/livez`)).status).toBe(200);
    expect((await get(`${url}/readyz`)).status).toBe(503);
  });
});

describe("GET /v1/status", () => {
  test("shows the node and its chain", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/v1/status`);
    expect(status).toBe(200);
    expect(body).toEqual({
      chainId: hexOf(0xc1),
      chainName: "fake",
      node: { role: "validator", index: 1, publicKey: hexOf(0x11) },
      version: "0.1.0",
      height: 12,
      view: 15,
      finalized: {
        height: 12,
        hash: hexOf(0xb1),
        stateRoot: hexOf(0x55),
        time: "2023-11-14T22:13:20.000Z",
      },
      validators: [{ publicKey: hexOf(0x11), power: 1 }],
      peers: [{ index: 0, connected: true }, { connected: false }],
      sync: { state: "synced" },
      pool: { count: 2, bytes: 500 },
      minFee: "1",
    });
  });

  test("says what is missing while the chain stands still", async () => {
    const missing = "votes 2 of 3 in view 41; silent: v2";
    const { url } = await serve(fakeApi({ status: () => ({ ...nodeStatus, missing }) }));
    expect((await get(`${url}/v1/status`)).body.missing).toBe(missing);
  });

  test("says how far a catching-up follower has to go", async () => {
    const follower: NodeApi["status"] = () => ({
      ...nodeStatus,
      node: { role: "follower" },
      sync: { state: "syncing", target: height(900) },
    });
    const { url } = await serve(fakeApi({ status: follower }));
    const { body } = await get(`${url}/v1/status`);
    expect(body).toMatchObject({ sync: { state: "syncing", target: 900 } });
    expect(body.node).toEqual({ role: "follower" });
  });
});

describe("GET /v1/accounts/{address}", () => {
  test("shows balance and nonce, and the height they belong to", async () => {
    const asked: unknown[] = [];
    const api = fakeApi();
    const account: NodeApi["account"] = (address) => {
      asked.push(address);
      return api.account(address);
    };
    const { url } = await serve({ ...api, account });
    const text = formatAddress(accountAddress);
    const { status, body } = await get(`${url}/v1/accounts/${text}`);
    expect(status).toBe(200);
    expect(body).toEqual({ address: text, balance: "18446744073709551615", nonce: 7, height: 12 });
    expect(asked).toEqual([accountAddress]);
  });

  test("refuses what does not look like an address", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/v1/accounts/0x05`);
    expect(status).toBe(400);
    expect(body.detail).toBe("address must be an address: qr1..., bech32m, lower case.");
  });

  test("refuses an address with a typing error", async () => {
    const { url } = await serve();
    const text = formatAddress(accountAddress);
    const wrong = text.slice(0, -1) + (text.endsWith("q") ? "p" : "q");
    const { status, body } = await get(`${url}/v1/accounts/${wrong}`);
    expect(status).toBe(400);
    expect(body.detail).toContain("not-bech32m");
  });

  test("refuses a parameter that would be ignored", async () => {
    const { url } = await serve();
    const { status } = await get(`${url}/v1/accounts/${formatAddress(accountAddress)}?prove=1`);
    expect(status).toBe(400);
  });
});

describe("GET /v1/blocks/{height|latest|hash}", () => {
  test.each<[string, BlockSelector]>([
    ["latest", { by: "latest" }],
    ["0", { by: "height", height: height(0) }],
    ["12", { by: "height", height: height(12) }],
    ["9007199254740991", { by: "height", height: height(Number.MAX_SAFE_INTEGER) }],
    [hexOf(0xb1), { by: "hash", hash: hashOf(0xb1) }],
  ])("asks the node for %s", async (text, selector) => {
    const asked: BlockSelector[] = [];
    const block: NodeApi["block"] = (given) => {
      asked.push(given);
      return blockView;
    };
    const { url } = await serve(fakeApi({ block }));
    expect((await get(`${url}/v1/blocks/${text}`)).status).toBe(200);
    expect(asked).toEqual([selector]);
  });

  test("shows header, transaction hashes and certificates", async () => {
    const { url } = await serve();
    const { body } = await get(`${url}/v1/blocks/latest`);
    expect(body).toEqual({
      hash: hexOf(0xb1),
      height: 12,
      view: 14,
      epoch: 0,
      parent: hexOf(0xb0),
      payload: hexOf(0xaa),
      timestampMs: 1_700_000_000_000,
      time: "2023-11-14T22:13:20.000Z",
      proposer: 2,
      stateRoot: hexOf(0x55),
      transactions: [hexOf(1), hexOf(2)],
      certificates: {
        justify: {
          epoch: 0,
          view: 0,
          height: 0,
          block: hexOf(0xa0),
          signers: [],
          signatures: [],
        },
        commit: {
          epoch: 0,
          view: 14,
          height: 12,
          block: hexOf(0xb1),
          stateRoot: hexOf(0x55),
          signers: [1],
          signatures: [hexOf(9, 64)],
        },
      },
    });
  });

  test("leaves the commit certificate out where there is none", async () => {
    const { cert: _, ...bare } = blockView;
    const { url } = await serve(fakeApi({ block: async () => bare }));
    const { body } = await get(`${url}/v1/blocks/12`);
    expect(Object.keys(body.certificates)).toEqual(["justify"]);
    expect(body).not.toHaveProperty("stateRoot");
  });

  test("answers 404 for a block that is not final here", async () => {
    const { url } = await serve(fakeApi({ block: () => undefined }));
    const { status, body } = await get(`${url}/v1/blocks/13`);
    expect(status).toBe(404);
    expect(body.code).toBe("NOT_FOUND");
  });

  test.each(["first", "-1", "01", "1.5", "9007199254740992", "0x12", hexOf(1).slice(2)])(
    "refuses the selector %j",
    async (text) => {
      const { url } = await serve();
      const { status, body } = await get(`${url}/v1/blocks/${text}`);
      expect(status).toBe(400);
      expect(body.details).toEqual({ parameter: "selector" });
    },
  );
});

test("GET /metrics hands on the node's text in Prometheus's format", async () => {
  const { url } = await serve();
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toBe("quorate_height 12\n");
});

describe("every path", () => {
  test("that does not exist is a NOT_FOUND problem", async () => {
    const { url } = await serve();
    const { status, body, answer } = await get(`${url}/v2/nothing`);
    expect(status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({ code: "NOT_FOUND", detail: "There is no /v2/nothing." });
  });

  test.each([
    ["/v1/status", "POST", "GET, HEAD"],
    ["/v1/txs", "GET", "POST"],
    ["/v1/txs/batch", "DELETE", "POST"],
    [`/v1/txs/${hexOf(1)}`, "POST", "GET, HEAD"],
    ["/v1/blocks/latest", "PUT", "GET, HEAD"],
    ["/v1/accounts/x", "PATCH", "GET, HEAD"],
    ["/livez", "POST", "GET, HEAD"],
    ["/readyz", "POST", "GET, HEAD"],
    ["/metrics", "OPTIONS", "GET, HEAD"],
  ])("%s has no %s, and says what it has", async (path, method, allow) => {
    const { url } = await serve();
    const answer = await fetch(url + path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(await answer.json()).toMatchObject({ code: "METHOD_NOT_ALLOWED", details: { allow } });
  });

  test("answers HEAD like GET, without a body", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/v1/status`, { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
  });

  test("can be read by pages of any origin, and only read", async () => {
    const { url } = await serve();
    const page = await get(`${url}/v1/status`);
    expect(page.answer.headers.get("access-control-allow-origin")).toBe("*");
    const submitted = await post(`${url}/v1/txs`, Uint8Array.of(1));
    expect(submitted.answer.headers.has("access-control-allow-origin")).toBe(false);
  });

  test("is never cached", async () => {
    const { url } = await serve();
    const { answer } = await get(`${url}/v1/status`);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("that fails inside is a 500 which tells nothing, and a line in the log which tells all", async () => {
    const status = () => {
      throw new Error("a secret of the node");
    };
    const { url, logged } = await serve(fakeApi({ status }));
    const { status: code, body } = await get(`${url}/v1/status`);
    expect(code).toBe(500);
    expect(body).toMatchObject({ code: "INTERNAL", retryable: true });
    expect(JSON.stringify(body)).not.toMatch(/secret|stack|\.ts/);
    expect(logged).toMatchObject([
      { level: "error", path: "/v1/status", err: { message: "a secret of the node" } },
    ]);
  });

  test("reports the status of every answer", async () => {
    const { url, statuses } = await serve();
    await get(`${url}/v1/status`);
    await get(`${url}/nothing`);
    await post(`${url}/v1/txs`, Uint8Array.of(1));
    expect(statuses).toEqual([200, 404, 202]);
  });
});

describe("a problem", () => {
  test.each(PROBLEM_CODES)(
    "%s has a document of its own, with the status of its answer",
    async (code) => {
      const problem = { code };
      const { url } = await serve(fakeApi({ submit: async () => ({ ok: false, problem }) }));
      const { status, body } = await post(`${url}/v1/txs`, Uint8Array.of(1));
      expect(status).toBe(problemStatus(code));
      expect(body).toMatchObject({ status, code });
      expect(body.type).toBe(`urn:quorate:problem:${code.toLowerCase().replaceAll("_", "-")}`);
      expect(typeof body.retryable).toBe("boolean");
      for (const text of [body.title, body.detail, body.remedy]) expect(text).toMatch(/^[A-Z]/);
    },
  );

  test.each([
    ["INVALID_ENCODING", 400],
    ["BAD_SIGNATURE", 422],
    ["WRONG_CHAIN", 422],
    ["NONCE_TOO_LOW", 409],
    ["NONCE_GAP", 409],
    ["EXPIRED", 422],
    ["TOO_LARGE", 413],
    ["POOL_FULL", 503],
    ["RATE_LIMITED", 429],
    ["INSUFFICIENT_BALANCE", 422],
    ["NOT_SYNCED", 503],
    ["NOT_FOUND", 404],
    ["PRUNED", 410],
    ["APP_REJECTED", 422],
  ] as const)("%s keeps the status %i", (code, status) => {
    expect(problemStatus(code)).toBe(status);
  });

  test("that names a time says so in the header too, in whole seconds", async () => {
    const problem = { code: "POOL_FULL", details: { retryAfterMs: 1_001 } } as const;
    const { url } = await serve(fakeApi({ submit: async () => ({ ok: false, problem }) }));
    const { answer, body } = await post(`${url}/v1/txs`, Uint8Array.of(1));
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(body.details).toEqual({ retryAfterMs: 1_001 });
  });
});
