// Is a state machine deterministic? Executes the same blocks several times, each time under other conditions, and compares
// call by call what the machine answered and wrote. It proves nothing; it finds what a devnet of four would find one day.

import { equalBytes, type Hash, toHex } from "../../crypto/index.ts";
import { contained, type StateMachine } from "../ledger/index.ts";
import {
  type BlockTrace,
  type CallTrace,
  type Conditions,
  runTrial,
  type Subject,
} from "./trial.ts";
import { type Calls, type TrialChain, trialChain } from "./trial-chain.ts";
import type { Use } from "./watch.ts";
import type { WatchedCause } from "./watched-functions.ts";

export type DeterminismCause =
  | WatchedCause
  /** Depends on the order in which a Map or a Set hands out its elements. */
  | "iteration"
  /** Remembers something from one call to the next, outside of the state. */
  | "memory"
  /** Wrote into bytes that the state handed out. */
  | "writes-into-state"
  /** No call came as far as `execute`: nothing was tried. */
  | "nothing-executed"
  /** Throws over every call, or answers with a promise: then nothing was tried. */
  | "application-fault";

export type DeterminismOptions = {
  readonly calls: Calls;
  /** Decides who sends what; 1 unless told otherwise. */
  readonly seed?: number;
  /** 24 unless told otherwise. */
  readonly blocks?: number;
  /** 8 unless told otherwise. */
  readonly callsPerBlock?: number;
  /** What genesis tells the application. */
  readonly parameters?: Uint8Array;
  /** False for a machine that works on the ledger's own keys, as the built-in one does. */
  readonly contained?: boolean;
};

export type DeterminismVerdict =
  | {
      readonly ok: true;
      readonly blocks: number;
      /** In these blocks. The ledger skips those that the machine does not decode. */
      readonly calls: number;
      /** Those that came as far as `execute`. */
      readonly executed: number;
      /** Those of them that failed, by a code of the machine's or by a fault. */
      readonly failed: number;
      /** Those of them over which the machine threw, or whose answer was none. */
      readonly faults: number;
      /** What it threw first, if it did. */
      readonly thrown: unknown;
    }
  | {
      readonly ok: false;
      readonly cause: DeterminismCause;
      /** The height of the first block in which it shows, from 1. */
      readonly block: number;
      /** The call's place in that block, from 0; undefined: none in particular. */
      readonly call: number | undefined;
      /** The first key with another value, as the application calls it. */
      readonly key: Uint8Array | undefined;
      /** The forbidden call, if that is the cause. */
      readonly use: Use | undefined;
      /** What the machine threw, if that is the cause. */
      readonly thrown: unknown;
      /** All of this in a sentence or two. */
      readonly message: string;
    };

type Trial = { readonly conditions: Conditions; readonly cause: DeterminismCause };

/** In the order in which they are tried: what an earlier one finds cannot be the fault of a later one. */
const TRIALS: readonly Trial[] = [
  { conditions: { elsewhere: true }, cause: "memory" },
  { conditions: { reversed: true }, cause: "iteration" },
  { conditions: { restarted: true }, cause: "memory" },
  { conditions: { forked: true }, cause: "memory" },
];

const ADVICE: Readonly<Record<DeterminismCause, string>> = {
  clock: "All the time there is is context.timestampMs, and context.height.",
  randomness: "All validators must do the same: derive what looks random from context.transaction.",
  surroundings: "What depends on the machine that it runs on differs between validators.",
  "floating-point": "Its last digits differ between engines: count in bigint.",
  iteration: "Sort what is written: Map and Set keep the order of insertion, which is history.",
  memory:
    "Keep everything in the state: validators restart, and execute blocks that are taken back.",
  "nothing-executed": "Hand over calls that it decodes: bytes, a text, or what JSON can write.",
  "application-fault":
    "Answer at once: { ok: true }, or { ok: false, code } where the call cannot be done.",
  "writes-into-state": "Copy what state.get gives before changing it, and set the copy.",
};

