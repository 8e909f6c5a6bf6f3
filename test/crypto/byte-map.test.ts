// ByteMap against a Map of hex strings, with keys that often share their first six bytes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteMap, toHex } from "../../crypto/index.ts";

const keys = fc
  .tuple(fc.nat(2), fc.nat(2), fc.nat(3))
  .map(([first, sixth, last]) => new Uint8Array([first, 0, 0, 0, 0, sixth, 0, last]));

const commands = fc.array(
  fc.tuple(fc.constantFrom("set", "delete", "get", "clear"), keys, fc.nat()),
  { maxLength: 200, size: "max" },
);

test("answers as a map of strings does", () => {
  fc.assert(
    fc.property(commands, (script) => {
      const map = new ByteMap<number>();
      const model = new Map<string, number>();
      for (const [command, key, value] of script) {
        const name = toHex(key);
        if (command === "set") {
          map.set(key, value);
          model.set(name, value);
        } else if (command === "delete") {
          expect(map.delete(key)).toBe(model.delete(name));
        } else if (command === "clear" && value % 10 === 0) {
          map.clear();
          model.clear();
        }
        expect(map.get(key)).toBe(model.get(name));
        expect(map.has(key)).toBe(model.has(name));
        expect(map.size).toBe(model.size);
      }
      const held = [...map.entries()].map(([key, value]) => [toHex(key), value] as const);
      expect(held.sort()).toEqual([...model].sort());
      expect([...map.values()].sort()).toEqual([...model.values()].sort());
    }),
  );
});

test("keeps keys apart that share their first 48 bits", () => {
  const map = new ByteMap<string>();
  const alike = [0, 1, 2].map((last) => new Uint8Array([1, 2, 3, 4, 5, 6, 7, last]));
  for (const key of alike) map.set(key, toHex(key));
  expect(alike.map((key) => map.get(key))).toEqual(alike.map(toHex));
  expect(map.delete(alike[1] as Uint8Array)).toBe(true);
  expect(alike.map((key) => map.has(key))).toEqual([true, false, true]);
});

test.each([0, 1, 2])("loses only the key deleted among three alike, number %i", (deleted) => {
  const map = new ByteMap<number>();
  const alike = [0, 1, 2].map((last) => new Uint8Array([1, 2, 3, 4, 5, 6, 7, last]));
  for (const [index, key] of alike.entries()) map.set(key, index);
  map.delete(alike[deleted] as Uint8Array);
  expect(alike.map((key) => map.has(key))).toEqual([0, 1, 2].map((index) => index !== deleted));
});
