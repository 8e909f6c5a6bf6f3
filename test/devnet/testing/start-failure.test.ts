// Processes that do not become a chain: what the test is told, and what about an application that cannot be loaded.

import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { createDevnet } from "../../../devnet/testing/index.ts";
import { notStarted } from "../../../devnet/testing/start-failure.ts";

const processes = [0, 1].map((index) => ({ logFile: `v${index}.log` })) as never;

function lost(death: { exitCode?: number | null; signal?: string; lastLogLine: string }): string {
  const whole = { exitCode: null, signal: null, ...death } as never;
  const { code, message } = notStarted({ type: "lost", index: 1, death: whole }, processes);
  return `${code} ${message}`;
}

describe("a process that ended", () => {
  const ended = "NOT_STARTED the validators did not become a chain: v1 ended";

  test("is named with what its log says last", () => {
    const err = { type: "Error", message: "no such port", stack: "..." };
    const lastLogLine = JSON.stringify({ level: "fatal", err, msg: "the node cannot go on" });
    expect(lost({ exitCode: 1, lastLogLine })).toBe(
      `${ended} with exit code 1, saying: the node cannot go on. no such port. Its log: v1.log`,
    );
  });

  test("is named with what it said and what to do", () => {
    const said = {
      type: "error",
      code: "PORT",
      message: "port 5 is in use",
      remedy: "Take another.",
    };
    expect(lost({ exitCode: 4, lastLogLine: JSON.stringify(said) })).toContain(
      "with exit code 4, saying: port 5 is in use. Take another. Its log",
    );
  });

  test.each([
    ["of SIGKILL, without a word", { signal: "SIGKILL", lastLogLine: "" }],
    [
      "with exit code 1, saying: FATAL ERROR: heap",
      { exitCode: 1, lastLogLine: "FATAL ERROR: heap" },
    ],
    [
      'with exit code 1, saying: {"level":"info"}',
      { exitCode: 1, lastLogLine: '{"level":"info"}' },
    ],
    ["with exit code 1, saying: null", { exitCode: 1, lastLogLine: "null" }],
  ])("%s", (how, death) => {
    expect(lost(death)).toBe(`${ended} ${how}. Its log: v1.log`);
  });
});

test("processes that are late are named with their logs", () => {
  const { code, message } = notStarted({ type: "late", waitingFor: [0, 1] }, processes);
  expect(code).toBe("TIMEOUT");
  expect(message).toMatch(/no final block at v0, v1; their logs: v0\.log, v1\.log$/);
});

test("an application that is not there is looked for where the test runs, and refused at once", async () => {
  const created = createDevnet({ processes: true, application: "./no-such-board.js" });
  await expect(created).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  await expect(created).rejects.toThrow(`${resolve("no-such-board.js")}: `);
});
