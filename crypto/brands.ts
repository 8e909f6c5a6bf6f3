// The nominal types that every floor shares, with one checked constructor each.

import { assert } from "./assert.ts";

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** 32 bytes: the output of a domain-separated SHA-256. */
export type Hash = Brand<Uint8Array, "Hash">;
/** 32 bytes: a compressed Ed25519 point as it came; nothing is promised about its validity. */
export type PublicKey = Brand<Uint8Array, "PublicKey">;
/** 64 bytes: R followed by S, as they came. */
export type Signature = Brand<Uint8Array, "Signature">;
/** 20 bytes: names an account; shown as bech32m `qr1...`. */
export type Address = Brand<Uint8Array, "Address">;
/** 0 .. 2^53-1. View 0 is genesis. */
export type View = Brand<number, "View">;
/** 0 .. 2^53-1. Height 0 is genesis. */
export type Height = Brand<number, "Height">;
/** 0 .. 2^53-1. The set of validators in force. */
export type Epoch = Brand<number, "Epoch">;
/** 0 .. 2^53-1. The first transaction of an account has nonce 0. */
export type Nonce = Brand<number, "Nonce">;

export const HASH_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const ADDRESS_BYTES = 20;

export function hash(bytes: Uint8Array): Hash {
  assert(bytes.length === HASH_BYTES, `a hash has 32 bytes, not ${bytes.length}`);
  return bytes as Hash;
}

export function publicKey(bytes: Uint8Array): PublicKey {
  assert(bytes.length === PUBLIC_KEY_BYTES, `a public key has 32 bytes, not ${bytes.length}`);
  return bytes as PublicKey;
}

export function signature(bytes: Uint8Array): Signature {
  assert(bytes.length === SIGNATURE_BYTES, `a signature has 64 bytes, not ${bytes.length}`);
  return bytes as Signature;
}

export function address(bytes: Uint8Array): Address {
  assert(bytes.length === ADDRESS_BYTES, `an address has 20 bytes, not ${bytes.length}`);
  return bytes as Address;
}

export function view(value: number): View {
  assertCounter("view", value);
  return value as View;
}

export function height(value: number): Height {
  assertCounter("height", value);
  return value as Height;
}

export function epoch(value: number): Epoch {
  assertCounter("epoch", value);
  return value as Epoch;
}

export function nonce(value: number): Nonce {
  assertCounter("nonce", value);
  return value as Nonce;
}

/** The view, height, epoch or nonce that follows. */
export function next<T extends View | Height | Epoch | Nonce>(value: T): T {
  assertCounter("successor", value + 1);
  return (value + 1) as T;
}

function assertCounter(kind: string, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, `a ${kind} is an integer in 0..2^53-1`);
}
