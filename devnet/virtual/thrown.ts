// What a team's own state machine threw, by the call that it threw over: the chain goes on without a word, and whoever
// made the call wants to know.

import { toHex } from "../../crypto/index.ts";
import type { FaultListener, StateMachine } from "../../node/ledger/index.ts";

/** Calls; the oldest goes first. */
const MAX_KEPT = 256;

export class Thrown {
  /** By transaction; by its bytes where the call was not even understood. */
  readonly #byCall = new Map<string, unknown>();
  #current = "";

  /** The same machine, that we know what it is at. */
  watched(machine: StateMachine): StateMachine {
    return {
      name: machine.name,
      initialize: (state, parameters) => machine.initialize?.(state, parameters),
      decode: (bytes) => {
        this.#current = toHex(bytes);
        return machine.decode(bytes);
      },
      cost: (call) => machine.cost?.(call) ?? 0n,
      execute: (call, context, state) => {
        this.#current = toHex(context.transaction);
        return machine.execute(call, context, state);
      },
      query: (query, state) => machine.query?.(query, state) ?? UNKNOWN,
    };
  }

  readonly note: FaultListener = (error) => {
    // The other validators throw the same again.
    if (this.#byCall.has(this.#current)) return;
    this.#byCall.set(this.#current, error);
    const [oldest] = this.#byCall.keys();
    if (this.#byCall.size > MAX_KEPT && oldest !== undefined) this.#byCall.delete(oldest);
  };

  /** The first error over this transaction, or over the bytes of a call, 0x-hex; undefined: none that is still known. */
  over(call: string): unknown {
    return this.#byCall.get(call);
  }
}

const UNKNOWN = { ok: false, refusal: "unknown-path" } as const;
