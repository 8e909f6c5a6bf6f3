// One block of the chain executed again, with a note of which transaction wrote which key.

import { ByteMap, equalBytes, type Hash, type Height, next } from "../../crypto/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import {
  accountKey,
  type Ledger,
  type LedgerCommit,
  type StateMachine,
  type StateWriter,
} from "../ledger/index.ts";
import { executableBlock } from "../runtime/index.ts";
import type { WholeBlock } from "../sync/index.ts";
import { type Entries, sorted } from "./entries.ts";

export type Reexecution = LedgerCommit & {
  /** The whole state after the block. */
  readonly entries: () => Entries;
  /** The first transaction of the block that wrote the key; undefined: none did. */
  readonly writerOf: (key: Uint8Array) => Hash | undefined;
};

/** Tells who writes what. */
export class WriteTrace {
  readonly application: StateMachine;
  readonly #writers = new ByteMap<Hash>();

  constructor(application: StateMachine) {
    this.application = traced(application, (key, transaction) => {
      if (this.#writers.get(key) === undefined) this.#writers.set(key, transaction);
    });
  }

  writerOf(key: Uint8Array): Hash | undefined {
    return this.#writers.get(key);
  }

  forget(): void {
    this.#writers.clear();
  }
}

/** Brings `ledger`, whose machine is `trace.application`, through block `to`. */
export function reexecute(
  root: ChainRoot,
  ledger: Ledger,
  { to, blockAt, tell, trace }: Replay,
): Reexecution {
  for (;;) {
    const whole = blockAt(next(ledger.committed.height));
    trace.forget();
    ledger.execute(executableBlock(root, whole));
    const commit = ledger.commit(whole.hash);
    tell(commit.height);
    if (commit.height < to) continue;
    const writerOf = (key: Uint8Array) => trace.writerOf(key) ?? payerOf(key, whole);
    return { ...commit, entries: () => sorted(ledger.entries()), writerOf };
  }
}

export type Replay = {
  readonly to: Height;
  readonly blockAt: (height: Height) => WholeBlock;
  /** Of each block that was executed. */
  readonly tell: (height: Height) => void;
  readonly trace: WriteTrace;
};

/** Whoever sends a transaction pays its fee, whatever the application writes. */
function payerOf(key: Uint8Array, { transactions }: WholeBlock): Hash | undefined {
  return transactions.find(({ transaction: { sender } }) => equalBytes(accountKey(sender), key))
    ?.id;
}

function traced(
  machine: StateMachine,
  note: (key: Uint8Array, transaction: Hash) => void,
): StateMachine {
  const execute: StateMachine["execute"] = (call, context, state) => {
    const writer: StateWriter = {
      get: (key) => state.get(key),
      set: (key, value) => {
        note(key, context.transaction);
        state.set(key, value);
      },
      delete: (key) => {
        note(key, context.transaction);
        state.delete(key);
      },
      savepoint: () => state.savepoint(),
      revert: (savepoint) => state.revert(savepoint),
    };
    return machine.execute(call, context, writer);
  };
  return new Proxy(machine, {
    get: (target, name) => {
      if (name === "execute") return execute;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
