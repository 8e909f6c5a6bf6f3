// How a process says how it ended.

import { describe, expect, test } from "vitest";
import { EXIT_CODES, exitCodeOf } from "../../../node/cli/exit-codes.ts";

const errorWith = (code: string, cause?: unknown) =>
  Object.assign(new Error("failed", { cause }), { code });

describe("the exit code", () => {
  test.each([
    ["USAGE", 2],
    ["BAD_CONFIG", 3],
    ["GENESIS_UNREADABLE", 3],
    ["GENESIS_INVALID", 3],
    ["CANNOT_LISTEN", 3],
    ["PORT_IN_USE", 4],
    ["EADDRINUSE", 4],
    ["DIRECTORY_LOCKED", 5],
    ["LOG_DAMAGED", 5],
    ["DATABASE_DAMAGED", 5],
    ["UNKNOWN_FORMAT", 5],
    ["IO", 5],
    ["WRONG_CHAIN", 6],
    ["WRONG_GENESIS", 6],
    ["SAFETY_HALT", 7],
    ["NOT_READY", 8],
    ["SOMETHING_ELSE", 1],
  ])("of %s is %i", (code, exitCode) => {
    expect(exitCodeOf(errorWith(code))).toBe(exitCode);
  });

  test("comes from the nearest cause that has one", () => {
    const error = errorWith("reset", new Error("wrapped", { cause: errorWith("EADDRINUSE") }));
    expect(exitCodeOf(error)).toBe(4);
    expect(exitCodeOf(errorWith("BAD_CONFIG", errorWith("EADDRINUSE")))).toBe(3);
  });

  test("comes from one of several errors at once", () => {
    expect(exitCodeOf(new AggregateError([new Error("a"), errorWith("EADDRINUSE")]))).toBe(4);
  });

  test("is 1 for what nobody expected, whatever was thrown", () => {
    for (const thrown of [new Error("?"), "text", undefined, null, { code: "BAD_CONFIG" }]) {
      expect(exitCodeOf(thrown)).toBe(EXIT_CODES.unexpected);
    }
  });

  test("is found even when causes go round in a circle", () => {
    const error = new Error("round");
    error.cause = error;
    expect(exitCodeOf(error)).toBe(1);
  });
});

test("the documented list stays as it is", () => {
  expect(EXIT_CODES).toEqual({
    done: 0,
    unexpected: 1,
    usage: 2,
    badConfig: 3,
    portInUse: 4,
    dataDirectory: 5,
    wrongGenesis: 6,
    safetyHalt: 7,
    notReady: 8,
    interrupted: 130,
    terminated: 143,
  });
});
