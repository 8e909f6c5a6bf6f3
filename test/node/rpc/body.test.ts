// Reading a body, without a server around it.

import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { readBody } from "../../../node/rpc/body.ts";

/** A request whose body is what the test writes. */
function request(headers: Record<string, string> = {}) {
  const stream = Object.assign(new PassThrough(), { headers });
  return { stream, incoming: stream as unknown as IncomingMessage };
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("a body", () => {
  test("comes whole, in however many pieces", async () => {
    const { stream, incoming } = request();
    const body = readBody(incoming, 10);
    for (const piece of ["ab", "cd", "ef"]) stream.write(piece);
    stream.end();
    const read = await body;
    expect(read.ok && text(read.bytes)).toBe("abcdef");
  });

  test("may be empty, and may be exactly as long as the limit", async () => {
    for (const content of ["", "0123456789"]) {
      const { stream, incoming } = request();
      const body = readBody(incoming, 10);
      stream.end(content);
      const read = await body;
      expect(read.ok && text(read.bytes)).toBe(content);
    }
  });

  test("that announces too much is not even waited for", async () => {
    const { incoming } = request({ "content-length": "11" });
    expect(await readBody(incoming, 10)).toEqual({ ok: false, refusal: "too-large", limit: 10 });
  });

  test("that grows too long is given up at once, and not read on", async () => {
    const { stream, incoming } = request();
    const body = readBody(incoming, 10);
    stream.write("012345");
    stream.write("678901");
    expect(await body).toEqual({ ok: false, refusal: "too-large", limit: 10 });
    expect(stream.isPaused()).toBe(true);
    expect(stream.listenerCount("data")).toBe(0);
  });

  test("that breaks off is told apart from a short one", async () => {
    for (const error of [undefined, new Error("reset")]) {
      const { stream, incoming } = request();
      const body = readBody(incoming, 10);
      stream.write("abc");
      stream.destroy(error);
      expect(await body).toEqual({ ok: false, refusal: "aborted" });
    }
  });
});
