import { beforeEach, describe, expect, test } from "vitest";
import { FaultyClock } from "../../../devnet/ailing/faulty-clock.ts";

let trueMs: number;
let clock: FaultyClock;

beforeEach(() => {
  trueMs = 1_000;
  clock = new FaultyClock(() => trueMs);
});

describe("a faulty clock", () => {
  test("shows the true time until it is told otherwise", () => {
    expect(clock.wallMs()).toBe(1_000);
    trueMs = 1_007;
    expect(clock.wallMs()).toBe(1_007);
  });

  test("is ahead by its offset, or behind", () => {
    clock.setCondition({ offsetMs: 500, isFrozen: false });
    expect(clock.wallMs()).toBe(1_500);
    clock.setCondition({ offsetMs: -3_600_000, isFrozen: false });
    expect(clock.wallMs()).toBe(-3_599_000);
  });

  test("stands still while it is frozen, also when it is told so again", () => {
    clock.setCondition({ offsetMs: 0, isFrozen: true });
    trueMs = 2_000;
    expect(clock.wallMs()).toBe(1_000);
    clock.setCondition({ offsetMs: 0, isFrozen: true });
    expect(clock.wallMs()).toBe(1_000);
  });

  test("shows a new offset only once it goes on", () => {
    clock.setCondition({ offsetMs: 0, isFrozen: true });
    trueMs = 2_000;
    clock.setCondition({ offsetMs: 10, isFrozen: true });
    expect(clock.wallMs()).toBe(1_000);
    clock.setCondition({ offsetMs: 10, isFrozen: false });
    expect(clock.wallMs()).toBe(2_010);
  });

  test("is ahead already if it is frozen and set in one", () => {
    clock.setCondition({ offsetMs: 70, isFrozen: true });
    trueMs = 2_000;
    expect(clock.wallMs()).toBe(1_070);
  });

  test("shows the true time again once it is healed", () => {
    clock.setCondition({ offsetMs: 70, isFrozen: true });
    trueMs = 9_000;
    clock.setCondition({ offsetMs: 0, isFrozen: false });
    expect(clock.wallMs()).toBe(9_000);
  });
});
