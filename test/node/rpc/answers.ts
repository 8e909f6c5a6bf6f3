// Holds an answer of the server against what the OpenAPI document says of it, to the last field.

import { expect } from "vitest";
import { problem } from "../../../node/rpc/answer-schemas.ts";
import { DEFAULT_RPC_LIMITS } from "../../../node/rpc/limits.ts";
import { operations } from "../../../node/rpc/operations.ts";

/** What a path of the routes matches. */
export function patternOf(path: string): RegExp {
  const pattern = path.replaceAll(/:\w+(\{.*\})?/g, (_, all) => (all ? ".+" : "[^/]+"));
  return new RegExp(`^${pattern}$`);
}

const documented = operations(DEFAULT_RPC_LIMITS).map((operation) => {
  return { ...operation, pattern: patternOf(operation.path) };
});

/** `body` is parsed JSON. */
export function expectDocumented(
  { method, url }: { readonly method: "get" | "post"; readonly url: string },
  { status, headers }: Response,
  body: unknown,
): void {
  const { pathname } = new URL(url);
  const operation = documented.find((candidate) => {
    return candidate.method === method && candidate.pattern.test(pathname);
  });
  const answer = operation?.answers.find((candidate) => candidate.status === status);
  const isProblem = headers.get("content-type") === "application/problem+json";
  const schema = isProblem ? problem : answer?.schema;
  expect(schema, `${method} ${pathname} answers ${status}, which is not documented`).toBeDefined();
  const parsed = schema?.safeParse(body);
  expect(parsed?.error?.issues ?? [], `${method} ${pathname} answers ${status}`).toEqual([]);
}
