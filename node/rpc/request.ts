// From an HTTP request to what was meant: content type, body, query and parameters, or the problem with them.

import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { MAX_TRANSACTION_BYTES } from "../transaction/index.ts";
import { readBody } from "./body.ts";
import type { RpcLimits } from "./limits.ts";
import { bytesOfHex } from "./presentation.ts";
import type { Problem } from "./problems.ts";
import { batchBody, submitBody } from "./schemas.ts";

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/** A transaction's bytes, or why it has no place in its batch. */
export type BatchItem = Outcome<Uint8Array>;

/** `{"tx":"0x"}` and room for white space around it. */
const JSON_OVERHEAD_BYTES = 256;

const EXPECTED_MEDIA = "application/octet-stream or application/json";

function refused<T>(problem: Problem): Outcome<T> {
  return { ok: false, problem };
}

/** The schema's value, or a problem that names the parameter. */
export function checked<S extends z.ZodType>(schema: S, given: unknown): Outcome<z.output<S>> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const parameter = issue.keys[0] ?? "";
    const detail = `There is no parameter ${JSON.stringify(parameter.slice(0, 64))} here.`;
    return refused({ code: "INVALID_REQUEST", detail, details: { parameter } });
  }
  const parameter = issue?.path.join(".") ?? "";
  const detail = `${parameter === "" ? "The body" : parameter} must be ${issue?.message ?? "valid"}.`;
  return refused({ code: "INVALID_REQUEST", detail, details: { parameter } });
}

/** The bytes of one transaction: the body itself, or `{"tx":"0x.."}`. */
export async function transactionBytes(incoming: IncomingMessage): Promise<Outcome<Uint8Array>> {
  const media = mediaOf(incoming);
  if (!media.ok) return media;
  const isJson = media.value === "json";
  const limit = isJson ? 2 * MAX_TRANSACTION_BYTES + JSON_OVERHEAD_BYTES : MAX_TRANSACTION_BYTES;
  const body = await bodyWithin(incoming, limit);
  if (!body.ok || !isJson) return body;
  const parsed = jsonIn(body.value);
  if (!parsed.ok) return parsed;
  const fields = checked(submitBody, parsed.value);
  return fields.ok ? itemOfHex(fields.value.tx) : fields;
}

/**
 * The transactions of a batch: `{"txs":["0x..", ..]}`, or raw, each with its length before it as a big-endian uint32.
 * What is wrong with one of them is that one's problem.
 */
export async function batchItems(
  incoming: IncomingMessage,
  limits: RpcLimits,
): Promise<Outcome<readonly BatchItem[]>> {
  const media = mediaOf(incoming);
  if (!media.ok) return media;
  const body = await bodyWithin(incoming, limits.maxBatchBytes);
  if (!body.ok) return body;
  if (media.value === "raw") return rawItems(body.value, limits.maxBatchTransactions);
  const parsed = jsonIn(body.value);
  if (!parsed.ok) return parsed;
  const fields = checked(batchBody(limits), parsed.value);
  return fields.ok ? { ok: true, value: fields.value.txs.map(itemOfHex) } : fields;
}

function rawItems(body: Uint8Array, maxCount: number): Outcome<readonly BatchItem[]> {
  const data = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const items: BatchItem[] = [];
  let offset = 0;
  while (offset < body.length) {
    if (items.length === maxCount) return tooLarge(maxCount, "transactions");
    const start = offset + 4;
    const length = start <= body.length ? data.getUint32(offset) : Number.POSITIVE_INFINITY;
    if (start + length > body.length) {
      const detail = `The batch ends within transaction ${items.length}.`;
      return refused({ code: "INVALID_REQUEST", detail, details: { index: items.length } });
    }
    offset = start + length;
    items.push(itemWithin(body.subarray(start, offset)));
  }
  if (items.length > 0) return { ok: true, value: items };
  return refused({ code: "INVALID_REQUEST", detail: "The batch is empty." });
}

function itemOfHex(text: string): BatchItem {
  const bytes = bytesOfHex(text);
  if (bytes !== undefined) return itemWithin(bytes);
  const detail = "A transaction is written as 0x and an even number of lower-case hex digits.";
  return refused({ code: "INVALID_ENCODING", detail });
}

function itemWithin(bytes: Uint8Array): BatchItem {
  return bytes.length <= MAX_TRANSACTION_BYTES
    ? { ok: true, value: bytes }
    : tooLarge(MAX_TRANSACTION_BYTES, "bytes");
}

function mediaOf(incoming: IncomingMessage): Outcome<"raw" | "json"> {
  const given = incoming.headers["content-type"];
  const encoding = incoming.headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") {
    if (given === "application/octet-stream") return { ok: true, value: "raw" };
    const name = (given ?? "").split(";", 1)[0]?.trim().toLowerCase();
    if (name === "application/octet-stream") return { ok: true, value: "raw" };
    if (name === "application/json") return { ok: true, value: "json" };
  }
  const detail = `The body must be ${EXPECTED_MEDIA}, without content encoding.`;
  return refused({ code: "UNSUPPORTED_MEDIA_TYPE", detail });
}

async function bodyWithin(incoming: IncomingMessage, limit: number): Promise<Outcome<Uint8Array>> {
  const body = await readBody(incoming, limit);
  if (body.ok) return { ok: true, value: body.bytes };
  if (body.refusal === "too-large") return tooLarge(limit, "bytes");
  return refused({ code: "INVALID_REQUEST", detail: "The body broke off." });
}

function tooLarge<T>(limit: number, unit: "bytes" | "transactions"): Outcome<T> {
  const detail = `At most ${limit} ${unit} are taken here.`;
  return refused({ code: "TOO_LARGE", detail, details: { limit, unit } });
}

function jsonIn(bytes: Uint8Array): Outcome<unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { ok: true, value: JSON.parse(text) };
  } catch {
    // Neither call throws for anything but the text it is given.
    return refused({ code: "INVALID_REQUEST", detail: "The body is not JSON." });
  }
}