/** `makeMachine` makes a new instance each time. */
export function checkDeterminism<Call>(
  makeMachine: () => StateMachine<Call>,
  options: DeterminismOptions,
): DeterminismVerdict {
  const { calls, seed = 1, blocks = 24, callsPerBlock = 8 } = options;
  if (typeof makeMachine !== "function") {
    throw new TypeError("a function makes the machine: checkDeterminism(() => machine, ...)");
  }
  if (typeof calls !== "function" && !Array.isArray(calls)) {
    throw new TypeError("calls is a list to draw from, or a function that makes one");
  }
  const subject: Subject = {
    makeMachine: makeMachine as () => StateMachine,
    isContained: options.contained ?? true,
    parameters: options.parameters ?? new Uint8Array(0),
  };
  const decoder = contained(subject.makeMachine());
  const isExecuted = (call: Uint8Array) => decoder.decode(call).ok;
  const chain = trialChain({ calls, seed, blocks, callsPerBlock, isExecuted });
  const reference = runTrial(subject, chain, {});
  for (const { conditions, cause } of TRIALS) {
    const other = runTrial(subject, chain, conditions);
    const found =
      firstUse(reference, other) ??
      firstObstacle(reference) ??
      firstStain(reference) ??
      firstDifference(reference, other, cause);
    if (found !== undefined) return { ok: false, ...found, message: describe(found, chain) };
  }
  return { ok: true, blocks, ...tallyOf(reference) };
}

function tallyOf(traces: readonly BlockTrace[]) {
  const calls = traces.flatMap((block) => block.calls);
  const executed = calls.filter(({ isExecuted }) => isExecuted);
  const faults = executed.filter(({ fault }) => fault !== undefined);
  return {
    ...{ calls: calls.length, executed: executed.length, faults: faults.length },
    failed: executed.filter(({ code }) => code !== "").length,
    thrown: faults[0]?.fault,
  };
}

type Finding = Omit<Extract<DeterminismVerdict, { readonly ok: false }>, "ok" | "message"> & {
  /** What the two executions have under the key, or answered. */
  readonly values: readonly [string, string] | undefined;
  /** Of a call that was not executed, or that failed. */
  readonly code?: string | undefined;
};

/** Why the trial tried nothing. */
function firstObstacle(traces: readonly BlockTrace[]): Finding | undefined {
  const all = traces.flatMap(({ height, calls }) => calls.map((call) => ({ height, call })));
  const executed = all.filter(({ call }) => call.isExecuted);
  const none = { key: undefined, use: undefined, values: undefined };
  if (executed.length === 0) {
    const { height: block = 1, call } = all[0] ?? {};
    const place = { block, call: call?.index, code: call?.code };
    return { cause: "nothing-executed", ...place, thrown: call?.fault, ...none };
  }
  const isHopeless = executed.every(({ call }) => call.fault !== undefined);
  const first = executed.find(({ call }) => isHopeless || call.isAsync);
  if (first === undefined) return undefined;
  const { fault: thrown, code, index: call } = first.call;
  return { cause: "application-fault", block: first.height, call, thrown, code, ...none };
}

function firstUse(
  reference: readonly BlockTrace[],
  other: readonly BlockTrace[],
): Finding | undefined {
  for (const traces of [reference, other]) {
    for (const { height, calls } of traces) {
      for (const { index, uses } of calls) {
        const [use] = uses;
        if (use === undefined) continue;
        const place = { block: height, call: index };
        const difference = firstDifference(reference, other, use.cause);
        const isHere = difference?.block === height && difference.call === index;
        const shown = isHere ? difference : undefined;
        const found = { key: shown?.key, values: shown?.values, thrown: undefined };
        return { cause: use.cause, ...place, ...found, use };
      }
    }
  }
  return undefined;
}

