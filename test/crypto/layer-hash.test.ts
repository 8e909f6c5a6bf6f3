// Layer hashing: three implementations, one result.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LayerHasher, portableHashLayer } from "../../crypto/index.ts";
import { hashLayer } from "../../crypto/native/index.ts";
import { opensslHashLayer } from "../../crypto/native/layer-hash.ts";

const hashers: readonly (readonly [string, LayerHasher])[] = [
  ["portable", portableHashLayer],
  ["native", hashLayer],
  ["openssl", opensslHashLayer],
];

describe.each(hashers)("the %s layer hasher", (_, hasher) => {
  test("hashes each pair of 32 bytes with SHA-256", () => {
    const layers = fc
      .nat(70)
      .chain((pairs) => fc.uint8Array({ minLength: 64 * pairs, maxLength: 64 * pairs }));
    fc.assert(
      fc.property(layers, (input) => {
        const output = new Uint8Array(input.length / 2);
        hasher(input, output);
        for (let start = 0; start < output.length; start += 32) {
          const pair = input.subarray(2 * start, 2 * start + 64);
          const expected = createHash("sha256").update(pair).digest();
          expect(Buffer.compare(output.subarray(start, start + 32), expected)).toBe(0);
        }
      }),
    );
  });

  test("writes into the middle of a larger buffer and nowhere else", () => {
    const larger = new Uint8Array(34);
    hasher(new Uint8Array(65).subarray(1), larger.subarray(1, 33));
    expect(larger[0]).toBe(0);
    expect(larger[33]).toBe(0);
    expect(larger[1]).toBe(0xf5);
  });
});

describe.each([
  ["portable", portableHashLayer],
  ["native", hashLayer],
] as const)("the %s layer hasher stops at our own bug", (_, hasher) => {
  test.each([
    ["half a pair", 32, 16],
    ["a short output", 128, 32],
    ["a long output", 64, 64],
  ])("%s", (_, inputBytes, outputBytes) => {
    const attempt = () => hasher(new Uint8Array(inputBytes), new Uint8Array(outputBytes));
    expect(attempt).toThrow("invariant broken");
  });
});
