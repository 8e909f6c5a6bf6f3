import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes, toHex } from "../../../crypto/index.ts";
import { AuthenticatedMap } from "../../../node/ledger/authenticated-map.ts";
import {
  differencesBetween,
  readStoredValue,
  type StoredDifference,
  type StoredEntry,
} from "../../../node/ledger/index.ts";
import { nativeHashers } from "./fixtures.ts";

type Content = readonly (readonly [key: string, value: number])[];

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** As a store yields a map that was filled in this order. */
function stored(content: Content): StoredEntry[] {
  const map = new AuthenticatedMap(nativeHashers);
  for (const [key, value] of content) map.set(bytes(key), Uint8Array.of(value));
  return [...map.entries()].sort((left, right) => compareBytes(left.key, right.key));
}

/** Values without their slots. */
function shown({ key, left, right }: StoredDifference) {
  const value = (side: Uint8Array | undefined) => side && readStoredValue(side)?.value[0];
  return [Buffer.from(key).toString(), value(left), value(right)];
}

function differences(left: Content, right: Content) {
  return [...differencesBetween(stored(left), stored(right))].map(shown);
}

describe("the differences between two stored states", () => {
  const content: Content = [
    ["a", 1],
    ["b", 2],
    ["c", 3],
  ];

  test("are none between equals", () => {
    expect(differences(content, content)).toEqual([]);
    expect(differences([], [])).toEqual([]);
  });

  test("are what one of them has not, and what they hold differently, in the order of the keys", () => {
    const other: Content = [
      ["x", 9],
      ["b", 2],
      ["c", 7],
    ];
    expect(differences(content, other)).toEqual([
      ["a", 1, undefined],
      ["c", 3, 7],
      ["x", undefined, 9],
    ]);
  });

  test("count a key that stands in another slot, for the roots differ then", () => {
    const other: Content = [
      ["b", 2],
      ["a", 1],
    ];
    const found = [...differencesBetween(stored(content.slice(0, 2)), stored(other))];
    expect(found.map(shown)).toEqual([
      ["a", 1, 1],
      ["b", 2, 2],
    ]);
    expect(found.map(({ left, right }) => [left, right].map((side) => side?.[3]))).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  test("can be asked for one by one: the first costs no more than what lies before it", () => {
    const right = stored([["a", 9]]);
    function* left() {
      yield* stored([["a", 1]]);
      throw new Error("nobody asked for more");
    }
    expect(shown(differencesBetween(left(), right).next().value as StoredDifference)).toEqual([
      "a",
      1,
      9,
    ]);
  });

  test("are not to be had from entries out of order", () => {
    const [first, second] = stored(content) as [StoredEntry, StoredEntry];
    const all = () => [...differencesBetween([second, first], [])];
    expect(all).toThrow("in the order of their keys");
  });
});

test("bytes that are no stored value are told apart", () => {
  expect(readStoredValue(Uint8Array.of(1, 2, 3))).toBeUndefined();
});

test("the differences of two random states are those of two plain maps", () => {
  const keys = fc.constantFrom("a", "b", "bb", "c", "ca", "d", "e", "f");
  const contents = fc.uniqueArray(fc.tuple(keys, fc.integer({ min: 0, max: 3 })), {
    selector: ([key]) => key,
  });
  fc.assert(
    fc.property(contents, contents, (left, right) => {
      const [one, other] = [stored(left), stored(right)].map(
        (entries) => new Map(entries.map(({ key, value }) => [toHex(key), toHex(value)])),
      );
      const expected = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])]
        .filter((key) => one?.get(key) !== other?.get(key))
        .sort();
      const found = [...differencesBetween(stored(left), stored(right))];
      expect(found.map(({ key }) => toHex(key))).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
