import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CONTROL_FILE,
  CommandLine,
  ControlClient,
  type ControlFile,
  createControl,
  readControlFile,
  removeControlFile,
  writeControlFile,
} from "../../../devnet/control/index.ts";
import { FakeDevnet, HELD } from "./subject.ts";

let dir: string;
const FILE: ControlFile = {
  url: "http://127.0.0.1:1",
  token: "ab".repeat(32),
  pid: process.pid,
  validators: 4,
};
/** Above what any system gives to a process. */
const NO_PID = 2 ** 30;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quorate-control-"));
});

let server: Server | undefined;

afterEach(() => {
  rmSync(dir, { recursive: true });
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Something that is no devnet stands where one should; undefined: it never says anything. */
async function answering(body: string | undefined): Promise<void> {
  await listening(createServer((_, answer) => void (body !== undefined && answer.end(body))));
}

async function listening(other: Server): Promise<void> {
  server = other;
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  writeControlFile(dir, { ...FILE, url: `http://127.0.0.1:${port}` });
}

describe("control.json", () => {
  test("can be read by its owner only", () => {
    writeControlFile(dir, FILE);
    expect(statSync(join(dir, CONTROL_FILE)).mode & 0o777).toBe(0o600);
    expect(readControlFile(dir)).toEqual({ found: "running", file: FILE });
  });

  test("goes with its devnet", () => {
    writeControlFile(dir, FILE);
    removeControlFile(dir, FILE);
    expect(readControlFile(dir)).toEqual({ found: "none" });
  });

  test("of another devnet stays", () => {
    writeControlFile(dir, FILE);
    removeControlFile(dir, { token: "cd".repeat(32) });
    expect(readControlFile(dir).found).toBe("running");
  });

  test("of a devnet that was killed is stale, and replaced by the next one", () => {
    writeControlFile(dir, { ...FILE, pid: NO_PID });
    expect(readControlFile(dir)).toEqual({ found: "stale", pid: NO_PID });
    writeControlFile(dir, FILE);
    expect(readControlFile(dir).found).toBe("running");
  });

  test.each([
    ["no JSON", "{"],
    ["another host", JSON.stringify({ ...FILE, url: "http://10.0.0.1:80" })],
    ["a short token", JSON.stringify({ ...FILE, token: "ab" })],
    ["no validators", JSON.stringify({ ...FILE, validators: 0 })],
    ["far too much", JSON.stringify({ ...FILE, more: "x".repeat(2_000) })],
  ])("with %s is damaged", (_, text) => {
    writeFileSync(join(dir, CONTROL_FILE), text);
    expect(readControlFile(dir).found).toBe("damaged");
  });
});

describe("a client of the control", () => {
  test("finds the devnet of a directory, and is obeyed", async () => {
    const subject = new FakeDevnet();
    const commands = new CommandLine(subject);
    const control = await createControl({ subject, commands, port: 0 });
    writeControlFile(dir, { ...FILE, url: control.url, token: control.token });
    const client = ControlClient.of(dir);
    expect(client.validators).toBe(4);
    expect(await client.obey("skew 1 -1h")).toMatchObject({ text: "skew 1 -1h" });
    expect((await client.faults()).declared).toEqual([{ text: "skew 1 -1h", atMs: 1_000 }]);
    expect((await client.verdict()).ok).toBe(true);
    await expect(client.obey("kil 2")).rejects.toMatchObject({ code: "UNKNOWN_VERB" });
    await control.stop();
    await expect(client.faults()).rejects.toMatchObject({ code: "NO_DEVNET" });
  });

  test("does not wait for ever for a devnet that is stopped, and says which process it is", async () => {
    await answering(undefined);
    await expect(ControlClient.of(dir, { lookLimitMs: 50 }).faults()).rejects.toMatchObject({
      code: "NO_ANSWER",
      message: expect.stringContaining(`process ${process.pid}, gave no answer`),
      remedy: expect.stringContaining(`kill -CONT ${process.pid}`),
    });
  });

  test("waits longer for a verdict: the devnet looks at its chain first", async () => {
    let judge = () => {};
    const judged = new Promise<void>((resolve) => {
      judge = resolve;
    });
    const devnet = createServer(({ url }, answer) => {
      if (url === "/v1/verdict") void judged.then(() => answer.end(JSON.stringify(HELD)));
    });
    await listening(devnet);
    const client = ControlClient.of(dir, { lookLimitMs: 50 });
    const verdict = client.verdict();
    await expect(client.faults()).rejects.toMatchObject({ code: "NO_ANSWER" });
    judge();
    expect(await verdict).toEqual(HELD);
  });

  test.each([
    ["longer than 4 MiB", `"${"x".repeat(4 * 1024 * 1024)}"`, /longer than/],
    ["that is no JSON", "<html>", /no devnet/],
  ])("says so of an answer %s", async (_, body, message) => {
    await answering(body);
    await expect(ControlClient.of(dir).verdict()).rejects.toMatchObject({
      code: "BAD_ANSWER",
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ["where none ever was", () => {}, /^no devnet runs in /],
    ["where one was killed", () => writeControlFile(dir, { ...FILE, pid: NO_PID }), /is gone$/],
    ["behind a damaged file", () => writeFileSync(join(dir, CONTROL_FILE), "{}"), /cannot be used/],
  ])("finds no devnet %s, and says what to do", (_, prepare, message) => {
    prepare();
    let thrown: unknown;
    try {
      ControlClient.of(dir);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "NO_DEVNET", message: expect.stringMatching(message) });
    expect(thrown).toMatchObject({ remedy: expect.stringContaining("quorate devnet") });
  });
});
