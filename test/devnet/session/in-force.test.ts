import { describe, expect, test } from "vitest";
import {
  type Declared,
  declare,
  type FaultCommand,
  nothingDeclared,
  parseCommand,
} from "../../../devnet/faults/index.ts";
import { inForce } from "../../../devnet/session/in-force.ts";
import { mayStall } from "../../../devnet/session/promise.ts";

function declaredBy(...texts: readonly string[]): Declared {
  return texts.reduce((declared, text) => declare(declared, command(text)), nothingDeclared(4));
}

function command(text: string): FaultCommand {
  const parsed = parseCommand(text, { validators: 4, ways: ["equivocate", "double-vote"] });
  if (!parsed.ok) throw new Error(parsed.what);
  return parsed.command;
}

describe("what is in force", () => {
  test.each([
    "partition 0,1/2,3",
    "cut 0 to 2,3",
    "flap 0 1 every 500ms",
    "kill 2",
    "pause 1",
    "delay 2 200ms jitter 50ms",
    "lose 2 10%",
    "duplicate 1 20%",
    "throttle 3 50kB/s",
    "fill-disk 2",
    "break-disk 2",
    "skew 1 -1h",
    "freeze 1",
    "lie 3 equivocate,double-vote",
  ])("is told by the command that brought it about: %s", (text) => {
    expect(inForce(declaredBy(text))).toEqual([text]);
  });

  test.each([
    ["restart 2", "kill 2"],
    ["resume 1", "pause 1"],
    ["repent 3", "lie 3 equivocate"],
    ["partition 0,1,2,3", "partition 0,1/2,3"],
    ["delay 2 0ms", "delay 2 200ms"],
    ["heal", "cut 0 to 1"],
  ])("ends by its opposite: %s", (end, text) => {
    expect(inForce(declaredBy(text, end))).toEqual([]);
  });

  test("is told validator by validator", () => {
    expect(inForce(declaredBy("kill 1,2", "lie 3 equivocate"))).toEqual([
      "kill 1",
      "kill 2",
      "lie 3 equivocate",
    ]);
  });
});

describe("a devnet of four promises progress", () => {
  test.each([
    ["nothing"],
    ["kill 2"],
    ["lie 3 equivocate"],
    ["partition 0/1,2,3"],
    ["kill 2", "restart 2", "kill 1"],
    ["partition 0,1/2,3", "heal"],
  ])("under %s, %s", (...texts) => {
    expect(mayStall(declaredBy(...texts.filter((text) => text !== "nothing")))).toBe(false);
  });
});

describe("a devnet of four promises nothing", () => {
  test.each([
    ["kill 1,2"],
    ["partition 0,1/2,3"],
    ["partition 0/1,2,3", "pause 3"],
    ["lie 3 equivocate", "kill 2"],
    ["cut 0 to 1"],
    ["delay all 2s"],
  ])("under %s, %s", (...texts) => {
    expect(mayStall(declaredBy(...texts))).toBe(true);
  });
});
