import { expect, test } from "vitest";
import { viewTimeoutMs } from "../../consensus/index.ts";

test("a view lasts the base time, half as much again after each view without a commit, and never above 8 times", () => {
  const timeouts = [0, 1, 2, 3, 4, 5, 6, 7, 100, 2 ** 52].map((views) =>
    viewTimeoutMs({ baseTimeoutMs: 1000 }, views),
  );
  expect(timeouts).toEqual([1000, 1500, 2250, 3375, 5063, 7594, 8000, 8000, 8000, 8000]);
});

test("a base of one millisecond is the shortest", () => {
  expect(viewTimeoutMs({ baseTimeoutMs: 1 }, 0)).toBe(1);
});

test("refuses a base below a millisecond and a negative count, which are our bugs", () => {
  expect(() => viewTimeoutMs({ baseTimeoutMs: 0 }, 0)).toThrow("invariant broken");
  expect(() => viewTimeoutMs({ baseTimeoutMs: 1 }, -1)).toThrow("invariant broken");
});
