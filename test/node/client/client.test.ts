import { describe, expect, test } from "vitest";
import { addressOf, publicKey } from "../../../crypto/index.ts";
import { Client, ClientError } from "../../../node/client/index.ts";

type Reply = { readonly status?: number; readonly body: unknown } | Error;

/** A client of a node that gives these replies, one after the other, and the requests that it got. */
function clientOf(...replies: Reply[]) {
  const requests: { readonly url: string; readonly body: unknown }[] = [];
  const fetch = async (url: unknown, init?: { readonly body?: unknown }) => {
    requests.push({ url: String(url), body: init?.body });
    const reply = replies.shift() ?? new Error("no reply is left");
    if (reply instanceof Error) throw reply;
    const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
    return new Response(text, { status: reply.status ?? 200 });
  };
  const client = new Client({ url: "http://node/", fetch: fetch as typeof globalThis.fetch });
  return { client, requests };
}

const REFUSED = new Error("fetch failed", { cause: { code: "ECONNREFUSED" } });
const BROKEN = new Error("fetch failed", { cause: { code: "ECONNRESET" } });
const HASH = `0x${"ab".repeat(32)}`;
const BYTES = Uint8Array.of(1, 2, 3);
const PENDING = { status: 202, body: { hash: HASH, state: "pending" } };
const FINAL = { body: { hash: HASH, state: "final", result: "ok", height: 7 } };

describe("a client", () => {
  test("reads an account's amounts beyond what a number holds", async () => {
    const address = addressOf(publicKey(new Uint8Array(32)));
    const body = { address: "qr1", balance: "18446744073709551615", nonce: 3 };
    const answer = await clientOf({ body }).client.account(address);
    expect(answer).toMatchObject({ ok: true, value: { balance: 2n ** 64n - 1n, nonce: 3 } });
  });

  test("gives a problem back as a value", async () => {
    const body = { code: "NONCE_GAP", detail: "no", retryable: true, details: { expected: 4 } };
    const answer = await clientOf({ status: 409, body }).client.submit(BYTES);
    expect(answer).toMatchObject({
      ok: false,
      problem: { code: "NONCE_GAP", status: 409, retryable: true, details: { expected: 4 } },
    });
  });

  test("makes a problem of an error that is no problem document", async () => {
    const answer = await clientOf({ status: 502, body: "<html>" }).client.status();
    expect(answer).toMatchObject({ ok: false, problem: { code: "HTTP_502", retryable: false } });
  });

  test.each([
    ["no JSON", "<html>"],
    ["another type", { hash: HASH, state: 7 }],
    ["an unknown state", { hash: HASH, state: "lost" }],
    ["a negative height", { hash: HASH, state: "final", height: -1 }],
    ["a list", []],
  ])("throws BAD_ANSWER for an answer with %s", async (_what, body) => {
    const answer = clientOf({ body }).client.submit(BYTES);
    await expect(answer).rejects.toMatchObject({ name: "ClientError", code: "BAD_ANSWER" });
  });

  test("throws UNREACHABLE when nobody is there", async () => {
    const answer = clientOf(REFUSED).client.status();
    await expect(answer).rejects.toBeInstanceOf(ClientError);
    await expect(clientOf(REFUSED).client.status()).rejects.toMatchObject({
      code: "UNREACHABLE",
    });
  });

  test("throws NO_ANSWER when the request may have arrived", async () => {
    const answer = clientOf(BROKEN).client.submit(BYTES);
    await expect(answer).rejects.toMatchObject({ code: "NO_ANSWER" });
  });

  test("frames a batch with the length before each transaction", async () => {
    const results = [
      { hash: HASH, state: "pending" },
      { problem: { code: "EXPIRED", status: 422 } },
    ];
    const { client, requests } = clientOf({ body: { results } });
    const answer = await client.submitBatch([BYTES, Uint8Array.of(9)]);
    expect(requests[0]?.body).toEqual(Uint8Array.of(0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 1, 9));
    expect(answer).toMatchObject({
      ok: true,
      value: [{ ok: true }, { ok: false, problem: { code: "EXPIRED" } }],
    });
  });
});

describe("submitting and waiting", () => {
  test("asks again with the same bytes until it is final", async () => {
    const { client, requests } = clientOf(PENDING, PENDING, FINAL);
    const answer = await client.submitAndWait(BYTES, { deadlineMs: 10_000 });
    expect(answer).toMatchObject({ ok: true, value: { state: "final", result: "ok", height: 7 } });
    expect(requests.map(({ body }) => body)).toEqual([BYTES, BYTES, BYTES]);
  });

  test("answers with the state so far when the deadline passes: no failure", async () => {
    const { client } = clientOf(PENDING);
    const answer = await client.submitAndWait(BYTES, { deadlineMs: 0 });
    expect(answer).toMatchObject({ ok: true, value: { state: "pending" } });
  });

  test("survives a connection that is lost after the node took it", async () => {
    const { client } = clientOf(PENDING, BROKEN, FINAL);
    const answer = await client.submitAndWait(BYTES, { deadlineMs: 10_000 });
    expect(answer).toMatchObject({ ok: true, value: { state: "final" } });
  });

  test("throws when the node never took it", async () => {
    const answer = clientOf(REFUSED).client.submitAndWait(BYTES, { deadlineMs: 9 });
    await expect(answer).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  test.each(["rejected", "expired"])("stops at %s", async (state) => {
    const { client, requests } = clientOf({ body: { hash: HASH, state, reason: "why" } });
    const answer = await client.submitAndWait(BYTES, { deadlineMs: 10_000 });
    expect(answer).toMatchObject({ ok: true, value: { state, reason: "why" } });
    expect(requests).toHaveLength(1);
  });
});
