// The suite that every Ed25519 back end passes: one rule, whatever the library.

import { describe, expect, test } from "vitest";
import { publicKey, type SignatureScheme, signature } from "../../crypto/index.ts";
import { edgeClasses, honest } from "./edge-classes.ts";
import { type EdgeSignature, flipBit } from "./edge-signatures.ts";

export function describeScheme(scheme: SignatureScheme, library: keyof EdgeSignature["quick"]) {
  describe(`the ${library} back end`, () => {
    for (const [name, vectors] of Object.entries(edgeClasses)) {
      test(`verifies ${name} as ZIP-215 does`, () => {
        expect(vectors.length).toBeGreaterThan(0);
        for (const { name, check, valid } of vectors) {
          expect({ name, valid: scheme.verify(check) }).toEqual({ name, valid });
        }
      });

      test(`checks ${name} quickly as its library does`, () => {
        for (const { name, check, quick } of vectors) {
          const accepted = scheme.verifyQuick(check);
          expect({ name, accepted }).toEqual({ name, accepted: quick[library] });
        }
      });
    }

    test("refuses an honest signature with any one bit turned over", () => {
      const bits = 8 * (32 + 64 + 1);
      for (let bit = 0; bit < bits; bit++) {
        const check = flipBit(honest, bit);
        const accepted = scheme.verify(check) || scheme.verifyQuick(check);
        expect({ bit, accepted }).toEqual({ bit, accepted: false });
      }
    });

    test("verifies bytes in memory shared with other threads", () => {
      const check = {
        publicKey: publicKey(shared(honest.check.publicKey)),
        message: shared(honest.check.message),
        signature: signature(shared(honest.check.signature)),
      };
      expect(scheme.verify(check)).toBe(true);
      expect(scheme.verifyQuick(check)).toBe(true);
      check.signature[40] = (check.signature[40] as number) ^ 1;
      expect(scheme.verify(check)).toBe(false);
      expect(scheme.verifyQuick(check)).toBe(false);
    });

    test("verifies views into the middle of a larger buffer", () => {
      const check = {
        publicKey: publicKey(embedded(honest.check.publicKey)),
        message: embedded(honest.check.message),
        signature: signature(embedded(honest.check.signature)),
      };
      expect(scheme.verify(check)).toBe(true);
      expect(scheme.verifyQuick(check)).toBe(true);
    });
  });
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

function embedded(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 14).fill(0xee);
  larger.set(bytes, 7);
  return larger.subarray(7, 7 + bytes.length);
}
