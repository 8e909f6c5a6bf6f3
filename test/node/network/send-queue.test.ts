import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SendQueue } from "../../../node/network/send-queue.ts";

function frame(size: number, mark = 0): Uint8Array {
  return new Uint8Array(size).fill(mark);
}

describe("a send queue", () => {
  test("drops the oldest frames above the number", () => {
    const queue = new SendQueue({ maxFrames: 3, maxBytes: 100 });
    expect([1, 2, 3, 4, 5].map((mark) => queue.push(frame(1, mark)))).toEqual([0, 0, 0, 1, 1]);
    expect(queue.take(100).map((taken) => taken[0])).toEqual([3, 4, 5]);
  });

  test("drops the oldest frames above the bytes, but never the newest", () => {
    const queue = new SendQueue({ maxFrames: 10, maxBytes: 100 });
    queue.push(frame(60, 1));
    queue.push(frame(40, 2));
    expect(queue.push(frame(150, 3))).toBe(2);
    expect(queue.length).toBe(1);
    expect(queue.bytes).toBe(150);
  });

  test("hands out a batch within the bytes asked for, at least one frame", () => {
    const queue = new SendQueue({ maxFrames: 10, maxBytes: 1000 });
    for (const size of [50, 40, 30]) queue.push(frame(size));
    expect(queue.take(95).map((taken) => taken.length)).toEqual([50, 40]);
    expect(queue.take(1).map((taken) => taken.length)).toEqual([30]);
    expect(queue.take(1)).toEqual([]);
  });

  test("keeps order and count through any mix of pushes and takes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 200 }), (steps) => {
        const queue = new SendQueue({ maxFrames: 5_000, maxBytes: 100_000 });
        const expected: number[] = [];
        let mark = 0;
        for (const step of steps) {
          for (let index = 0; index < step * 30; index++) {
            mark = (mark + 1) % 256;
            queue.push(frame(1, mark));
            expected.push(mark);
          }
          if (step < 0) {
            const taken = queue.take(-step * 25).map((bytes) => bytes[0]);
            expect(taken).toEqual(expected.splice(0, taken.length));
          }
          expected.splice(0, Math.max(0, expected.length - 5_000));
          expect(queue.length).toBe(expected.length);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("is empty after clear, which says how many there were", () => {
    const queue = new SendQueue({ maxFrames: 10, maxBytes: 1000 });
    queue.push(frame(5));
    queue.push(frame(5));
    expect(queue.clear()).toBe(2);
    expect([queue.length, queue.bytes]).toEqual([0, 0]);
  });
});
