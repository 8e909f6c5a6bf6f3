// One execution of the trial chain under certain conditions, with a trace of every call: what it answered, what it wrote,
// and what it asked that it must not ask.

import {
  ByteMap,
  compareBytes,
  equalBytes,
  type Hash,
  type Height,
  toHex,
} from "../../crypto/index.ts";
import { hashIn, hashLayer } from "../../crypto/native/index.ts";
import {
  type AccountGenesis,
  contained,
  createAccountLedger,
  type ExecutableBlock,
  type FaultListener,
  Ledger,
  type LedgerOptions,
  type StateMachine,
  type StateReader,
  type StateWriter,
  type StoredEntry,
} from "../ledger/index.ts";
import { rivalOf, type TrialChain } from "./trial-chain.ts";
import { type Use, Watch } from "./watch.ts";

export type Write = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };

export type CallTrace = {
  /** In the block, from 0. */
  readonly index: number;
  result: string;
  /** The ledger handed it to `execute`; a call that is skipped never gets there. */
  isExecuted: boolean;
  /** Why it was skipped or failed, by the ledger's word or the machine's; empty if it succeeded. */
  code: string;
  /** What the machine threw over it, or what was wrong with its answer. */
  fault: unknown;
  /** `execute` is async, as nothing may be that is to be done before the next call. */
  isAsync: boolean;
  readonly writes: Write[];
  readonly uses: Use[];
  /** A key whose value the call wrote into, without `set`. */
  stained: Uint8Array | undefined;
};

export type BlockTrace = {
  readonly height: Height;
  readonly calls: readonly CallTrace[];
  readonly stateRoot: Hash;
};

export type Conditions = {
  /** Another time, another place. */
  readonly elsewhere?: boolean;
  /** Maps and sets are iterated backwards. */
  readonly reversed?: boolean;
  /** Before each block a new instance, and the state read back from storage. */
  readonly restarted?: boolean;
  /** Before each block another one on the same parent, taken back. */
  readonly forked?: boolean;
};

export type Subject = {
  readonly makeMachine: () => StateMachine;
  /** False: on the bare keys of the ledger, as the built-in one. */
  readonly isContained: boolean;
  readonly parameters: Uint8Array;
};

const SENDER_BALANCE = 1_000_000_000_000n;

export function runTrial(
  { makeMachine, isContained, parameters }: Subject,
  chain: TrialChain,
  conditions: Conditions,
): readonly BlockTrace[] {
  const { elsewhere = false, reversed = false, restarted = false, forked = false } = conditions;
  const tracer = new Tracer({ elsewhere, reversed });
  const options = (): LedgerOptions<AccountGenesis> => {
    const traced = tracer.traced(makeMachine());
    const application = isContained ? contained(traced, tracer.onFault) : traced;
    const machine = createAccountLedger({ minFee: 0n, feesTo: "nobody" }, application);
    return { machine, chainId: chain.chainId, hashers: { hash: hashIn, hashLayer } };
  };
  return tracer.watch.within(() => {
    const accounts = chain.senders.map((address) => ({ address, balance: SENDER_BALANCE }));
    let ledger = Ledger.fromGenesis<AccountGenesis>(options(), {
      timestampMs: 0,
      application: { accounts, parameters },
      hash: chain.genesis,
    });
    return chain.blocks.map((block) => {
      if (restarted) ledger = reopened(ledger, options());
      if (forked) {
        tracer.begin(block);
        ledger.execute(rivalOf(block));
      }
      const calls = tracer.begin(block);
      const { stateRoot, receipts } = ledger.execute(block);
      ledger.commit(block.hash);
      for (const [index, call] of calls.entries()) call.code = receipts[index]?.code ?? "";
      return { height: block.height, calls, stateRoot };
    });
  });
}

function reopened(
  ledger: Ledger<AccountGenesis>,
  options: LedgerOptions<AccountGenesis>,
): Ledger<AccountGenesis> {
  const { hash, height } = ledger.committed;
  const entries: StoredEntry[] = [...ledger.entries()];
  entries.sort((left, right) => compareBytes(left.key, right.key));
  const restored = Ledger.restore(options, { hash, height, entries });
  if (!restored.ok) throw new Error(`a state that was just written: ${restored.refusal}`);
  return restored.ledger;
}

