// Hex, order and concatenation of byte strings.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ascii,
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  toHex,
} from "../../crypto/index.ts";

const byteStrings = fc.uint8Array({ maxLength: 40 });

test("hex is read back to the same bytes", () => {
  fc.assert(
    fc.property(byteStrings, (bytes) => {
      expect(toHex(bytes)).toBe(`0x${Buffer.from(bytes).toString("hex")}`);
      expect(fromHex(toHex(bytes))).toEqual(bytes);
    }),
  );
});

test.each(["", "00", "0x0", "0x0g", "0xAB", "0X00", " 0x00", "0x00 ", "0x00\n"])(
  "%j is no hex",
  (text) => {
    expect(fromHex(text)).toBeUndefined();
  },
);

test("orders bytes as Buffer.compare does", () => {
  fc.assert(
    fc.property(byteStrings, byteStrings, (left, right) => {
      expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right));
      expect(equalBytes(left, right)).toBe(Buffer.compare(left, right) === 0);
    }),
  );
  expect(compareBytes(ascii("ab"), ascii("abc"))).toBeLessThan(0);
  expect(equalBytes(ascii("ab"), ascii("abc"))).toBe(false);
});

test("puts parts one after the other", () => {
  fc.assert(
    fc.property(fc.array(byteStrings), (parts) => {
      expect(concatBytes(...parts)).toEqual(new Uint8Array(Buffer.concat(parts)));
    }),
  );
});
