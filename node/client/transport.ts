// One request to one node over `fetch`: bounded in time and size, its failure told apart into never sent, unanswered and
// senseless. Nothing is retried here.

import { type Answer, ClientError, isRecord, problemFrom } from "./problem.ts";

export type Transport = {
  readonly fetch: typeof fetch;
  /** How long one call may take beyond the wait that it asks for. */
  readonly callTimeoutMs: number;
};

export type Call<T> = {
  readonly url: string;
  readonly path: string;
  /** Makes it a POST. */
  readonly body?: Uint8Array | undefined;
  /** The wait that it asks for. */
  readonly extraMs?: number | undefined;
  /** Its abortion is thrown as it is: the caller's wish is no failure of the node. */
  readonly signal?: AbortSignal | undefined;
  /** Throws for what is none of ours. */
  readonly read: (body: unknown) => T;
};

export const DEFAULT_CALL_TIMEOUT_MS = 10_000;
/** The largest block in JSON stays far below. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** Throws a ClientError when there is no sound answer. */
export async function ask<T>(transport: Transport, call: Call<T>): Promise<Answer<T>> {
  const limitMs = transport.callTimeoutMs + (call.extraMs ?? 0);
  const timeout = AbortSignal.timeout(limitMs);
  const { signal } = call;
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let response: Response;
  let text: string;
  try {
    response = await open(transport, call, either);
    text = await boundedText(response);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RangeError) throw badAnswer(call, error.message, error);
    throw noAnswer(call, timeout.aborted ? limitMs : undefined, error);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (response.ok) throw badAnswer(call, "no JSON", error);
  }
  if (!response.ok) return { ok: false, problem: problemFrom(response.status, body) };
  try {
    return { ok: true, value: call.read(body) };
  } catch (error) {
    // Our bugs and lies found out keep their own class; TypeError is what readers of answers throw.
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw badAnswer(call, error.message, error);
  }
}

/** The headers of an answer; its body is the caller's. */
export async function open(
  transport: Transport,
  call: Pick<Call<unknown>, "url" | "path" | "body">,
  signal: AbortSignal,
): Promise<Response> {
  // As a method, a browser's fetch refuses to run.
  const { fetch } = transport;
  const address = call.url + call.path;
  if (call.body === undefined) return await fetch(address, { signal });
  return await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: call.body as Uint8Array<ArrayBuffer>,
    signal,
  });
}

/** What `fetch` threw, as a ClientError; `limitMs` if the time was over. */
export function noAnswer(
  { url }: { readonly url: string },
  limitMs: number | undefined,
  cause: unknown,
): ClientError {
  const failure = { url, retryable: true, cause };
  if (limitMs !== undefined) {
    const message = `${url} did not answer within ${limitMs} ms`;
    return new ClientError({ ...failure, code: "NO_ANSWER", message });
  }
  if (wasNeverSent(cause)) {
    const message = `no node answers at ${url}`;
    return new ClientError({ ...failure, code: "UNREACHABLE", message });
  }
  const message = `the connection to ${url} broke before its answer came`;
  return new ClientError({ ...failure, code: "NO_ANSWER", message });
}

function badAnswer<T>({ url, path }: Call<T>, why: string, cause: unknown): ClientError {
  const message = `${url}${path} gave an answer that is none of Quorate's: ${why}`;
  return new ClientError({ code: "BAD_ANSWER", url, message, cause });
}

async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > MAX_ANSWER_BYTES) {
      await reader.cancel();
      throw new RangeError(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

const NEVER_CONNECTED = [
  "ERR_INVALID_URL",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
];

/** Node's fetch says so in the cause. Where nothing is said, the request may have arrived. */
function wasNeverSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isRecord(cause) && NEVER_CONNECTED.includes(String(cause.code));
}
