// Without the native addons everything still works, slower, with the same results.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  ascii,
  createNobleSigner,
  domain,
  hashIn,
  portableHashLayer,
  secretKey,
} from "../../../crypto/index.ts";

async function importWithoutAddons() {
  vi.doMock("node:module", () => ({
    createRequire: () => () => {
      throw new Error("the addon was built for another platform");
    },
  }));
  return await import("../../../crypto/native/index.ts");
}

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.doUnmock("node:module");
  vi.doUnmock("node:crypto");
});

test("OpenSSL takes over when libsodium does not load", async () => {
  const native = await importWithoutAddons();
  expect(native.sodiumScheme).toBeUndefined();
  expect(native.nativeScheme().name).toBe("openssl");
});

test("noble takes over when OpenSSL does not know Ed25519 either", async () => {
  vi.doMock("node:crypto", async (original) => ({
    ...(await original<typeof import("node:crypto")>()),
    createPublicKey: () => {
      throw new Error("unsupported");
    },
  }));
  const native = await importWithoutAddons();
  expect(native.opensslScheme).toBeUndefined();
  expect(native.nativeScheme().name).toBe("noble");
  const signature = native.createSigner(secretKey(new Uint8Array(32))).sign(ascii("vote"));
  expect(signature).toEqual(createNobleSigner(secretKey(new Uint8Array(32))).sign(ascii("vote")));
});

test("signing and hashing give the same bytes without addons", async () => {
  const native = await importWithoutAddons();
  const seed = secretKey(new Uint8Array(32).fill(8));
  const signer = native.createSigner(seed);
  const message = ascii("vote");
  expect(signer.sign(message)).toEqual(createNobleSigner(seed).sign(message));
  const check = { publicKey: signer.publicKey, message, signature: signer.sign(message) };
  expect(native.nativeScheme().verify(check)).toBe(true);

  const test1 = domain("quorate/test/1");
  expect(native.hashIn(test1, message)).toEqual(hashIn(test1, message));
  const input = new Uint8Array(256).map((_, index) => index);
  const [mine, portable] = [new Uint8Array(128), new Uint8Array(128)];
  native.hashLayer(input, mine);
  portableHashLayer(input, portable);
  expect(mine).toEqual(portable);
});
