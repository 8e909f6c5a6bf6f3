// The OpenAPI document against the server: every path, every parameter, every answer, and the copy in the repository.

import { readFileSync } from "node:fs";
import type { HttpBindings } from "@hono/node-server";
import { describe, expect, test } from "vitest";
import { formatAddress, height } from "../../../crypto/index.ts";
import { createLogger } from "../../../node/logging/index.ts";
import { eventData } from "../../../node/rpc/answer-schemas.ts";
import { EventReaders } from "../../../node/rpc/event-readers.ts";
import type { NodeApi, NodeStatus, Problem, TransactionStatus } from "../../../node/rpc/index.ts";
import { DEFAULT_RPC_LIMITS } from "../../../node/rpc/limits.ts";
import { openApiDocument } from "../../../node/rpc/openapi.ts";
import { operations } from "../../../node/rpc/operations.ts";
import { PROBLEM_CODES } from "../../../node/rpc/problems.ts";
import { createRoutes } from "../../../node/rpc/routes.ts";
import { Waits } from "../../../node/rpc/waits.ts";
import { patternOf } from "./answers.ts";
import {
  accountAddress,
  blockView,
  fakeApi,
  finalStatus,
  get,
  hashOf,
  hexOf,
  type Json,
  nodeStatus,
  post,
  serve,
} from "./fixtures.ts";

type Status = 200 | 404 | 503;

const { cert: _, ...bareBlock } = blockView;

const fullStatus: NodeStatus = {
  ...nodeStatus,
  sync: { state: "syncing", target: height(900) },
  missing: "votes 2 of 3 in view 41; silent: v2",
};

const failed: TransactionStatus = {
  ...finalStatus,
  receipt: { ...finalStatus.receipt, result: "failed", code: "insufficient-balance" },
};

const transactionStates: readonly TransactionStatus[] = [
  { state: "unknown" },
  { state: "pending" },
  { state: "included", height: height(12), block: hashOf(0xb1) },
  finalStatus,
  failed,
  { state: "rejected", code: "NONCE_TOO_LOW", detail: "The account has used this nonce." },
  { state: "expired" },
  { state: "expired", validUntilHeight: height(9) },
];

const all = operations(DEFAULT_RPC_LIMITS);
const document = openApiDocument(DEFAULT_RPC_LIMITS) as Json;

function routesOfServer(): string[] {
  const app = createRoutes({
    api: fakeApi(),
    limits: DEFAULT_RPC_LIMITS,
    log: createLogger({ level: "silent" }),
    waits: new Waits(1),
    readers: new EventReaders(DEFAULT_RPC_LIMITS),
    charge: (_: HttpBindings) => undefined,
  });
  const documentable = app.routes.filter(({ method }) => method !== "ALL");
  return documentable.map(({ method, path }) => `${method.toLowerCase()} ${path}`);
}

