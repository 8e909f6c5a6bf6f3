// All back ends under one suite, and what they may differ in.

import { expect, test } from "vitest";
import { nobleScheme } from "../../crypto/index.ts";
import { nativeScheme, opensslScheme, sodiumScheme } from "../../crypto/native/index.ts";
import { hasReducedScalar } from "../../crypto/portable-scheme.ts";
import { honest } from "./edge-classes.ts";
import {
  altered,
  GROUP_ORDER,
  SMALL_ORDER_SPELLINGS,
  UNREDUCED_POINTS,
} from "./edge-signatures.ts";
import { describeScheme } from "./signature-suite.ts";

if (sodiumScheme === undefined || opensslScheme === undefined) {
  throw new Error("the suite needs all three libraries");
}

describeScheme(nobleScheme, "noble");
describeScheme(opensslScheme, "openssl");
describeScheme(sodiumScheme, "sodium");

test("S is below the group order up to L - 1", () => {
  const withS = (s: bigint) => altered(honest, { s });
  for (const s of [0n, 1n, GROUP_ORDER - 1n]) expect(hasReducedScalar(withS(s))).toBe(true);
  for (const s of [GROUP_ORDER, GROUP_ORDER + 1n, 1n << 255n]) {
    expect(hasReducedScalar(withS(s))).toBe(false);
  }
});

test("the native back end is libsodium where it loads", () => {
  expect(nativeScheme()).toBe(sodiumScheme);
});

test("the vectors hold all spellings of small order and points with y >= p", () => {
  expect(SMALL_ORDER_SPELLINGS).toHaveLength(14);
  expect(SMALL_ORDER_SPELLINGS.filter((spelling) => spelling.canonical)).toHaveLength(8);
  expect(UNREDUCED_POINTS.length).toBeGreaterThan(4);
});
