// What one client may cost: sizes, times, connections, rates; and how the server begins and ends.

import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { exitCodeOf } from "../../../node/cli/exit-codes.ts";
import { createLogger } from "../../../node/logging/index.ts";
import { createRpc, type TransactionStatus, type Wait } from "../../../node/rpc/index.ts";
import { MAX_TRANSACTION_BYTES } from "../../../node/transaction/index.ts";
import { deferred, fakeApi, get, open, post, readToEnd, serve } from "./fixtures.ts";

const HOST = "host: node\r\n";
const RAW = "content-type: application/octet-stream\r\n";
const QUICK = { timeoutCheckIntervalMs: 20 };

describe("a body", () => {
  test("is refused by its length before it comes", async () => {
    const { port } = await serve();
    const socket = await open(port);
    socket.write(`POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 1000000000\r\n\r\n`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    expect(String(answer)).toContain('"code":"TOO_LARGE"');
  });

  test("without a length is refused as soon as it has become too long", async () => {
    const { port } = await serve();
    const socket = await open(port);
    socket.write(`POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}transfer-encoding: chunked\r\n\r\n`);
    const size = MAX_TRANSACTION_BYTES + 1;
    socket.write(`${size.toString(16)}\r\n${"x".repeat(size)}\r\n`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("of many megabytes still gets its answer", async () => {
    const { url } = await serve();
    const { status } = await post(`${url}/v1/txs`, new Uint8Array(8 * 1024 * 1024));
    expect(status).toBe(413);
  });

  test("that breaks off reaches nobody", async () => {
    let calls = 0;
    const submit = async () => {
      calls += 1;
      throw new Error("not to be called");
    };
    const { port, url } = await serve(fakeApi({ submit }));
    const socket = await open(port);
    socket.write(`POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 10\r\n\r\nabc`);
    await get(`${url}/livez`);
    socket.destroy();
    await get(`${url}/livez`);
    expect(calls).toBe(0);
  });

  test("leaves the connection in use for the next request", async () => {
    const { port } = await serve();
    const socket = await open(port);
    const request = `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 3\r\n\r\nabc`;
    socket.write(request);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 202 /);
    socket.write(request);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 202 /);
  });
});

describe("a slow or malformed client", () => {
  test("that sends nothing is hung up on", async () => {
    const { port } = await serve(fakeApi(), { ...QUICK, headersTimeoutMs: 50 });
    const text = await readToEnd(await open(port));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("that never finishes its headers is told so and hung up on", async () => {
    const { port } = await serve(fakeApi(), { ...QUICK, headersTimeoutMs: 50 });
    const socket = await open(port);
    socket.write("GET /v1/status HTTP/1.1\r\nhost: no");
    const text = await readToEnd(socket);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain("content-type: application/problem+json");
    expect(text).toContain('"code":"REQUEST_TIMEOUT"');
  });

  test("that never finishes its body is hung up on", async () => {
    const limits = { ...QUICK, headersTimeoutMs: 50, requestTimeoutMs: 60 };
    const { port } = await serve(fakeApi(), limits);
    const socket = await open(port);
    socket.write(`POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 10\r\n\r\nabc`);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("that leaves its connection idle is hung up on", async () => {
    const { port } = await serve(fakeApi(), { ...QUICK, keepAliveTimeoutMs: 20 });
    const socket = await open(port);
    socket.write(`GET /livez HTTP/1.1\r\n${HOST}\r\n`);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("with endless headers is refused", async () => {
    const { port } = await serve();
    const socket = await open(port);
    socket.write(`GET /v1/status HTTP/1.1\r\n${HOST}x: ${"y".repeat(9_000)}\r\n\r\n`);
    const text = await readToEnd(socket);
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(text).toContain('"code":"HEADERS_TOO_LARGE"');
  });

  test("that does not speak HTTP is refused", async () => {
    const { port } = await serve();
    const socket = await open(port);
    socket.write("\u0016\u0003\u0001 hello\r\n\r\n");
    const text = await readToEnd(socket);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('"detail":"These bytes are not HTTP."');
  });

  test("with an impossible host is refused", async () => {
    const { port } = await serve();
    const socket = await open(port);
    socket.write("GET /v1/status HTTP/1.1\r\nhost: a b/c\r\nconnection: close\r\n\r\n");
    const text = await readToEnd(socket);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('"code":"INVALID_REQUEST"');
  });

  test("never garbles an answer that is under way", async () => {
    const outcome = deferred<TransactionStatus>();
    const waitFor = () => outcome.promise;
    const { port } = await serve(fakeApi({ waitFor }));
    const socket = await open(port);
    const wait = `POST /v1/txs?wait=final HTTP/1.1\r\n${HOST}${RAW}content-length: 1\r\n\r\nx`;
    socket.write(`${wait}${wait}\u0000 garbage\r\n\r\n`);
    expect(await readToEnd(socket)).toBe("");
  });
});

describe("connections", () => {
  test("beyond the limit are closed as they come", async () => {
    const { port } = await serve(fakeApi(), { maxConnections: 1 });
    const first = await open(port);
    const second = await open(port);
    expect(await readToEnd(second)).toBe("");
    first.write(`GET /livez HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`);
    expect(await readToEnd(first)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("with too many requests under way are refused and closed", async () => {
    const outcome = deferred<TransactionStatus>();
    const waits: Wait[] = [];
    const waitFor = (wait: Wait) => {
      waits.push(wait);
      return outcome.promise;
    };
    const { port } = await serve(fakeApi({ waitFor }), { maxRequestsInFlight: 2 });
    const socket = await open(port);
    const wait = `POST /v1/txs?wait=final HTTP/1.1\r\n${HOST}${RAW}content-length: 1\r\n\r\nx`;
    const text = readToEnd(socket);
    socket.write(wait.repeat(3));
    await expect.poll(() => waits.length).toBe(2);
    outcome.resolve({ state: "pending" });
    const answers = (await text).match(/HTTP\/1\.1 [0-9]+/g);
    expect(answers).toEqual(["HTTP/1.1 202", "HTTP/1.1 202", "HTTP/1.1 429"]);
    expect(waits).toHaveLength(2);
  });
});

describe("rates", () => {
  const limits = { loopbackRequestsPerSecond: 1 };

  // Nothing is refilled meanwhile.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("above the bucket are refused with the time to wait", async () => {
    const { url } = await serve(fakeApi(), limits);
    await get(`${url}/livez`);
    await get(`${url}/livez`);
    const { status, body, answer } = await get(`${url}/livez`);
    expect(status).toBe(429);
    expect(body).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(body.details.retryAfterMs).toBe(1_000);
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  test("count every transaction of a batch", async () => {
    let calls = 0;
    const submitBatch = async () => {
      calls += 1;
      return [];
    };
    const api = fakeApi({ submitBatch });
    const { url } = await serve(api, { loopbackRequestsPerSecond: 2 });
    const txs = (count: number) => JSON.stringify({ txs: Array(count).fill("0x01") });
    expect((await post(`${url}/v1/txs/batch`, txs(3))).status).toBe(200);
    expect((await post(`${url}/v1/txs/batch`, txs(3))).status).toBe(429);
    expect(calls).toBe(1);
  });
});

describe("the server", () => {
  const log = createLogger({ level: "silent" });

  test("says which port is taken and what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => {
      other.close();
    });
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const rpc = createRpc({ api: fakeApi(), host: "127.0.0.1", port, log });
    const error = await rpc.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "PORT_IN_USE",
      message: `port ${port} of 127.0.0.1 is taken by another process`,
      remedy: "Stop that process, or choose another port with --rpc-port.",
      cause: { code: "EADDRINUSE" },
    });
    expect(exitCodeOf(error)).toBe(4);
    await rpc.stop();
  });

  test("says so when the address is not one of this machine", async () => {
    const rpc = createRpc({ api: fakeApi(), host: "192.0.2.1", port: 0, log });
    const error = await rpc.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CANNOT_LISTEN" });
    expect(exitCodeOf(error)).toBe(3);
  });

  test("listens on IPv6 and writes its address as a URL", async () => {
    const rpc = createRpc({ api: fakeApi(), host: "::1", port: 0, log });
    onTestFinished(rpc.stop);
    const { url } = await rpc.start();
    expect(url).toMatch(/^http:\/\/\[::1\]:[0-9]+$/);
    expect((await get(`${url}/livez`)).status).toBe(200);
  });

  test("ends idle connections when it stops, and frees its port", async () => {
    const { port, stop } = await serve();
    const socket = await open(port);
    const text = readToEnd(socket);
    await stop();
    expect(await text).toBe("");
    const rpc = createRpc({ api: fakeApi(), host: "127.0.0.1", port, log });
    onTestFinished(rpc.stop);
    expect(await rpc.start()).toEqual({ url: `http://127.0.0.1:${port}`, port });
  });

  test("answers those who wait with the state so far when it stops", async () => {
    const began = deferred<true>();
    const waitFor = ({ signal }: Wait) =>
      new Promise<TransactionStatus>((resolve) => {
        signal.addEventListener("abort", () => resolve({ state: "pending" }));
        began.resolve(true);
      });
    const { url, stop } = await serve(fakeApi({ waitFor }), { stopGraceMs: 30_000 });
    const answer = post(`${url}/v1/txs?wait=final`, Uint8Array.of(1));
    await began.promise;
    await stop();
    expect(await answer).toMatchObject({ status: 202, body: { state: "pending" } });
  });

  test("does not wait for ever for a node that does not answer", async () => {
    const began = deferred<true>();
    const waitFor = () => {
      began.resolve(true);
      return new Promise<TransactionStatus>(() => {});
    };
    const { url, stop } = await serve(fakeApi({ waitFor }), { stopGraceMs: 1 });
    const answer = post(`${url}/v1/txs?wait=final`, Uint8Array.of(1));
    const failed = expect(answer).rejects.toThrow();
    await began.promise;
    await stop();
    await failed;
  });

  test("can be stopped twice, and before it was started", async () => {
    const { stop } = await serve();
    await stop();
    await stop();
    await createRpc({ api: fakeApi(), host: "127.0.0.1", port: 0, log }).stop();
  });
});
