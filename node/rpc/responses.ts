// Answers as Responses. Headers are fixed objects, for this is the path of every transaction.

import type { ServerResponse } from "node:http";
import {
  PROBLEM_CONTENT_TYPE,
  type Problem,
  problemJson,
  problemStatus,
  retryAfterSeconds,
} from "./problems.ts";

const NO_STORE = { "cache-control": "no-store" };
const JSON_HEADERS = { "content-type": "application/json", ...NO_STORE };
/** Whatever can be read is public, so pages of any origin may read it. */
const OPEN_JSON_HEADERS = { ...JSON_HEADERS, "access-control-allow-origin": "*" };
const OPEN_TEXT_HEADERS = {
  // The version is that of Prometheus's text format.
  "content-type": "text/plain; version=0.0.4; charset=utf-8",
  ...NO_STORE,
  "access-control-allow-origin": "*",
};
/** Proxies must hand on every event as it comes. */
export const OPEN_EVENTS_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  ...NO_STORE,
  "access-control-allow-origin": "*",
  "x-accel-buffering": "no",
};

export function answerJson(status: number, value: unknown): Response {
  return new Response(JSON.stringify(value), { status, headers: JSON_HEADERS });
}

/** For answers to GET. */
export function openJson(status: number, value: unknown): Response {
  return new Response(JSON.stringify(value), { status, headers: OPEN_JSON_HEADERS });
}

export function openText(text: string): Response {
  return new Response(text, { status: 200, headers: OPEN_TEXT_HEADERS });
}

export function answerProblem(problem: Problem, extra: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(problemJson(problem)), {
    status: problemStatus(problem.code),
    headers: { ...problemHeaders(problem), ...extra },
  });
}

/** The same, for what is refused before it has become a Request. */
export function writeProblem(outgoing: ServerResponse, problem: Problem): void {
  const body = Buffer.from(JSON.stringify(problemJson(problem)));
  outgoing.writeHead(problemStatus(problem.code), {
    ...problemHeaders(problem),
    "content-length": body.length,
  });
  outgoing.end(body);
}

/** The same, for what is not even HTTP: the bytes of an answer that ends its connection. */
export function rawProblem(problem: Problem, reason: string): string {
  const body = JSON.stringify(problemJson(problem));
  const headers = { ...problemHeaders(problem), connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `HTTP/1.1 ${problemStatus(problem.code)} ${reason}\r\n${lines.join("")}${length}\r\n${body}`;
}

function problemHeaders(problem: Problem): Record<string, string> {
  const seconds = retryAfterSeconds(problem);
  return {
    "content-type": PROBLEM_CONTENT_TYPE,
    ...NO_STORE,
    "access-control-allow-origin": "*",
    ...(seconds === undefined ? {} : { "retry-after": String(seconds) }),
  };
}
