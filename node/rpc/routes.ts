// What each path answers. Everything here is about meaning; sizes, speeds and connections are the server's concern.

import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { fromHex, type Hash, hash, height } from "../../crypto/index.ts";
import type { Log } from "../logging/index.ts";
import type { BlockSelector, NodeApi, Submission } from "./api.ts";
import type { EventReaders } from "./event-readers.ts";
import { eventsPage } from "./events.ts";
import type { RpcLimits } from "./limits.ts";
import { openApiPage } from "./openapi.ts";
import { blockJson, statusPageJson, submissionJson, transactionJson } from "./presentation.ts";
import type { Problem } from "./problems.ts";
import { provablePages } from "./provable-pages.ts";
import { type BatchItem, batchItems, checked, transactionBytes } from "./request.ts";
import { answerJson, answerProblem, openJson, openText } from "./responses.ts";
import {
  blockParams,
  noQuery,
  type SubmitQuery,
  submitQuery,
  transactionParams,
} from "./schemas.ts";
import { isReached, type Waits } from "./waits.ts";

type Env = { Bindings: HttpBindings };
type Call = Context<Env>;

export type RouteOptions = {
  readonly api: NodeApi;
  readonly limits: RpcLimits;
  readonly log: Log;
  readonly waits: Waits;
  readonly readers: EventReaders;
  /** Charges the sender of this request for more than the one that every request costs. */
  readonly charge: (bindings: HttpBindings, cost: number) => Problem | undefined;
};

/** Events and what can be proven have pages in files of their own. */
export function createRoutes(options: RouteOptions): Hono<Env> {
  const { api, log } = options;
  const app = new Hono<Env>();
  const get = (path: string, answer: (call: Call) => Response | Promise<Response>) => {
    app.get(path, (call) => {
      const query = checked(noQuery, call.req.query());
      return query.ok ? answer(call) : answerProblem(query.problem);
    });
    app.all(path, () => otherMethod("GET, HEAD"));
  };
  const getWithQuery = (path: string, answer: (call: Call) => Response | Promise<Response>) => {
    app.get(path, answer);
    app.all(path, () => otherMethod("GET, HEAD"));
  };
  const post = (path: string, answer: (call: Call) => Promise<Response>) => {
    app.post(path, answer);
    app.all(path, () => otherMethod("POST"));
  };

  post("/v1/txs", submitOne(options));
  post("/v1/txs/batch", submitBatch(options));
  get("/livez", () => health("live", api.live()));
  get("/readyz", () => health("ready", api.ready()));
  get("/metrics", async () => openText(await api.metrics()));
  get("/v1/status", () => openJson(200, statusPageJson(api.status())));
  get("/v1/txs/:hash", transactionPage(api));
  get("/v1/blocks/:selector", blockPage(api));

  get("/openapi.json", openApiPage(options.limits));
  getWithQuery("/v1/events", eventsPage(options));
  for (const [path, page] of provablePages(options)) getWithQuery(path, page);

  app.notFound((call) => {
    const detail = `There is no ${call.req.path.slice(0, 128)}.`;
    return answerProblem({ code: "NOT_FOUND", detail });
  });
  app.onError((err, call) => {
    log.error({ err, method: call.req.method, path: call.req.path }, "a request failed");
    return answerProblem({ code: "INTERNAL" });
  });
  return app;
}

function health(name: "live" | "ready", reasons: readonly string[]): Response {
  const well = reasons.length === 0;
  return openJson(well ? 200 : 503, { [name]: well, reasons });
}

function otherMethod(allow: string): Response {
  return answerProblem({ code: "METHOD_NOT_ALLOWED", details: { allow } }, { allow });
}

function submitOne({ api, limits, waits }: RouteOptions) {
  const querySchema = submitQuery(limits);
  const unasked: SubmitQuery = querySchema.parse({});
  return async (call: Call): Promise<Response> => {
    const { incoming, outgoing } = call.env;
    const hasQuery = incoming.url?.includes("?") === true;
    const query = hasQuery ? checked(querySchema, call.req.query()) : undefined;
    if (query?.ok === false) return answerProblem(query.problem);
    const { wait, timeoutMs } = query?.value ?? unasked;
    const bytes = await transactionBytes(incoming);
    if (!bytes.ok) return answerProblem(bytes.problem);
    const submission = await api.submit(bytes.value);
    if (!submission.ok) return answerProblem(submission.problem);
    const { hash, status } = submission;
    if (wait === "none") return submitted(hash, status, isReached(status, "final"));
    if (isReached(status, wait)) return submitted(hash, status, true);
    const later = await waits.hold(outgoing, (signal) =>
      api.waitFor({ hash, until: wait, timeoutMs, signal }),
    );
    return submitted(hash, later ?? status, later !== undefined && isReached(later, wait));
  };
}

/** 200 when nothing is left to wait for of what was asked; else 202, with the state so far. */
function submitted(
  hash: Hash,
  status: Parameters<typeof transactionJson>[1],
  reached: boolean,
): Response {
  return answerJson(reached ? 200 : 202, transactionJson(hash, status));
}

function submitBatch({ api, limits, charge }: RouteOptions) {
  return async (call: Call): Promise<Response> => {
    const query = checked(noQuery, call.req.query());
    if (!query.ok) return answerProblem(query.problem);
    const items = await batchItems(call.env.incoming, limits);
    if (!items.ok) return answerProblem(items.problem);
    const overdrawn = charge(call.env, items.value.length - 1);
    if (overdrawn !== undefined) return answerProblem(overdrawn);
    const sound = items.value.flatMap((item) => (item.ok ? [item.value] : []));
    const submissions = sound.length > 0 ? await api.submitBatch(sound) : [];
    return answerJson(200, { results: batchResults(items.value, submissions) });
  };
}

/** Puts what the node answered back between the items that never reached it. */
function batchResults(items: readonly BatchItem[], submissions: readonly Submission[]) {
  const answers = submissions.values();
  return items.map((item) => {
    if (!item.ok) return submissionJson(item);
    const answer = answers.next().value;
    return submissionJson(answer ?? { ok: false, problem: { code: "INTERNAL" } });
  });
}

function transactionPage(api: NodeApi) {
  return (call: Call): Response => {
    const params = checked(transactionParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const id = hashFrom(params.value.hash);
    return openJson(200, transactionJson(id, api.transaction(id)));
  };
}

function blockPage(api: NodeApi) {
  return async (call: Call): Promise<Response> => {
    const params = checked(blockParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const view = await api.block(selectorFrom(params.value.selector));
    if (view !== undefined) return openJson(200, blockJson(view));
    return answerProblem({ code: "NOT_FOUND", detail: "No such block is final here." });
  };
}

function selectorFrom(text: string | number): BlockSelector {
  if (text === "latest") return { by: "latest" };
  if (typeof text === "number") return { by: "height", height: height(text) };
  return { by: "hash", hash: hashFrom(text) };
}

function hashFrom(text: string): Hash {
  return hash(fromHex(text) ?? new Uint8Array(0));
}
