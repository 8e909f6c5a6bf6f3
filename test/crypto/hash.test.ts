// Domain-separated hashing: fixed vectors, separation, and the native path's equality with the portable one.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ascii, concatBytes, domain, hashIn, toHex } from "../../crypto/index.ts";
import { hashIn as nativeHashIn } from "../../crypto/native/index.ts";

const names = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 64 });
const contents = fc.uint8Array({ maxLength: 80 });

// Computed apart from this code, with Python's hashlib.
const VECTORS = [
  "0x4e27fb0c9c1c41f2e70bedb3e42657966bc73e143ce3f5dfba8491dc26e153a1",
  "0x02123a3ffae8caa9f136075a13811da0fbaae1aef6d9f05090ad9c03ac0b0a50",
  "0xf1bfc39ada8de43c0a8a6eb063e957f81200a26d864c94568aacf596b836867a",
];

test("hashes one length byte, the name and the content with SHA-256", () => {
  const expected = createHash("sha256").update("\x0equorate/vote/1").update("content").digest();
  const hashed = hashIn(domain("quorate/vote/1"), ascii("content"));
  expect(toHex(hashed)).toBe(`0x${expected.toString("hex")}`);
});

test("keeps its fixed vectors", () => {
  expect([
    toHex(hashIn(domain("quorate/test/1"))),
    toHex(hashIn(domain("quorate/test/1"), ascii("a"), ascii("bc"))),
    toHex(hashIn(domain("quorate/test/2"), ascii("abc"))),
  ]).toEqual(VECTORS);
});

test("hashes the parts as one content", () => {
  const parts = [ascii("a"), new Uint8Array(0), ascii("bc")];
  const test1 = domain("quorate/test/1");
  expect(hashIn(test1, ...parts)).toEqual(hashIn(test1, ascii("abc")));
});

test("gives two domains two hashes, wherever the border between name and content lies", () => {
  fc.assert(
    fc.property(names, names, contents, contents, (left, right, leftContent, rightContent) => {
      fc.pre(left !== right);
      expect(hashIn(domain(left), leftContent)).not.toEqual(hashIn(domain(right), rightContent));
    }),
  );
  expect(hashIn(domain("ab"), ascii("c"))).not.toEqual(hashIn(domain("a"), ascii("bc")));
});

test("has no domain without a name, of more than 64 bytes, or beyond ASCII", () => {
  expect(() => domain("")).toThrow("1..64 bytes");
  expect(domain("x".repeat(64)).prefix).toHaveLength(65);
  expect(() => domain("x".repeat(65))).toThrow("1..64 bytes");
  expect(() => domain("quorate/vöte/1")).toThrow("ASCII");
});

test("hashes natively to the same bytes, short and long, in one part and in many", () => {
  fc.assert(
    fc.property(
      names,
      fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 4 }),
      (name, parts) => {
        expect(nativeHashIn(domain(name), ...parts)).toEqual(hashIn(domain(name), ...parts));
      },
    ),
  );
  for (const length of [0, 446, 447, 448, 449, 511, 512, 513, 100_000]) {
    const content = new Uint8Array(length).fill(length);
    const name = domain("x".repeat(64));
    expect(nativeHashIn(name, content)).toEqual(hashIn(name, content));
  }
});

test("hashes natively into bytes of their own", () => {
  const test1 = domain("quorate/test/1");
  const first = nativeHashIn(test1, ascii("first"));
  const copy = concatBytes(first);
  nativeHashIn(test1, ascii("second"));
  expect(first).toEqual(copy);
  expect(first).not.toBeInstanceOf(Buffer);
  expect(nativeHashIn(test1, new Uint8Array(1_000))).not.toBeInstanceOf(Buffer);
});
