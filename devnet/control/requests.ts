// From an HTTP request to what was meant, or the problem with it: who may ask, by which name, and what the body says.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Problem } from "./problems.ts";

export type Read =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: Problem };

export const MAX_BODY_BYTES = 4 * 1024;

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);
const HOST = /^(\[[0-9a-f:]{2,39}\]|[a-z0-9.-]{1,253})(?::[0-9]{1,5})?$/;
const JSON_FIELD = "do";

/** A page that a browser was lured to may ask under a name of its own that leads here; never under one of ours. */
export function hostProblem({ headers }: IncomingMessage): Problem | undefined {
  const name = HOST.exec((headers.host ?? "").toLowerCase())?.[1];
  if (name !== undefined && LOOPBACK_NAMES.has(name)) return undefined;
  return { code: "WRONG_HOST", detail: "The host header names no loopback address." };
}

/** Takes as long for a nearly right token as for a wrong one. */
export function tokenProblem({ headers }: IncomingMessage, token: string): Problem | undefined {
  const given = /^bearer +([\x21-\x7e]{1,256})$/i.exec(headers.authorization ?? "")?.[1];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return undefined;
  const detail = given === undefined ? "There is no bearer token." : "The token is a wrong one.";
  return { code: "NOT_ALLOWED", detail };
}

/** The text of a command. */
export async function commandText(incoming: IncomingMessage): Promise<Read> {
  const media = mediaOf(incoming);
  if (media === undefined) {
    const detail = "The body must be text/plain or application/json, without content encoding.";
    return refused({ code: "UNSUPPORTED_MEDIA_TYPE", detail });
  }
  const body = await bodyOf(incoming);
  if (!body.ok || media === "text") return body;
  return textInJson(body.text);
}

/** For what takes no body: nothing, or `{}`. */
export async function emptyBody(incoming: IncomingMessage): Promise<Read> {
  const body = await bodyOf(incoming);
  if (!body.ok || /^\s*(?:\{\s*\})?\s*$/.test(body.text)) return body;
  return refused({ code: "INVALID_REQUEST", detail: "This path takes no body." });
}

function mediaOf({ headers }: IncomingMessage): "json" | "text" | undefined {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return undefined;
  const name = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (name === "application/json") return "json";
  return name === "text/plain" ? "text" : undefined;
}

function textInJson(body: string): Read {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    // Nothing but the text can be at fault.
    return refused({ code: "INVALID_REQUEST", detail: "The body is not JSON." });
  }
  if (typeof given !== "object" || given === null) {
    return refused({ code: "INVALID_REQUEST", detail: "The body is no JSON object." });
  }
  const strange = Object.keys(given).find((name) => name !== JSON_FIELD);
  if (strange !== undefined) {
    const detail = `There is no field ${JSON.stringify(strange.slice(0, 64))} here.`;
    return refused({ code: "INVALID_REQUEST", detail });
  }
  const text = (given as { readonly do?: unknown }).do;
  if (typeof text === "string") return { ok: true, text };
  return refused({ code: "INVALID_REQUEST", detail: "`do` must be the text of a command." });
}

function bodyOf(incoming: IncomingMessage): Promise<Read> {
  const details = { limit: MAX_BODY_BYTES };
  const detail = `At most ${MAX_BODY_BYTES} bytes are taken here.`;
  const tooLarge = refused({ code: "TOO_LARGE", detail, details });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else resolve(tooLarge);
    });
    incoming.once("end", () => resolve(utf8(Buffer.concat(chunks))));
    const broken = refused({ code: "INVALID_REQUEST", detail: "The body broke off." });
    incoming.once("error", () => resolve(broken));
    incoming.once("close", () => resolve(broken));
  });
}

function utf8(bytes: Uint8Array): Read {
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    // `fatal` throws for nothing else.
    return refused({ code: "INVALID_REQUEST", detail: "The body is not UTF-8." });
  }
}

function refused(problem: Problem): Read {
  return { ok: false, problem };
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
