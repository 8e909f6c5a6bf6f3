import { describe, expect, test } from "vitest";
import { LeafRows } from "../../../node/ledger/leaf-rows.ts";
import { WriteLog } from "../../../node/ledger/write-log.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** One leaf in each slot below `count`; its value is the slot. */
function leavesIn(count: number): LeafRows {
  const leaves = new LeafRows();
  for (let slot = 0; slot < count; slot++) {
    leaves.set(slot, { key: bytes(slot, 1), value: bytes(slot), nextKey: bytes() });
  }
  return leaves;
}

describe("a log of writes", () => {
  test("knows the slots that were written to, in order and each once", () => {
    const log = new WriteLog();
    const leaves = leavesIn(5_000);
    for (const slot of [4_999, 3, 7, 3]) log.addChange(slot, leaves);
    log.addInsertion(5_000, bytes(9));
    log.addChange(7, leaves);
    expect([...log.writtenSlots()]).toEqual([3, 7, 4_999, 5_000]);
    expect(log.firsts).toEqual([0, 1, 2, 4]);
  });

  test("keeps what the first write to a slot found, whatever comes later", () => {
    const log = new WriteLog();
    const leaves = leavesIn(4);
    log.addChange(2, leaves);
    leaves.setValue(2, bytes(77));
    log.addChange(2, leaves);
    expect(log.firstTo(2)).toBe(0);
    expect([log.leaves.value(0), log.leaves.value(1)]).toEqual([bytes(2), bytes(77)]);
    expect(log.firstTo(3)).toBe(-1);
  });

  test("forgets the newest write, and with the only one to a slot that there was one", () => {
    const log = new WriteLog();
    const leaves = leavesIn(4);
    log.addChange(2, leaves);
    log.addChange(1, leaves);
    log.addChange(2, leaves);
    log.addInsertion(4, bytes(9));
    expect(log.pop()).toEqual({ slot: 4, wasEmpty: true });
    expect([log.firstTo(4), log.inserted]).toEqual([-1, []]);
    expect(log.pop()).toEqual({ slot: 2, wasEmpty: false });
    expect(log.firstTo(2)).toBe(0);
    expect(log.pop()).toEqual({ slot: 1, wasEmpty: false });
    expect([[...log.writtenSlots()], log.firstTo(1), log.length]).toEqual([[2], -1, 1]);
  });

  test("is empty when it is cleared", () => {
    const log = new WriteLog();
    log.addChange(2, leavesIn(4));
    log.clear();
    expect([log.length, log.firstTo(2), [...log.writtenSlots()]]).toEqual([0, -1, []]);
  });
});
