// What a program hands to a log, as JavaScript lets it: refused at once with BAD_ARGUMENT, before anything is written,
// signed or started. A key that is not known is never passed over: it may be the one that says where the data lies.

import type { Signer } from "../../crypto/index.ts";
import { NAME_PATTERN } from "../chain/index.ts";
import { MAX_APPLICATION_KEY_BYTES, type StateMachine } from "../ledger/index.ts";
import { MAX_CALL_BYTES } from "../transaction/index.ts";
import { AppendError, type AppendOptions } from "./append.ts";
import type { EntriesOptions } from "./entries.ts";
import type { ReplicatedLogOptions } from "./replicated-log.ts";

type Fields = Readonly<Record<string, unknown>>;
type Known<T> = Readonly<Record<keyof T, true>>;

const OPTIONS: Known<ReplicatedLogOptions> = {
  stateMachine: true,
  directory: true,
  passphrase: true,
  account: true,
  log: true,
  onFatal: true,
};
const APPEND_OPTIONS: Known<AppendOptions> = { signal: true };
const ENTRIES_OPTIONS: Known<EntriesOptions> = { from: true, signal: true };
const MAX_SHOWN = 80;

/** @throws {AppendError} BAD_ARGUMENT */
export function checkOptions(given: ReplicatedLogOptions): void {
  const options = knownIn("createReplicatedLog", given, OPTIONS);
  checkStateMachine(options.stateMachine);
  if ("directory" in options) {
    const { directory } = options;
    const expected = "the path of a validator's directory, or left away for a log that is not kept";
    must(typeof directory === "string" && directory !== "", "directory", expected, directory);
  }
  const { passphrase, account, log, onFatal } = options;
  // Whatever it is, it may be the secret.
  if (passphrase !== undefined && typeof passphrase !== "string") {
    throw badArgument("passphrase", `passphrase must be a text, not ${kindOf(passphrase)}`);
  }
  if (account !== undefined && !isSigner(account)) {
    const expected = "a signer with `publicKey` and `sign`";
    throw badArgument("account", `account must be ${expected}, not ${kindOf(account)}`);
  }
  const canLog = log === undefined || typeof (log as Fields)?.info === "function";
  must(canLog, "log", "a logger, as createLogger makes it", log);
  must(
    onFatal === undefined || typeof onFatal === "function",
    "onFatal",
    "a function that takes the error",
    onFatal,
  );
}

/** @throws {AppendError} BAD_ARGUMENT */
export function checkAppend(call: Uint8Array, options: AppendOptions): void {
  const isCall = call instanceof Uint8Array && call.length <= MAX_CALL_BYTES;
  must(isCall, "call", `a Uint8Array of at most ${MAX_CALL_BYTES} bytes`, call);
  checkSignal(knownIn("append", options, APPEND_OPTIONS));
}

/** @throws {AppendError} BAD_ARGUMENT */
export function checkEntries(given: EntriesOptions): void {
  const options = knownIn("entries", given, ENTRIES_OPTIONS);
  const { from } = options;
  const isHeight = from === undefined || (Number.isSafeInteger(from) && Number(from) >= 0);
  must(isHeight, "from", "a height, a whole number of 0 or more", from);
  checkSignal(options);
}

/** @throws {AppendError} BAD_ARGUMENT */
export function checkKey(key: Uint8Array): void {
  const isKey =
    key instanceof Uint8Array && key.length > 0 && key.length <= MAX_APPLICATION_KEY_BYTES;
  must(isKey, "key", `a Uint8Array of 1..${MAX_APPLICATION_KEY_BYTES} bytes`, key);
}

/** @throws {AppendError} BAD_ARGUMENT */
export function checkListener(listener: (height: never) => void): void {
  must(typeof listener === "function", "listener", "a function that takes a height", listener);
}

function checkStateMachine(given: unknown): void {
  const shape = "an object with `name`, `decode` and `execute`";
  must(typeof given === "object" && given !== null, "stateMachine", shape, given);
  const { name, decode, execute } = given as StateMachine;
  const expected = "1..32 of a-z, 0-9 and -, a letter first";
  must(typeof name === "string" && NAME_PATTERN.test(name), "stateMachine.name", expected, name);
  must(typeof decode === "function", "stateMachine.decode", "a function", decode);
  must(typeof execute === "function", "stateMachine.execute", "a function", execute);
}

function checkSignal({ signal }: Fields): void {
  const isSignal = signal === undefined || signal instanceof AbortSignal;
  must(isSignal, "signal", "an AbortSignal", signal);
}

function isSigner(given: unknown): given is Signer {
  const { publicKey, sign } = Object(given) as Fields;
  return publicKey instanceof Uint8Array && typeof sign === "function";
}

/** An object that has none but these keys. */
function knownIn(what: string, given: unknown, known: Fields): Fields {
  const isObject = typeof given === "object" && given !== null && !(given instanceof AbortSignal);
  const keys = Object.keys(known);
  must(isObject, what, `called with an object of ${keys.join(", ")}`, given);
  for (const key of Object.keys(given as Fields)) {
    if (Object.hasOwn(known, key)) continue;
    throw badArgument(key, `${what} knows no ${shown(key)}, only ${keys.join(", ")}`);
  }
  return given as Fields;
}

function must(isSo: boolean, name: string, expected: string, given: unknown): void {
  if (!isSo) throw badArgument(name, `${name} must be ${expected}, not ${shown(given)}`);
}

/** `reason` is the argument's name. */
function badArgument(reason: string, message: string): AppendError {
  return new AppendError("BAD_ARGUMENT", message, reason);
}

function kindOf(given: unknown): string {
  if (given instanceof Uint8Array) return `${given.length} bytes`;
  if (given === undefined || given === null) return `${given}`;
  return Object.prototype.toString.call(given).slice(8, -1);
}

function shown(given: unknown): string {
  if (typeof given === "string") return JSON.stringify(given.slice(0, MAX_SHOWN));
  return typeof given === "number" ? `${given}` : kindOf(given);
}
