import { describe, expect, test } from "vitest";
import { decodeTransaction } from "../../../node/transaction/index.ts";
import { Lane, type Task, TURN_TRANSACTIONS } from "../../../node/verification/lane.ts";
import { signed } from "./fixtures.ts";

const { bytes } = signed(0);
const decoded = decodeTransaction(bytes);
const ROOMY = { maxCount: 32, maxBytes: 1_000_000 };

function tasks(check: string, count: number): readonly Task<string>[] {
  if (!decoded.ok) throw new Error(decoded.refusal);
  const candidate = { bytes, transaction: decoded.value };
  return Array.from({ length: count }, (_, position) => ({ check, position, candidate }));
}

function names(chunk: readonly Task<string>[]): string {
  return chunk.map(({ check, position }) => `${check}${position}`).join(" ");
}

describe("a lane", () => {
  test("hands over small checks in the order they came", () => {
    const lane = new Lane<string>();
    lane.add(tasks("a", 2));
    lane.add(tasks("b", 1));
    expect(names(lane.take(ROOMY))).toBe("a0 a1 b0");
    expect(lane.waiting).toBe(0);
  });

  test("lets a small check pass a long one after one turn", () => {
    const lane = new Lane<string>();
    lane.add(tasks("long", 1_000));
    lane.add(tasks("small", 1));
    const chunk = lane.take(ROOMY);
    expect(chunk.findIndex(({ check }) => check === "small")).toBe(TURN_TRANSACTIONS);
  });

  test("ends a turn that the end of a chunk cuts short", () => {
    const lane = new Lane<string>();
    lane.add(tasks("a", 10));
    lane.add(tasks("b", 10));
    expect(names(lane.take({ ...ROOMY, maxCount: 2 }))).toBe("a0 a1");
    expect(names(lane.take({ ...ROOMY, maxCount: 2 }))).toBe("b0 b1");
    expect(names(lane.take({ ...ROOMY, maxCount: 2 }))).toBe("a2 a3");
  });

  test("hands over each transaction exactly once, each check in its own order", () => {
    const lane = new Lane<string>();
    const sizes = { a: 100, b: 1, c: 17, d: 8 };
    for (const [check, count] of Object.entries(sizes)) lane.add(tasks(check, count));
    const seen = new Map<string, number[]>();
    while (lane.waiting > 0) {
      for (const { check, position } of lane.take({ ...ROOMY, maxCount: 7 })) {
        seen.set(check, [...(seen.get(check) ?? []), position]);
      }
    }
    for (const [check, count] of Object.entries(sizes)) {
      expect(seen.get(check)).toEqual(Array.from({ length: count }, (_, position) => position));
    }
  });

  test("counts what waits", () => {
    const lane = new Lane<string>();
    lane.add(tasks("a", 10));
    lane.take({ ...ROOMY, maxCount: 3 });
    expect(lane.waiting).toBe(7);
    lane.clear();
    expect(lane.waiting).toBe(0);
    expect(lane.take(ROOMY)).toEqual([]);
  });

  test("keeps a chunk within its bytes, but never empty", () => {
    const lane = new Lane<string>();
    lane.add(tasks("a", 10));
    expect(lane.take({ ...ROOMY, maxBytes: 3 * bytes.length })).toHaveLength(3);
    expect(lane.take({ ...ROOMY, maxBytes: 1 })).toHaveLength(1);
    expect(lane.waiting).toBe(6);
  });
});
