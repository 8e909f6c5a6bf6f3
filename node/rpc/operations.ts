// The calls of the HTTP interface, one by one: what each takes and what it answers. The OpenAPI document is made of this
// table; a test holds it against the routes.

import type { z } from "zod";
import * as answers from "./answer-schemas.ts";
import { EVENT_TOPICS } from "./event-frames.ts";
import type { RpcLimits } from "./limits.ts";
import {
  accountParams,
  batchBody,
  blockParams,
  eventsHeaders,
  eventsQuery,
  machineQuery,
  proofQuery,
  queryParams,
  recordParams,
  stateParams,
  submitBody,
  submitQuery,
  transactionParams,
} from "./schemas.ts";

/** An object whose properties are parameters. */
type Parameters = z.ZodObject;

export type Operation = {
  readonly method: "get" | "post";
  /** As the routes have it: `/v1/txs/:hash`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Parameters;
  readonly query?: Parameters;
  readonly headers?: Parameters;
  readonly body?: {
    readonly json: z.ZodType;
    /** What the body is when it is raw bytes. */
    readonly raw: string;
  };
  /** Whatever is not among them is a problem. */
  readonly answers: readonly Answer[];
};

export type Answer = {
  readonly status: number;
  readonly description: string;
  /** Undefined for text that is no JSON. */
  readonly schema?: z.ZodType;
  /** `application/json` unless told otherwise. */
  readonly media?: string;
};

export function operations(limits: RpcLimits): readonly Operation[] {
  return [...transactionOperations(limits), ...stateOperations(), ...nodeOperations()];
}

function transactionOperations(limits: RpcLimits): readonly Operation[] {
  const sound = { description: "The transaction, as it stands", schema: answers.transaction };
  return [
    {
      method: "post",
      path: "/v1/txs",
      summary: "Submit a transaction",
      description:
        "The same bytes again give the same answer. A wait that runs out is no error: the answer is the state so far.",
      query: submitQuery(limits),
      body: { json: submitBody, raw: "The bytes of one transaction." },
      answers: [
        { status: 200, ...sound, description: "It has come as far as asked, or to its end" },
        { status: 202, ...sound, description: "The state so far" },
      ],
    },
    {
      method: "post",
      path: "/v1/txs/batch",
      summary: "Submit many transactions",
      description: "What is wrong with one of them is that one's problem.",
      body: {
        json: batchBody(limits),
        raw: "Transactions, each with its length before it as a big-endian uint32.",
      },
      answers: [{ status: 200, description: "One result for each", schema: answers.batch }],
    },
    {
      method: "get",
      path: "/v1/txs/:hash",
      summary: "Where a transaction stands",
      params: transactionParams,
      answers: [{ status: 200, ...sound }],
    },
    {
      method: "get",
      path: "/v1/txs/:hash/proof",
      summary: "What came of a final transaction, with a proof",
      params: transactionParams,
      answers: [{ status: 200, description: "The receipt", schema: answers.transactionProof }],
    },
  ];
}

const PROVABLE =
  "With `proof=1`, as of the last final height that a certificate proves, and with a proof that genesis is enough to check.";

function stateOperations(): readonly Operation[] {
  return [
    {
      method: "get",
      path: "/v1/accounts/:address",
      summary: "An account after the last final block",
      description: `One that was never used has balance 0 and nonce 0. ${PROVABLE}`,
      params: accountParams,
      query: proofQuery,
      answers: [{ status: 200, description: "The account", schema: answers.account }],
    },
    {
      method: "get",
      path: "/v1/records/:key",
      summary: "A record after the last final block",
      description: PROVABLE,
      params: recordParams,
      query: proofQuery,
      answers: [
        { status: 200, description: "The record, or that it is none", schema: answers.record },
      ],
    },
    {
      method: "get",
      path: "/v1/state/:key",
      summary: "What a key of the state holds after the last final block",
      description: PROVABLE,
      params: stateParams,
      query: proofQuery,
      answers: [{ status: 200, description: "The value, or none", schema: answers.stateEntry }],
    },
    {
      method: "get",
      path: "/v1/query/:path{.+}",
      summary: "A question to the state machine",
      description: `The path may have slashes. ${PROVABLE}`,
      params: queryParams,
      query: machineQuery,
      answers: [{ status: 200, description: "The answer", schema: answers.queryAnswer }],
    },
    {
      method: "get",
      path: "/v1/blocks/:selector",
      summary: "A final block",
      params: blockParams,
      answers: [{ status: 200, description: "The block", schema: answers.block }],
    },
    {
      method: "get",
      path: "/v1/events",
      summary: "The chain as server-sent events",
      description: EVENTS,
      query: eventsQuery,
      headers: eventsHeaders,
      answers: [
        {
          status: 200,
          description: `Events named ${EVENT_TOPICS.join(", ")}; \`x-events\` has the schema of each one's data`,
          media: "text/event-stream",
        },
      ],
    },
  ];
}

const EVENTS =
  "From `from` on, or exactly after `last-event-id`: every event of the asked topics once and in order, whatever breaks. " +
  "The id of an event is `height.index`: index 0 is the block, 1 to n are its transactions in their order, also skipped " +
  "ones. `view` and `evidence` are no part of the chain: they have no id, and whoever is away does not hear of them. " +
  "Without `from` and id the stream begins with the next final block, and first names an id to resume from. A height " +
  "beyond the tip is waited for. After 15 s of silence comes a comment.";

function nodeOperations(): readonly Operation[] {
  const health = (schema: z.ZodType) => [
    { status: 200, description: "Well", schema },
    { status: 503, description: "Not well: see `reasons`", schema },
  ];
  return [
    {
      method: "get",
      path: "/v1/status",
      summary: "The node and its chain",
      answers: [{ status: 200, description: "The status", schema: answers.status }],
    },
    {
      method: "get",
      path: "/livez",
      summary: "Ought the process to be restarted?",
      answers: health(answers.liveness),
    },
    {
      method: "get",
      path: "/readyz",
      summary: "Should it get work now?",
      answers: health(answers.readiness),
    },
    {
      method: "get",
      path: "/metrics",
      summary: "Metrics for Prometheus",
      answers: [{ status: 200, description: "Prometheus's text format", media: "text/plain" }],
    },
    {
      method: "get",
      path: "/openapi.json",
      summary: "This document",
      answers: [{ status: 200, description: "OpenAPI 3.1", schema: answers.document }],
    },
  ];
}
