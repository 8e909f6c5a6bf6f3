import { describe, expect, test } from "vitest";
import { type Use, Watch } from "../../../node/determinism/watch.ts";
import { watchedFunctions } from "../../../node/determinism/watched-functions.ts";

function usesOf(action: () => void, options = { elsewhere: false, reversed: false }): Use[] {
  const uses: Use[] = [];
  const watch = new Watch({ ...options, onUse: (use) => uses.push(use) });
  watch.within(() => {
    watch.enter();
    try {
      action();
    } finally {
      watch.leave();
    }
  });
  return uses;
}

describe("a watch", () => {
  const labels = new Set(watchedFunctions().map(({ label }) => label));
  test.each([...labels])("stands in for %s", (wanted) => {
    const placed = watchedFunctions().find(({ label }) => label === wanted);
    if (placed === undefined) throw new Error("a watched function");
    const { owner, name } = placed;
    const original: unknown = Reflect.get(owner, name);
    const uses = usesOf(() => {
      const standIn: unknown = Reflect.get(owner, name);
      if (typeof standIn !== "function" || standIn === original) return;
      try {
        // Whatever it makes of it: the call counts.
        Reflect.apply(standIn, undefined, [undefined]);
      } catch {
        // Most want another receiver.
      }
    });
    expect(uses.map(({ what }) => what)).toContain(wanted);
  });

  test("lets nothing start that would outlive the call", () => {
    let answer: unknown = "not asked";
    usesOf(() => {
      answer = setTimeout(() => {}, 0);
    });
    expect(answer).toBeUndefined();
  });

  test("notes nothing between the calls of a machine", () => {
    const uses: Use[] = [];
    const watch = new Watch({ elsewhere: true, reversed: true, onUse: (use) => uses.push(use) });
    const order = watch.within(() => {
      Date.now();
      new Date();
      new Intl.NumberFormat();
      return [...new Set([1, 2, 3])];
    });
    expect(order).toEqual([1, 2, 3]);
    expect(uses).toEqual([]);
  });

  test("hands out maps and sets backwards, in every way of iterating", () => {
    const seen: unknown[] = [];
    const options = { elsewhere: false, reversed: true };
    usesOf(() => {
      const map = new Map([
        ["a", 1],
        ["b", 2],
      ]);
      const set = new Set(["a", "b"]);
      seen.push([...map], [...map.keys()], [...map.values()], [...set], [...set.values()]);
      const called: unknown[] = [];
      map.forEach((value, key) => {
        called.push(key, value);
      });
      for (const element of set) called.push(element);
      seen.push(called, Array.from(map.entries()));
    }, options);
    expect(seen).toEqual([
      [
        ["b", 2],
        ["a", 1],
      ],
      ["b", "a"],
      [2, 1],
      ["b", "a"],
      ["b", "a"],
      ["b", 2, "a", 1, "b", "a"],
      [
        ["b", 2],
        ["a", 1],
      ],
    ]);
  });

  test("leaves dates as they are: of one class, made of one number", () => {
    usesOf(() => {
      const date = new Date(1_000);
      expect(date instanceof Date).toBe(true);
      expect(date.getTime()).toBe(1_000);
      expect(Date.UTC(1970, 0, 1)).toBe(0);
    });
  });

  test("tells another time elsewhere", () => {
    let there = 0;
    usesOf(
      () => {
        there = Date.now();
      },
      { elsewhere: true, reversed: false },
    );
    expect(there).toBeGreaterThan(Date.now() + 1_000_000_000);
  });
});
