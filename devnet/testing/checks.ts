// What a test hands in, checked before anything happens: what is wrong, and what would be right. A word that nobody knows
// is refused with the nearest, since an expectation that is misspelt would hold for ever.

import type { StateMachine } from "../../node/index.ts";
import { quoted } from "../faults/index.ts";
import type { Expectations } from "../scenario/index.ts";
import { ACCOUNTS } from "../virtual/index.ts";
import { bad, inRange, meant, oneOf, shown, withKeys } from "./arguments.ts";
import type {
  CallOptions,
  CallPayload,
  CreateDevnetOptions,
  DevnetEvents,
  TimeOptions,
  TransferOptions,
} from "./devnet.ts";
import { DevnetError } from "./devnet-error.ts";

const MAX_VALIDATORS = 64;
const MAX_BLOCKS = 100_000;
const MAX_WAIT_MS = 24 * 3_600_000;
const MAX_AMOUNT = 2n ** 64n - 1n;
const BASE_TIMEOUT_MS = 200;
const MACHINE_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Records, so that the compiler misses a key that a type gains. */
const OPTIONS: Readonly<Record<keyof CreateDevnetOptions, true>> = {
  ...{ validators: true, seed: true, stateMachine: true, parameters: true, baseTimeoutMs: true },
  ...{ leaders: true, processes: true, application: true, signatures: true },
};
const CALL_OPTIONS: Readonly<Record<keyof CallOptions, true>> = {
  ...{ from: true, via: true, timeoutMs: true },
};
const TRANSFER_OPTIONS: Readonly<Record<keyof TransferOptions, true>> = {
  ...{ ...CALL_OPTIONS, to: true, amount: true },
};
const TIME_OPTIONS: Readonly<Record<keyof TimeOptions, true>> = { timeoutMs: true };
const EXPECTATIONS: Readonly<Record<keyof Expectations, true>> = {
  ...{ safety: true, progress: true, culprits: true, noOtherCulprits: true, halted: true },
};
const EVENTS: Readonly<Record<keyof DevnetEvents, true>> = { block: true, evidence: true };

// --- A devnet ----------------------------------------------------------------------------------------------------

