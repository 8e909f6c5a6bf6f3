// Small things that the storage tests share: a chain, bytes with a name, folders that go away.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import { ascii, domain, type Hash, type Height, hashIn, height } from "../../../crypto/index.ts";
import { StorageError, type StorageErrorCode } from "../../../node/storage/index.ts";

export const chain = new Uint8Array(32).fill(7);
export const otherChain = new Uint8Array(32).fill(8);

const TEST_DOMAIN = domain("quorate/test/storage/1");

export function hashOf(text: string): Hash {
  return hashIn(TEST_DOMAIN, ascii(text));
}

export function at(value: number): Height {
  return height(value);
}

/** Bytes that tell which record they are. */
export function bytesOf(text: string, length = text.length): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x2e);
  bytes.set(Buffer.from(text, "latin1").subarray(0, length));
  return bytes;
}

export function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString("latin1");
}

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, index: number, bit = 0): Uint8Array {
  const copy = bytes.slice();
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-storage-"));
  folders.push(folder);
  return folder;
}

/** The error that `action` throws or rejects with, which must be a StorageError with `code`. */
export async function storageError(
  code: StorageErrorCode,
  action: () => unknown,
): Promise<StorageError> {
  let thrown: unknown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(StorageError);
  const error = thrown as StorageError;
  expect(error.code, error.message).toBe(code);
  return error;
}
