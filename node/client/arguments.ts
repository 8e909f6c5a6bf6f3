// What a program hands to a client, as JavaScript lets it: brought into the one form that the client works with, or refused
// with BAD_ARGUMENT before anybody is asked. What may be a secret is never shown.

import {
  ADDRESS_BYTES,
  type Address,
  HASH_BYTES,
  type Hash,
  PUBLIC_KEY_BYTES,
  type PublicKey,
  parseAddress,
} from "../../crypto/index.ts";
import type { Key } from "./keys.ts";
import { ClientError, isRecord } from "./problem.ts";

/** Gives the value back in its one form, or throws. */
export type Check<T> = (given: unknown, name: string) => T;
type Checks = Readonly<Record<string, Check<unknown>>>;
type Checked<C extends Checks> = { readonly [K in keyof C]: ReturnType<C[K]> };

export type Asking = { readonly signal?: AbortSignal | undefined };

const MAX_AMOUNT = 2n ** 64n - 1n;
/** Timers hold no more. */
const MAX_MS = 2 ** 31 - 1;
const MAX_SHOWN = 80;

/** `reason` is the argument's name. */
export function badArgument(reason: string, message: string): ClientError {
  return new ClientError({ code: "BAD_ARGUMENT", message, reason });
}

/** What passes `isFit` is given back as it is. */
export function only<T>(
  expected: string,
  isFit: (given: unknown) => boolean,
  show: (given: unknown) => string = shown,
): Check<T> {
  return (given, name) => {
    if (isFit(given)) return given as T;
    throw badArgument(name, `${name} must be ${expected}, not ${show(given)}`);
  };
}

/** An object that has none but these keys, each value checked. */
export function taken<C extends Checks>(name: string, given: unknown, checks: C): Checked<C> {
  const known = Object.keys(checks);
  const isObject = (it: unknown) => isRecord(it) && !(it instanceof AbortSignal);
  const fields = only<Readonly<Record<string, unknown>>>("an object", isObject)(given, name);
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    throw badArgument(key, `${name} knows no ${shown(key)}, only ${known.join(", ")}`);
  }
  const values = known.map((key) => [key, checks[key]?.(fields[key], key)]);
  return Object.fromEntries(values) as Checked<C>;
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (given, name) => (given === undefined ? given : check(given, name));
}

export function anInteger(least: number, most: number): Check<number> {
  return only(`a whole number in ${least}..${most}`, (given) => {
    return Number.isSafeInteger(given) && least <= Number(given) && Number(given) <= most;
  });
}

export const aCounter: Check<number> = anInteger(0, Number.MAX_SAFE_INTEGER);
export const aTimeMs: Check<number> = anInteger(1, MAX_MS);

/** Infinite for whoever waits as long as it takes. */
export const aDurationMs: Check<number> = only("a number, 0 or more", (given) => {
  return typeof given === "number" && given >= 0;
});

/** As a number only what has lost nothing as one. */
export function anAmount(least: bigint): Check<bigint> {
  const check = only<bigint>(`a bigint or a whole number in ${least}..2^64-1`, (given) => {
    return typeof given === "bigint" && least <= given && given <= MAX_AMOUNT;
  });
  return (given, name) =>
    check(Number.isSafeInteger(given) ? BigInt(given as number) : given, name);
}

export function someBytes(least: number, most: number): Check<Uint8Array> {
  const expected = `a Uint8Array of ${least === most ? most : `${least}..${most}`} bytes`;
  return only(expected, (given) => {
    return given instanceof Uint8Array && least <= given.length && given.length <= most;
  });
}

export const aHash = someBytes(HASH_BYTES, HASH_BYTES) as Check<Hash>;
export const aPublicKey = someBytes(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES) as Check<PublicKey>;

const isAddress = (given: unknown) => given instanceof Uint8Array && given.length === ADDRESS_BYTES;
const anAddressInForm = only<Address>('an address, "qr1..." or its 20 bytes', isAddress);

export const anAddress: Check<Address> = (given, name) => {
  const parsed = typeof given === "string" ? parseAddress(given) : undefined;
  return anAddressInForm(parsed?.ok ? parsed.value : given, name);
};

const isKey = (given: unknown) => {
  const { address, publicKey, sign } = Object(given) as Readonly<Record<string, unknown>>;
  return isAddress(address) && publicKey instanceof Uint8Array && typeof sign === "function";
};

export const aKey: Check<Key> = only(
  "a key, as keyFromSecret makes it",
  isKey,
  (given) => typeof given,
);

const aSignal: Check<AbortSignal> = only("an AbortSignal", (given) => given instanceof AbortSignal);

export const ASKING = { signal: optional(aSignal) };

export const aFunction: Check<unknown> = only("a function", (given) => typeof given === "function");

export const aUrl: Check<string> = only("an address such as http://127.0.0.1:4000", (given) => {
  return /^https?:/.test(String(given)) && URL.canParse(String(given));
});

const aFilledList: Check<readonly unknown[]> = only("a list with an address or more", (given) => {
  return Array.isArray(given) && given.length > 0;
});

export const someUrls: Check<readonly string[]> = (given, name) =>
  aFilledList(given, name).map((url, at) => aUrl(url, `${name}[${at}]`));

function shown(given: unknown): string {
  if (typeof given === "string") return JSON.stringify(given.slice(0, MAX_SHOWN));
  if (typeof given === "bigint") return `${given}n`.slice(0, MAX_SHOWN);
  if (given !== Object(given)) return String(given);
  const { length } = given as { readonly length?: unknown };
  return `${Object.prototype.toString.call(given).slice(8, -1)}${length === undefined ? "" : `(${length})`}`;
}