/** With what is left away filled in. @throws {DevnetError} BAD_ARGUMENT */
export function checkedOptions(given: CreateDevnetOptions) {
  const options = withKeys("createDevnet", given, OPTIONS);
  const { validators = 4, seed = 1, baseTimeoutMs = BASE_TIMEOUT_MS, stateMachine } = options;
  inRange("validators", validators, 1, MAX_VALIDATORS);
  inRange("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  inRange("baseTimeoutMs", baseTimeoutMs, 10, 60_000);
  oneOf("leaders", options.leaders, ["round-robin", "reputation", undefined]);
  oneOf("signatures", options.signatures, ["stand-in", "ed25519", undefined]);
  oneOf("processes", options.processes, [true, false, undefined]);
  if (options.parameters !== undefined && !(options.parameters instanceof Uint8Array)) {
    throw bad(`parameters are a Uint8Array, not ${shown(options.parameters)}`);
  }
  if (options.application !== undefined && typeof options.application !== "string") {
    throw bad(`application is the path of a module, not ${shown(options.application)}`);
  }
  return {
    ...{ ...options, validators, seed, baseTimeoutMs },
    ...(stateMachine !== undefined && { stateMachine: checkedMachine(stateMachine) }),
  };
}

export type SoundOptions = ReturnType<typeof checkedOptions>;

function checkedMachine(
  given: NonNullable<CreateDevnetOptions["stateMachine"]>,
): NonNullable<CreateDevnetOptions["stateMachine"]> {
  return typeof given === "function" ? () => soundMachine(given()) : soundMachine(given);
}

function soundMachine(machine: StateMachine): StateMachine {
  const remedy = "it has a name, decode(bytes) and execute(call, context, state)";
  if (typeof machine !== "object" || machine === null) {
    throw bad(`a state machine is an object, not ${shown(machine)}: ${remedy}`);
  }
  const { name } = machine;
  if (typeof name !== "string" || !MACHINE_NAME.test(name)) {
    const pattern = `1 to 32 of a-z, 0-9 and "-", a letter first`;
    throw bad(`the name of a state machine is ${pattern}, not ${shown(name)}`);
  }
  for (const part of ["decode", "execute"] as const) {
    if (typeof machine[part] === "function") continue;
    throw bad(`the state machine ${quoted(name)} has no function ${part}: ${remedy}`);
  }
  for (const part of ["initialize", "cost", "query"] as const) {
    if (machine[part] === undefined || typeof machine[part] === "function") continue;
    throw bad(`${part} of the state machine ${quoted(name)} is no function`);
  }
  return machine;
}

// --- Calls -------------------------------------------------------------------------------------------------------

export function checkedCall(given: CallOptions, validators: number): CallOptions {
  return soundCall(withKeys("a call", given, CALL_OPTIONS), validators);
}

export function checkedTransfer(given: TransferOptions, validators: number) {
  const { to, amount, ...options } = withKeys("transfer", given, TRANSFER_OPTIONS);
  checkedAccount(to);
  const isWhole = typeof amount === "bigint" || Number.isSafeInteger(amount);
  if (!isWhole || amount < 1 || amount > MAX_AMOUNT) {
    throw bad(`an amount is a whole number from 1 to ${MAX_AMOUNT}, not ${shown(amount)}`);
  }
  return { to, amount: BigInt(amount), options: soundCall(options, validators) };
}

function soundCall(options: CallOptions, validators: number): CallOptions {
  if (options.from !== undefined) checkedAccount(options.from);
  if (options.via !== undefined) checkedValidator(options.via, validators);
  if (options.timeoutMs !== undefined) checkedWait("timeoutMs", options.timeoutMs);
  return options;
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
  return new TextEncoder().encode(typeof call === "string" ? call : jsonOf(call));
}

function jsonOf(call: object): string {
  let cause: unknown;
  try {
    const json: string | undefined = JSON.stringify(call);
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  const remedy = "hand over bytes, a text, or what JSON can write";
  throw new DevnetError("BAD_ARGUMENT", `${shown(call)} is no call: ${remedy}`, { cause });
}

/** Where to read. */
export function checkedPlace(given: { readonly at?: number }, validators: number) {
  const { at } = withKeys("read", given, { at: true });
  return at === undefined ? undefined : checkedValidator(at, validators);
}

export function checkedKey(key: Uint8Array | string): Uint8Array {
  if (key instanceof Uint8Array) return key;
  if (typeof key === "string") return new TextEncoder().encode(key);
  throw bad(`a key is a Uint8Array or a text, not ${shown(key)}`);
}

// --- Time --------------------------------------------------------------------------------------------------------

export function checkedBlocks(count: number): number {
  return inRange("a count of blocks", count, 1, MAX_BLOCKS);
}

/** Milliseconds, at most a day of them: what never ends would hang the test. */
export function checkedWait(what: string, ms: number): number {
  if (typeof ms === "number" && ms >= 0 && ms <= MAX_WAIT_MS) return ms;
  throw bad(`${what} is a number of milliseconds from 0 to ${MAX_WAIT_MS}, not ${shown(ms)}`);
}

export function checkedTime(given: TimeOptions): TimeOptions {
  const options = withKeys("a wait", given, TIME_OPTIONS);
  if (options.timeoutMs !== undefined) checkedWait("timeoutMs", options.timeoutMs);
  return options;
}

/** One that answers at once: a promise is never false. */
export function checkedCondition(condition: () => boolean): () => boolean {
  const remedy = "until(() => net.height > 5)";
  if (typeof condition !== "function") {
    throw bad(`a condition is a function, not ${shown(condition)}: ${remedy}`);
  }
  return () => {
    const answer: unknown = condition();
    if (!(answer instanceof Promise)) return Boolean(answer);
    // Its failure, if it comes, is not what is wrong here.
    answer.catch(() => undefined);
    throw bad(`a condition answers at once, not with a promise: ${remedy}`);
  };
}

// --- What must hold ----------------------------------------------------------------------------------------------

/** Without what is undefined, so that it replaces no default. @throws {DevnetError} BAD_ARGUMENT */
export function checkedExpectations(
  given: Partial<Expectations>,
  validators: number,
): Partial<Expectations> {
  const expect = withKeys("an expectation", given, EXPECTATIONS);
  oneOf("safety", expect.safety, ["holds", "may-break", undefined]);
  oneOf("progress", expect.progress, ["always", "after-heal", "none", undefined]);
  oneOf("noOtherCulprits", expect.noOtherCulprits, [true, false, undefined]);
  for (const name of ["culprits", "halted"] as const) {
    const named: unknown = expect[name];
    if (named === undefined) continue;
    if (!Array.isArray(named)) {
      throw bad(`${name} is a list of validators, as in { ${name}: [3] }, not ${shown(named)}`);
    }
    for (const validator of named) checkedValidator(validator, validators);
  }
  return Object.fromEntries(Object.entries(expect).filter(([, value]) => value !== undefined));
}

export function checkedEvent<Name extends keyof DevnetEvents>(
  event: Name,
  listener: (event: DevnetEvents[Name]) => void,
): void {
  const events = Object.keys(EVENTS);
  if (!events.includes(event)) {
    throw bad(`there is no event ${shown(event)}${meant(String(event), events)}`);
  }
  if (typeof listener === "function") return;
  throw bad(`a listener is a function, not ${shown(listener)}: on("${event}", (seen) => ...)`);
}
