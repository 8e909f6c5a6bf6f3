import { describe, expect, test } from "vitest";
import { addressOf, nobleScheme } from "../../../crypto/index.ts";
import { generateKey, keyFromSecret, keyOf } from "../../../node/client/index.ts";

const MESSAGE = Uint8Array.of(1, 2, 3);

describe("a key", () => {
  test("is the same again from its secret", () => {
    const { key, secret } = generateKey();
    const again = keyFromSecret(secret);
    expect(again.address).toEqual(key.address);
    const signature = again.sign(MESSAGE);
    expect(signature).toEqual(key.sign(MESSAGE));
    expect(nobleScheme.verify({ publicKey: key.publicKey, message: MESSAGE, signature })).toBe(
      true,
    );
  });

  test("is another one every time", () => {
    expect(generateKey().secret).not.toBe(generateKey().secret);
  });

  test("opens its own account, or the one it is told", () => {
    const { key } = generateKey();
    const other = generateKey().key.address;
    expect(key.address).toEqual(addressOf(key.publicKey));
    expect(keyOf(key, other).address).toEqual(other);
  });

  test.each([
    ["too short", `0x${"ab".repeat(31)}`],
    ["in upper case", `0x${"AB".repeat(32)}`],
    ["without 0x", "ab".repeat(32)],
    ["nothing", ""],
  ])("%s is refused, and not shown", (_what, secret) => {
    expect(() => keyFromSecret(secret)).toThrow(
      /^a secret key is 0x and 64 lower-case hex digits$/,
    );
  });
});