function firstStain(traces: readonly BlockTrace[]): Finding | undefined {
  for (const { height, calls } of traces) {
    const call = calls.find(({ stained }) => stained !== undefined);
    if (call === undefined) continue;
    const place = { block: height, call: call.index, key: call.stained };
    const none = { values: undefined, use: undefined, thrown: undefined };
    return { cause: "writes-into-state", ...place, ...none };
  }
  return undefined;
}

function firstDifference(
  reference: readonly BlockTrace[],
  other: readonly BlockTrace[],
  cause: DeterminismCause,
): Finding | undefined {
  for (const [at, block] of reference.entries()) {
    const twin = other[at];
    if (twin === undefined) continue;
    const place = { cause, block: block.height, use: undefined, thrown: undefined };
    for (const [index, call] of block.calls.entries()) {
      const difference = differenceOf(call, twin.calls[index] ?? call);
      if (difference !== undefined) return { ...place, call: index, ...difference };
    }
    if (!isSameRoot(block.stateRoot, twin.stateRoot)) {
      const values = [toHex(block.stateRoot), toHex(twin.stateRoot)] as const;
      return { ...place, call: undefined, key: undefined, values };
    }
  }
  return undefined;
}

function isSameRoot(one: Hash, other: Hash): boolean {
  return equalBytes(one, other);
}

function differenceOf(
  one: CallTrace,
  other: CallTrace,
): Pick<Finding, "key" | "values"> | undefined {
  const count = Math.max(one.writes.length, other.writes.length);
  for (let index = 0; index < count; index++) {
    const [mine, theirs] = [one.writes[index], other.writes[index]];
    const key = mine?.key ?? theirs?.key;
    const isSameKey =
      mine !== undefined && theirs !== undefined && equalBytes(mine.key, theirs.key);
    const [value, twin] = [written(mine?.value), written(theirs?.value)];
    if (isSameKey && value === twin) continue;
    return { key, values: isSameKey ? [value, twin] : undefined };
  }
  if (one.result === other.result) return undefined;
  return { key: undefined, values: [one.result, other.result] };
}

function written(value: Uint8Array | undefined): string {
  return value === undefined ? "nothing" : toHex(value);
}

function describe(finding: Finding, chain: TrialChain): string {
  const { cause, block, call, key, values, use } = finding;
  const transaction = chain.blocks[block - 1]?.transactions[call ?? -1];
  const bytes = transaction === undefined ? "" : ` (${toHex(transaction.transaction.call)})`;
  const place = call === undefined ? `block ${block}` : `block ${block}, call ${call}${bytes}`;
  if (cause === "nothing-executed" || cause === "application-fault") {
    return `${place}: ${obstacleOf(finding)}. ${ADVICE[cause]}`;
  }
  const what = use === undefined ? symptomOf(cause, key) : `calls ${use.what} at ${use.where}`;
  const under = key === undefined ? "" : ` under the key ${toHex(key)}`;
  const shown = values === undefined ? "" : `: ${values[0]} and ${values[1]}${under}`;
  return `${place}: ${what}${shown}. Likely cause: ${cause}. ${ADVICE[cause]}`;
}

const MAX_EXCERPT = 200;

function obstacleOf({ cause, code, call, thrown }: Finding): string {
  const why = thrown === undefined ? "" : `, for it threw ${String(thrown).slice(0, MAX_EXCERPT)}`;
  if (cause === "application-fault") return `fails as "${code}"${why}`;
  if (call === undefined) return "there is no call, and nothing was tried";
  const which = `this one, the first, was skipped as "${code}"${why}`;
  return `no call was executed, and nothing was tried; ${which}`;
}

function symptomOf(cause: DeterminismCause, key: Uint8Array | undefined): string {
  const named = key === undefined ? "" : ` ${toHex(key)}`;
  if (cause === "writes-into-state") return `changes the bytes of the key${named} in place`;
  if (cause === "iteration") return `depends on the order of a Map or a Set, at the key${named}`;
  return `does not do the same twice${key === undefined ? "" : `, at the key${named}`}`;
}
