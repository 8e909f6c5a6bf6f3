// A team's own state machine on the ledger: it sees keys of its own only, and nothing that it does stops the chain. What it
// throws fails the one call; whoever throws where others do not is found out by the state root of that very block.

import { assert } from "../../crypto/index.ts";
import { MAX_SUPPLY } from "./account.ts";
import { StateFullError } from "./authenticated-map.ts";
import { MAX_CODE_BYTES, MAX_OUTPUT_BYTES } from "./receipt.ts";
import type {
  CallResult,
  DecodedCall,
  StateMachine,
  StateReader,
  StateWriter,
} from "./state-machine.ts";

/** One less than the map's: the first byte says whose key it is. */
export const MAX_APPLICATION_KEY_BYTES = 255;
/** Before every key of the application in the state, and so in proofs. */
export const APPLICATION_KEY_KIND = 0x01;

const FAULT_CODE = "application-fault";
const CODE_PATTERN = /^[a-z0-9-]+$/;

/** Told of what the application threw, for a log: the chain goes on. */
export type FaultListener = (error: unknown) => void;

/** The key under which the state keeps what the application calls `key`. */
export function applicationKey(key: Uint8Array): Uint8Array {
  const { length } = key;
  assert(
    length > 0 && length <= MAX_APPLICATION_KEY_BYTES,
    "an application's key has 1..255 bytes",
  );
  const stored = new Uint8Array(1 + length);
  stored[0] = APPLICATION_KEY_KIND;
  stored.set(key, 1);
  return stored;
}

/** The state machine as the ledger runs it. */
export function contained<Call>(
  machine: StateMachine<Call>,
  onFault: FaultListener = () => {},
): StateMachine<Call> {
  const fault = (error: unknown) => {
    onFault(error);
    return { ok: false, code: FAULT_CODE } as const;
  };
  return {
    name: machine.name,
    initialize: (state, parameters) => machine.initialize?.(writerFor(state), parameters),
    decode: (bytes): DecodedCall<Call> => {
      try {
        const decoded = atOnce("decode", machine.decode(bytes));
        return decoded.ok ? decoded : { ok: false, code: soundCode(decoded.code) };
      } catch (error) {
        return fault(error);
      }
    },
    cost: (call) => {
      try {
        return soundCost(machine.cost?.(call) ?? 0n);
      } catch (error) {
        onFault(error);
        // More than anybody has: what has no cost enters no pool.
        return MAX_SUPPLY + 1n;
      }
    },
    execute: (call, context, state): CallResult => {
      try {
        return soundResult(atOnce("execute", machine.execute(call, context, writerFor(state))));
      } catch (error) {
        // No fault of the application's: the ledger has a code for it.
        if (error instanceof StateFullError) throw error;
        return fault(error);
      }
    },
    query: (query, state) => {
      const answer = machine.query?.(query, readerFor(state));
      if (answer === undefined) return { ok: false, refusal: "unknown-path" };
      return answer.ok ? { ...answer, key: applicationKey(answer.key) } : answer;
    },
  };
}

function atOnce<Answer>(name: "decode" | "execute", answer: Answer): Answer {
  if (answer instanceof Promise) {
    // Nobody waits for it: when it fails, that must not end the process.
    answer.catch(() => {});
    throw new TypeError(
      `${name} answered with a promise; it must answer at once, and not be async`,
    );
  }
  if (typeof answer === "object" && answer !== null) return answer;
  const right = "{ ok: true } or { ok: false, code }";
  throw new TypeError(`${name} answered with ${typeof answer}; it must answer with ${right}`);
}

function soundResult(result: CallResult): CallResult {
  if (!result.ok) return { ok: false, code: soundCode(result.code) };
  const bytes = result.output?.length ?? 0;
  assert(bytes <= MAX_OUTPUT_BYTES, `an output has at most ${MAX_OUTPUT_BYTES} bytes`);
  return result;
}

function soundCost(cost: bigint): bigint {
  assert(typeof cost === "bigint" && cost >= 0n, "a cost is a bigint, and not negative");
  return cost;
}

function soundCode(code: string): string {
  const isSound = CODE_PATTERN.test(code) && code.length <= MAX_CODE_BYTES;
  assert(isSound, `a code has 1..${MAX_CODE_BYTES} of a-z, 0-9 and -`);
  return code;
}

function readerFor(state: StateReader): StateReader {
  return { get: (key) => state.get(applicationKey(key)) };
}

function writerFor(state: StateWriter): StateWriter {
  return {
    get: (key) => state.get(applicationKey(key)),
    set: (key, value) => state.set(applicationKey(key), value),
    delete: (key) => state.delete(applicationKey(key)),
    savepoint: () => state.savepoint(),
    revert: (savepoint) => state.revert(savepoint),
  };
}
