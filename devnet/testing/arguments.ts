// Arguments of any kind, checked and shown: an object with known keys alone, a number within its range.

import { nearest, quoted } from "../faults/index.ts";
import { DevnetError } from "./devnet-error.ts";

/** An object that has none but these keys. @throws {DevnetError} BAD_ARGUMENT */
export function withKeys<T extends object>(
  what: string,
  given: T,
  known: Readonly<Record<string, true>>,
): T {
  const keys = Object.keys(known);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const some = keys.slice(0, 3).join(", ");
    throw bad(`${what} takes an object with keys such as ${some}, not ${shown(given)}`);
  }
  for (const key of Object.keys(given)) {
    if (keys.includes(key)) continue;
    throw bad(`${what} knows no ${quoted(key)}${meant(key, keys)}`);
  }
  return given;
}

/** As it stands in a message, short. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

export function oneOf(what: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  const words = choices.filter((choice) => choice !== undefined).map(String);
  throw bad(`${what} is not ${shown(value)}${meant(String(value), words)}`);
}

export function meant(word: string, choices: readonly string[]): string {
  const near = nearest(word, choices);
  return near === undefined ? `; there are ${choices.join(", ")}` : `; do you mean "${near}"?`;
}

export function inRange(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(`${what} is a whole number from ${least} to ${most}, not ${shown(value)}`);
}

export function bad(message: string, cause?: unknown): DevnetError {
  return new DevnetError("BAD_ARGUMENT", message, { cause });
}
