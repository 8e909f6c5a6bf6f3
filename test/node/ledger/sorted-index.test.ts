import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "../../../crypto/index.ts";
import { SortedIndex } from "../../../node/ledger/sorted-index.ts";

const bytes = (...values: number[]) => ({ key: Uint8Array.from(values) });

describe("a sorted index", () => {
  test("finds the greatest key that is not above the one asked for", () => {
    const index = new SortedIndex<{ key: Uint8Array }>();
    for (const element of [bytes(5), bytes(1), bytes(3)]) index.insert(element);
    expect(index.floor(Uint8Array.of(4))).toEqual(bytes(3));
    expect(index.floor(Uint8Array.of(3))).toEqual(bytes(3));
    expect(index.floor(Uint8Array.of(0))).toBeUndefined();
  });

  test("tells apart keys that differ only after their first six bytes, or in length", () => {
    const index = new SortedIndex<{ key: Uint8Array }>();
    const keys = [bytes(1), bytes(1, 0), bytes(1, 0, 0, 0, 0, 0, 7), bytes(1, 0, 0, 0, 0, 0, 8)];
    for (const element of [...keys].reverse()) index.insert(element);
    for (const element of keys) expect(index.get(element.key)).toBe(element);
    expect([...index.values()]).toEqual(keys);
  });

  test("holds a key once", () => {
    const index = new SortedIndex<{ key: Uint8Array }>();
    index.insert(bytes(1));
    expect(() => index.insert(bytes(1))).toThrow("held once");
  });

  const ascending = Array.from({ length: 600 }, (_, at) => Uint8Array.of(at >> 8, at & 255));

  test("finds the one below a key that is gone, wherever it stood in its chunk", () => {
    const index = new SortedIndex<{ key: Uint8Array }>();
    for (const key of ascending) index.insert({ key });
    ascending.forEach((key, at) => {
      index.remove(key);
      expect(index.floor(key)?.key).toBe(ascending[at - 1]);
      index.insert({ key });
    });
  });

  test("loses a chunk that is emptied beside a full one", () => {
    const index = new SortedIndex<{ key: Uint8Array }>();
    for (const key of ascending) index.insert({ key });
    const between = ascending.slice(0, 70).map((key) => Uint8Array.of(...key, 1));
    for (const key of between) index.insert({ key });
    for (const key of ascending.slice(128, 256)) index.remove(key);
    expect(index.floor(Uint8Array.of(0, 200))?.key).toBe(ascending[127]);
  });

  test("agrees with a sorted array through thousands of insertions and removals", () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((raw) => raw.map((b) => b & 7));
    const round = fc.array(fc.tuple(fc.boolean(), key), { minLength: 1_500, maxLength: 3_000 });
    fc.assert(
      fc.property(round, (steps) => {
        const index = new SortedIndex<{ key: Uint8Array }>();
        const model = new Map<string, Uint8Array>();
        for (const [inserts, wanted] of steps) {
          const name = [...wanted].join();
          expect(index.get(wanted)?.key.join()).toBe(model.get(name)?.join());
          if (model.has(name) && !inserts) {
            index.remove(wanted);
            model.delete(name);
          } else if (!model.has(name)) {
            index.insert({ key: wanted });
            model.set(name, wanted);
          }
        }
        const sorted = [...model.values()].sort(compareBytes);
        expect([...index.values()].map((element) => element.key)).toEqual(sorted);
        expectFloors(index, sorted, steps.slice(0, 300));
        // Whole chunks lose their first elements, shrink and merge.
        const sparse = sorted.filter((each) => (each[1] ?? 0) === 3 || each.length === 1);
        for (const each of sorted) if (!sparse.includes(each)) index.remove(each);
        expectFloors(index, sparse, steps.slice(0, 300));
        for (const each of sparse) index.remove(each);
        for (const each of sorted) index.insert({ key: each });
        for (const each of sorted.slice(0, sorted.length - 100)) index.remove(each);
        const rest = sorted.slice(Math.max(0, sorted.length - 100));
        expect([...index.values()].map((element) => element.key)).toEqual(rest);
        expect(index.size).toBe(rest.length);
      }),
      { numRuns: 20 },
    );
  });
});

function expectFloors(
  index: SortedIndex<{ key: Uint8Array }>,
  sorted: readonly Uint8Array[],
  probes: readonly (readonly [boolean, Uint8Array])[],
): void {
  for (const [, probe] of probes) {
    const expected = sorted.findLast((each) => compareBytes(each, probe) <= 0);
    expect(index.floor(probe)?.key).toBe(expected);
  }
}