/** The document's own references, wherever they stand. */
function referencesIn(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = typeof value.$ref === "string" ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

describe("the OpenAPI document", () => {
  test("has every route of the server, and no other", () => {
    const documented = all.map(({ method, path }) => `${method} ${path}`);
    expect(documented.sort()).toEqual(routesOfServer().sort());
  });

  test("is what the server answers", async () => {
    const { url } = await serve();
    const { status, body } = await get(`${url}/openapi.json`);
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("is the one in the repository; if not: GET /openapi.json, `biome format`, node/openapi.json", () => {
    const kept = readFileSync(new URL("../../../node/openapi.json", import.meta.url), "utf8");
    expect(JSON.stringify(JSON.parse(kept), null, 2)).toBe(JSON.stringify(document, null, 2));
  });

  test("names nothing that it does not have, and has nothing that it does not name", () => {
    const named = new Set(referencesIn(document));
    const has = [
      ...Object.keys(document.components.schemas).map((id) => `#/components/schemas/${id}`),
      "#/components/responses/Problem",
    ];
    expect([...named].sort()).toEqual(has.sort());
  });

  test("lists every code of a problem", () => {
    expect(document.components.schemas.ProblemCode.enum).toEqual(PROBLEM_CODES);
  });

  test("says of every parameter of a path that it is required, and names each", () => {
    for (const [path, item] of Object.entries<Json>(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters: Json[] = Object.values<Json>(item)[0].parameters ?? [];
      const given = parameters.filter((parameter) => parameter.in === "path");
      expect(given.map(({ name, required }) => [name, required])).toEqual(
        names.map((name) => [name, true]),
      );
    }
  });

  test("has the data of every event", () => {
    const { content } = document.paths["/v1/events"].get.responses[200];
    expect(Object.keys(content["text/event-stream"]["x-events"])).toEqual(Object.keys(eventData));
  });
});

describe("the server", () => {
  const withQuery = all.map((operation) => {
    const names = Object.keys(operation.query?.shape ?? {});
    return { ...operation, names, call: `${operation.method} ${operation.path}` };
  });
  const addressOf = (path: string) => {
    const parameter = path.includes("accounts") ? formatAddress(accountAddress) : hexOf(1);
    return path.replace(/:\w+(\{.*\})?/, parameter);
  };

  test.each(withQuery)("refuses a parameter of $call that is not documented", async (given) => {
    const { url } = await serve();
    const answer = await fetch(`${url}${addressOf(given.path)}?undocumented=1`, {
      method: given.method.toUpperCase(),
    });
    expect(await answer.json()).toMatchObject({ details: { parameter: "undocumented" } });
  });

  test.each(withQuery.filter(({ names }) => names.length > 0))(
    "knows every parameter of $call that is",
    async ({ method, path, names }) => {
      const { url } = await serve();
      for (const name of names) {
        // No value of any of them, so the refusal is about the value.
        const answer = await fetch(`${url}${addressOf(path)}?${name}=%00`, {
          method: method.toUpperCase(),
        });
        const body = (await answer.json()) as Json;
        expect(body.details).toEqual({ parameter: name });
        expect(body.detail).toMatch(new RegExp(`^${name} must be `));
      }
    },
  );
});

/** A call of every operation in every state that its answer has; `get` and `post` hold each against the document. */
const answers: readonly [name: string, path: string, overrides: Partial<NodeApi>, Status][] = [
  ["the node's status", "/v1/status", {}, 200],
  ["a status with everything in it", "/v1/status", { status: () => fullStatus }, 200],
  ["a live node", "/livez", {}, 200],
  ["a node to restart", "/livez", { live: () => ["halted"] }, 503],
  ["a ready node", "/readyz", {}, 200],
  ["a node that catches up", "/readyz", { ready: () => ["catching up"] }, 503],
  ["this document", "/openapi.json", {}, 200],
  ["a certified block", "/v1/blocks/latest", {}, 200],
  ["a block without certificate", "/v1/blocks/12", { block: () => bareBlock }, 200],
  ["no block", "/v1/blocks/99", { block: () => undefined }, 404],
  ["an account", `/v1/accounts/${formatAddress(accountAddress)}`, {}, 200],
  ["a proven account", `/v1/accounts/${formatAddress(accountAddress)}?proof=1`, {}, 200],
  ["a record", "/v1/records/0x01", {}, 200],
  ["a proven record", "/v1/records/0x01?proof=1", {}, 200],
  ["a key of the state", "/v1/state/0x01", {}, 200],
  ["a proven key of the state", "/v1/state/0x01?proof=1", {}, 200],
  ["a question", "/v1/query/tasks/open?argument=0x01", {}, 200],
  ["a proven answer", "/v1/query/tasks?proof=1", {}, 200],
  ["a proven receipt", `/v1/txs/${hexOf(1)}/proof`, {}, 200],
  ...transactionStates.map((given): [string, string, Partial<NodeApi>, Status] => [
    `a transaction that is ${given.state}`,
    `/v1/txs/${hexOf(1)}`,
    { transaction: () => given },
    200,
  ]),
];

describe("an answer is what the document says", () => {
  test.each(answers)("for %s", async (_, path, overrides, expected) => {
    const { url } = await serve(fakeApi(overrides));
    expect((await get(url + path)).status).toBe(expected);
  });

  test.each(transactionStates)("for a submitted transaction that is $state", async (given) => {
    const submit: NodeApi["submit"] = async () => ({ ok: true, hash: hashOf(1), status: given });
    const { url } = await serve(fakeApi({ submit }));
    const { status } = await post(`${url}/v1/txs`, Uint8Array.of(1));
    expect([200, 202]).toContain(status);
  });

  test("for a batch of which some are refused", async () => {
    const { url } = await serve();
    const { body } = await post(`${url}/v1/txs/batch`, JSON.stringify({ txs: ["0x01", "zz"] }));
    expect(body.results).toHaveLength(2);
  });

  test("for a problem with everything in it", async () => {
    const problem: Problem = { code: "NONCE_GAP", hash: hashOf(1), details: { a: 1, b: ["c"] } };
    const { url } = await serve(fakeApi({ submit: async () => ({ ok: false, problem }) }));
    expect((await post(`${url}/v1/txs`, Uint8Array.of(1))).body.details).toEqual(problem.details);
  });

  test("for metrics, which are no JSON", async () => {
    const { url } = await serve();
    const { headers } = await fetch(`${url}/metrics`);
    const [media] = Object.keys(document.paths["/metrics"].get.responses[200].content);
    expect(headers.get("content-type")).toContain(media);
  });

  test("for every JSON answer of the interface at least once", () => {
    const posted = ["post /v1/txs", "post /v1/txs/batch"];
    const called = answers.map(([, path]) => {
      const { pathname } = new URL(path, "http://node");
      return all.find((operation) => patternOf(operation.path).test(pathname))?.path;
    });
    const covered = new Set([...posted, ...called.map((path) => `get ${path}`)]);
    const json = all.filter(({ answers: [answer] }) => answer?.schema !== undefined);
    const uncovered = json.filter(({ method, path }) => !covered.has(`${method} ${path}`));
    expect(uncovered).toEqual([]);
  });
});
