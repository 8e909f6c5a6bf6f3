// Fields of JSON that came from outside: each reader gives the type it names or throws a TypeError that names the field.

import {
  fromHex,
  HASH_BYTES,
  type Hash,
  SIGNATURE_BYTES,
  type Signature,
} from "../../crypto/index.ts";
import { isRecord } from "./problem.ts";

export function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new TypeError(`${name} is not an object`);
  return value;
}

export function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} is not a list`);
  return value;
}

export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw new TypeError(`${name} is not a text`);
  return value;
}

/** A counter in 0..2^53-1, as a JSON number or a decimal string. */
export function counter<T extends number = number>(value: unknown, name: string): T {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) {
    throw new TypeError(`${name} is not a counter`);
  }
  return number as T;
}

export function bytes(value: unknown, name: string): Uint8Array {
  const read = fromHex(text(value, name));
  if (read === undefined) throw new TypeError(`${name} is not 0x-hex`);
  return read;
}

export function hashFrom(value: unknown, name: string): Hash {
  const read = bytes(value, name);
  if (read.length !== HASH_BYTES) throw new TypeError(`${name} is not a hash`);
  return read as Hash;
}

export function signatureFrom(value: unknown): Signature {
  const read = bytes(value, "signature");
  if (read.length !== SIGNATURE_BYTES) throw new TypeError("a signature has another length");
  return read as Signature;
}
