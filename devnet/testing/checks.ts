// What a test hands in, checked before anything happens: what is wrong, and what would be right.

import { ACCOUNTS } from "../virtual/index.ts";
import type { CallPayload, CreateDevnetOptions } from "./devnet.ts";
import { DevnetError } from "./devnet-error.ts";

const MAX_VALIDATORS = 64;
const BASE_TIMEOUT_MS = 200;

/** With what is left away filled in. @throws {DevnetError} BAD_ARGUMENT */
export function checkedOptions(options: CreateDevnetOptions) {
  const { validators = 4, seed = 1, baseTimeoutMs = BASE_TIMEOUT_MS } = options;
  inRange("validators", validators, 1, MAX_VALIDATORS);
  inRange("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  inRange("baseTimeoutMs", baseTimeoutMs, 10, 60_000);
  return { ...options, validators, seed, baseTimeoutMs };
}

export function checkedAccount(account: number): number {
  return inRange("an account", account, 0, ACCOUNTS - 1);
}

export function checkedValidator(validator: number, validators: number): number {
  return inRange("a validator", validator, 0, validators - 1);
}

/** As the wire has it. */
export function bytesOf(call: CallPayload): Uint8Array {
  if (call instanceof Uint8Array) return call;
  return new TextEncoder().encode(typeof call === "string" ? call : JSON.stringify(call));
}

function inRange(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const wanted = `a whole number from ${least} to ${most}`;
  throw new DevnetError("BAD_ARGUMENT", `${what} is ${wanted}, not ${value}`);
}