class Tracer {
  readonly watch: Watch;
  #calls: CallTrace[] = [];
  #indexes = new ByteMap<number>();
  #block: ExecutableBlock | undefined;
  #current: CallTrace | undefined;
  /** The same, until the next one. */
  #latest: CallTrace | undefined;

  constructor(conditions: { readonly elsewhere: boolean; readonly reversed: boolean }) {
    const onUse = (use: Use) => this.#current?.uses.push(use);
    this.watch = new Watch({ ...conditions, onUse });
  }

  /** The ledger around the machine has caught this, or found what it answered unsound. */
  readonly onFault: FaultListener = (error) => {
    if (this.#latest !== undefined) this.#latest.fault ??= error;
  };

  /** The traces of the block's calls, filled while it is executed. */
  begin(block: ExecutableBlock): readonly CallTrace[] {
    this.#block = block;
    this.#indexes = new ByteMap();
    for (const [index, { id }] of block.transactions.entries()) this.#indexes.set(id, index);
    this.#calls = block.transactions.map((_, index) => ({
      index,
      result: "not executed",
      ...{ isExecuted: false, code: "", fault: undefined, isAsync: false },
      writes: [],
      uses: [],
      stained: undefined,
    }));
    return this.#calls;
  }

  traced(machine: StateMachine): StateMachine {
    const execute: StateMachine["execute"] = (call, context, state) => {
      const trace = this.#calls[this.#indexes.get(context.transaction) ?? 0];
      const handedOut: Handed[] = [];
      if (trace !== undefined) trace.isExecuted = true;
      try {
        const result = this.#observed(trace, () =>
          machine.execute(call, context, this.#writer(state, trace, handedOut)),
        );
        if (trace !== undefined) {
          trace.result = describe(result);
          trace.isAsync = (result as unknown) instanceof Promise;
        }
        return result;
      } catch (error) {
        if (trace !== undefined) trace.result = `threw ${error}`;
        throw error;
      } finally {
        const stain = handedOut.find(({ given, copy }) => !equalBytes(given, copy));
        if (trace !== undefined && stain !== undefined) trace.stained = stain.key;
      }
    };
    const decode: StateMachine["decode"] = (bytes) => {
      const { transactions = [] } = this.#block ?? {};
      const index = transactions.findIndex(({ transaction }) => {
        return equalBytes(transaction.call, bytes);
      });
      return this.#observed(this.#calls[index], () => machine.decode(bytes));
    };
    return new Proxy(machine, {
      get: (target, name) => {
        if (name === "execute") return execute;
        if (name === "decode") return decode;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #observed<T>(trace: CallTrace | undefined, action: () => T): T {
    this.#current = trace;
    this.#latest = trace;
    this.watch.enter();
    try {
      return action();
    } finally {
      this.watch.leave();
      this.#current = undefined;
    }
  }

  /** The machine's view of the state: what lies behind it is not watched. */
  #writer(state: StateWriter, trace: CallTrace | undefined, handedOut: Handed[]): StateWriter {
    const aside = <T>(action: () => T): T => {
      this.watch.leave();
      try {
        return action();
      } finally {
        this.watch.enter();
      }
    };
    const get: StateReader["get"] = (key) =>
      aside(() => {
        const given = state.get(key);
        if (given !== undefined) handedOut.push({ key: key.slice(), given, copy: given.slice() });
        return given;
      });
    return {
      get,
      set: (key, value) =>
        aside(() => {
          trace?.writes.push({ key: key.slice(), value: value.slice() });
          state.set(key, value);
        }),
      delete: (key) =>
        aside(() => {
          trace?.writes.push({ key: key.slice(), value: undefined });
          state.delete(key);
        }),
      savepoint: () => aside(() => state.savepoint()),
      revert: (savepoint) => aside(() => state.revert(savepoint)),
    };
  }
}

type Handed = {
  readonly key: Uint8Array;
  readonly given: Uint8Array;
  readonly copy: Uint8Array;
};

/** What it answered, whether or not that is an answer: the ledger judges that. */
function describe(result: ReturnType<StateMachine["execute"]> | undefined): string {
  if (!result?.ok) return `failed (${result?.code})`;
  return result.output === undefined ? "ok" : `ok ${toHex(result.output)}`;
}
