import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Flap } from "../../../devnet/faults/index.ts";
import { Flapping } from "../../../devnet/live/flapping.ts";

const SLOW: Flap = { between: [0, 1], everyMs: 500 };
const FAST: Flap = { between: [2, 3], everyMs: 100 };

let changes: number;
let flapping: Flapping;

beforeEach(() => {
  vi.useFakeTimers();
  changes = 0;
  flapping = new Flapping(() => {
    changes += 1;
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a flapping link", () => {
  test("is down first, then comes and goes with its period", () => {
    flapping.follow([SLOW]);
    const seen = [0, 1, 2, 3].map(() => {
      const isDown = flapping.isDown(SLOW);
      vi.advanceTimersByTime(500);
      return isDown;
    });
    expect(seen).toEqual([true, false, true, false]);
    expect(changes).toBe(4);
  });

  test("keeps its beat while others begin and end", () => {
    flapping.follow([SLOW]);
    vi.advanceTimersByTime(400);
    flapping.follow([SLOW, FAST]);
    vi.advanceTimersByTime(100);
    expect([flapping.isDown(SLOW), flapping.isDown(FAST)]).toEqual([false, false]);
    flapping.follow([SLOW]);
    vi.advanceTimersByTime(500);
    expect(flapping.isDown(SLOW)).toBe(true);
  });

  test("begins again with another period", () => {
    flapping.follow([SLOW]);
    vi.advanceTimersByTime(500);
    const faster = { ...SLOW, everyMs: 50 };
    flapping.follow([faster]);
    expect([flapping.isDown(SLOW), flapping.isDown(faster)]).toEqual([false, true]);
  });

  test("is up for good once it is declared no more, and holds no timer", () => {
    flapping.follow([SLOW, FAST]);
    flapping.stop();
    expect([flapping.isDown(SLOW), flapping.isDown(FAST)]).toEqual([false, false]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
