import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "../../../crypto/index.ts";
import { SortedIndex } from "../../../node/ledger/sorted-index.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** An index of keys that stand in slots of their own, in the order in which they came. */
class Keys {
  readonly #bySlot: Uint8Array[] = [];
  readonly #index = new SortedIndex({
    compareKey: (slot, key) => compareBytes(this.#at(slot), key),
  });

  get size(): number {
    return this.#index.size;
  }

  insert(key: Uint8Array): number {
    const slot = this.#bySlot.push(key) - 1;
    this.#index.place(key, slot);
    return slot;
  }

  remove(key: Uint8Array): void {
    this.#index.remove(key);
  }

  slotOf(key: Uint8Array): number | undefined {
    return this.#index.get(key);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const slot = this.#index.get(key);
    return slot === undefined ? undefined : this.#at(slot);
  }

  floor(key: Uint8Array): Uint8Array | undefined {
    const slot = this.#index.floor(key);
    return slot === undefined ? undefined : this.#at(slot);
  }

  all(): Uint8Array[] {
    return [...this.#index.values()].map((slot) => this.#at(slot));
  }

  #at(slot: number): Uint8Array {
    return this.#bySlot[slot] as Uint8Array;
  }
}

describe("a sorted index", () => {
  test("finds the greatest key that is not above the one asked for", () => {
    const index = new Keys();
    for (const key of [bytes(5), bytes(1), bytes(3)]) index.insert(key);
    expect(index.floor(Uint8Array.of(4))).toEqual(bytes(3));
    expect(index.floor(Uint8Array.of(3))).toEqual(bytes(3));
    expect(index.floor(Uint8Array.of(0))).toBeUndefined();
  });

  test("tells apart keys that differ only after their first six bytes, or in length", () => {
    const index = new Keys();
    const keys = [bytes(1), bytes(1, 0), bytes(1, 0, 0, 0, 0, 0, 7), bytes(1, 0, 0, 0, 0, 0, 8)];
    for (const key of [...keys].reverse()) index.insert(key);
    for (const key of keys) expect(index.get(key)).toBe(key);
    expect(index.all()).toEqual(keys);
  });

  test("holds a key once, in the slot that it came to last", () => {
    const index = new Keys();
    const slots = [bytes(1), bytes(2), bytes(1)].map((key) => index.insert(key));
    expect(index.slotOf(bytes(1))).toBe(slots[2]);
    expect([index.size, index.all()]).toEqual([2, [bytes(1), bytes(2)]]);
  });

  test("removes no key that it does not hold", () => {
    const index = new Keys();
    index.insert(bytes(1));
    expect(() => index.remove(bytes(2))).toThrow("only a held key");
  });

  const ascending = Array.from({ length: 600 }, (_, at) => Uint8Array.of(at >> 8, at & 255));

  test("finds the one below a key that is gone, wherever it stood in its chunk", () => {
    const index = new Keys();
    for (const key of ascending) index.insert(key);
    ascending.forEach((key, at) => {
      index.remove(key);
      expect(index.floor(key)).toBe(ascending[at - 1]);
      index.insert(key);
    });
  });

  test("loses a chunk that is emptied beside a full one", () => {
    const index = new Keys();
    for (const key of ascending) index.insert(key);
    const between = ascending.slice(0, 70).map((key) => Uint8Array.of(...key, 1));
    for (const key of between) index.insert(key);
    for (const key of ascending.slice(128, 256)) index.remove(key);
    expect(index.floor(Uint8Array.of(0, 200))).toBe(ascending[127]);
  });

  test("agrees with a sorted array through thousands of insertions and removals", () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((raw) => raw.map((b) => b & 7));
    const round = fc.array(fc.tuple(fc.boolean(), key), { minLength: 1_500, maxLength: 3_000 });
    fc.assert(
      fc.property(round, (steps) => {
        const index = new Keys();
        const model = new Map<string, Uint8Array>();
        for (const [inserts, wanted] of steps) {
          const name = [...wanted].join();
          expect(index.get(wanted)?.join()).toBe(model.get(name)?.join());
          if (model.has(name) && !inserts) {
            index.remove(wanted);
            model.delete(name);
          } else if (!model.has(name)) {
            index.insert(wanted);
            model.set(name, wanted);
          }
        }
        const sorted = [...model.values()].sort(compareBytes);
        expect(index.all()).toEqual(sorted);
        expectFloors(index, sorted, steps.slice(0, 300));
        // Whole chunks lose their first elements, shrink and merge.
        const sparse = sorted.filter((each) => (each[1] ?? 0) === 3 || each.length === 1);
        for (const each of sorted) if (!sparse.includes(each)) index.remove(each);
        expectFloors(index, sparse, steps.slice(0, 300));
        for (const each of sparse) index.remove(each);
        for (const each of sorted) index.insert(each);
        for (const each of sorted.slice(0, sorted.length - 100)) index.remove(each);
        const rest = sorted.slice(Math.max(0, sorted.length - 100));
        expect(index.all()).toEqual(rest);
        expect(index.size).toBe(rest.length);
      }),
      { numRuns: 20 },
    );
  });
});

function expectFloors(
  index: Keys,
  sorted: readonly Uint8Array[],
  probes: readonly (readonly [boolean, Uint8Array])[],
): void {
  for (const [, probe] of probes) {
    const expected = sorted.findLast((each) => compareBytes(each, probe) <= 0);
    expect(index.floor(probe)).toBe(expected);
  }
}
