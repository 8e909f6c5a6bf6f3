// Addresses: derived from public keys, and one text for each.

import { bech32, bech32m } from "@scure/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  address,
  addressOf,
  domain,
  formatAddress,
  hashIn,
  parseAddress,
  publicKey,
} from "../../crypto/index.ts";

const payloads = fc.uint8Array({ minLength: 20, maxLength: 20 });
const sample = address(Uint8Array.from({ length: 20 }, (_, index) => index));
const sampleText = formatAddress(sample);

test("is the first 20 bytes of a hash of the public key", () => {
  const key = publicKey(new Uint8Array(32).fill(3));
  expect(addressOf(key)).toEqual(hashIn(domain("quorate/address/1"), key).slice(0, 20));
});

test("is read back from its text", () => {
  fc.assert(
    fc.property(payloads, (bytes) => {
      const text = formatAddress(address(bytes));
      expect(text).toMatch(/^qr1[02-9ac-hj-np-z]{38}$/);
      expect(parseAddress(text)).toEqual({ ok: true, value: bytes });
    }),
  );
});

describe("a text is refused", () => {
  test.each([
    ["that is empty", "", "not-bech32m"],
    ["in upper case", sampleText.toUpperCase(), "not-bech32m"],
    ["in mixed case", `qr1${sampleText.slice(3).toUpperCase()}`, "not-bech32m"],
    ["with white space around", ` ${sampleText}`, "not-bech32m"],
    ["in plain bech32", bech32.encode("qr", bech32.toWords(sample)), "not-bech32m"],
    ["in hex", "0x000102030405060708090a0b0c0d0e0f10111213", "not-bech32m"],
    ["far too long", `qr1${"q".repeat(100_000)}`, "not-bech32m"],
    ["of another network", bech32m.encode("bc", bech32m.toWords(sample)), "wrong-prefix"],
    ["of 19 bytes", bech32m.encode("qr", bech32m.toWords(sample.slice(1))), "wrong-length"],
    ["of 21 bytes", bech32m.encode("qr", bech32m.toWords(new Uint8Array(21))), "wrong-length"],
    ["of no bytes", bech32m.encode("qr", []), "wrong-length"],
  ])("%s", (_, text, refusal) => {
    expect(parseAddress(text)).toEqual({ ok: false, refusal });
  });

  test("with any one character changed", () => {
    const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7lb1io-";
    for (let place = 0; place < sampleText.length; place++) {
      for (const character of alphabet) {
        if (character === sampleText[place]) continue;
        const changed = sampleText.slice(0, place) + character + sampleText.slice(place + 1);
        expect({ changed, ok: parseAddress(changed).ok }).toEqual({ changed, ok: false });
      }
    }
  });
});
