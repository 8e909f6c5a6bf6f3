// An agreed, final log inside a program: a validator that runs the program's own state machine, and the calls that the
// program appends to it.

import { join } from "node:path";
import { type Height, height, type Signer } from "../../crypto/index.ts";
import { chainIdOf } from "../chain/index.ts";
import { loadConfig } from "../config/index.ts";
import { readGenesis } from "../genesis/index.ts";
import { applicationKey, type StateMachine } from "../ledger/index.ts";
import { createLogger, type Log } from "../logging/index.ts";
import { type RunningValidator, startValidator } from "../runtime/index.ts";
import { type Appended, Appender, type AppendOptions } from "./append.ts";
import { checkAppend, checkEntries, checkKey, checkListener, checkOptions } from "./arguments.ts";
import { type EntriesOptions, type Entry, readEntries } from "./entries.ts";
import { openKeyFile } from "./key-files.ts";
import { createSoloChain } from "./solo-chain.ts";

export type ReplicatedLogOptions = {
  /** Genesis names it, and all validators of the chain run the same. */
  readonly stateMachine: StateMachine;
  /**
   * A validator's directory, as `quorate node` takes it. Without one the log is a chain of one validator in a temporary
   * directory that `stop` deletes. A directory that is there and undefined is refused: what is meant to be kept is not
   * kept in vain.
   */
  readonly directory?: string;
  /** Of the key files; `QUORATE_PASSPHRASE` unless given. */
  readonly passphrase?: string;
  /** Pays for what is appended; the key of `account.key` in the directory, made at the first start, unless given. */
  readonly account?: Signer;
  /** Silent unless given. */
  readonly log?: Log;
  /** The validator can do no more; `code` says why. Throws the error unless given. */
  readonly onFatal?: (error: unknown) => void;
};

export type ReplicatedLog = {
  /** At most 16 KiB. Resolves once the call is final, and the same on every validator. */
  readonly append: (call: Uint8Array, options?: AppendOptions) => Promise<Appended>;
  /**
   * All that is in the log, in its order, and then what is appended, by whichever validator, until `signal` or `stop` ends it:
   * `for await (const { call, sender } of log.entries())`.
   */
  readonly entries: (options?: EntriesOptions) => AsyncGenerator<Entry>;
  /** What the state machine last wrote under `key`, by the last final block. */
  readonly read: (key: Uint8Array) => Uint8Array | undefined;
  /** Of the last final block. */
  readonly height: Height;
  /** Calls back with the height of every block that becomes final. */
  readonly onFinal: (listener: (height: Height) => void) => void;
  /** The validator's HTTP interface. */
  readonly rpcUrl: string;
  readonly stop: () => Promise<void>;
};

/** Resolves once the validator runs. @throws {AppendError} BAD_ARGUMENT, or what `startValidator` throws */
export async function createReplicatedLog(options: ReplicatedLogOptions): Promise<ReplicatedLog> {
  checkOptions(options);
  const { stateMachine } = options;
  if (options.directory !== undefined) return open(options, options.directory);
  const solo = await createSoloChain(stateMachine.name);
  try {
    const log = await open(options, solo.directory);
    const stop = () => log.stop().finally(solo.discard);
    return Object.defineProperty({ ...log, stop }, "height", { get: () => log.height });
  } catch (error) {
    await solo.discard();
    throw error;
  }
}

async function open(options: ReplicatedLogOptions, dir: string): Promise<ReplicatedLog> {
  const { stateMachine, onFatal = rethrow } = options;
  const passphrase = options.passphrase ?? process.env.QUORATE_PASSPHRASE;
  const config = await loadConfig({ dir, env: process.env });
  const genesis = await readGenesis(config.genesis);
  const signer = options.account ?? (await openKeyFile(join(dir, "account.key"), passphrase));
  const log = options.log ?? createLogger({ level: "silent" });
  const running = await startValidator({ config, genesis, passphrase, stateMachine, log, onFatal });
  const { api } = running;
  const { minFee: fee } = genesis.ledger;
  const appender = new Appender({ api, signer, chainId: chainIdOf(genesis), fee });
  return logOf(running, appender);
}

function logOf(running: RunningValidator, appender: Appender): ReplicatedLog {
  const { state, api, rpcUrl, onFinal, stop } = running;
  const stopping = new AbortController();
  return {
    append: async (call, options = {}) => {
      checkAppend(call, options);
      return await appender.append(call, options);
    },
    entries: (options = {}) => {
      checkEntries(options);
      const { from = 1, signal } = options;
      const given = signal === undefined ? [] : [signal];
      const ended = AbortSignal.any([stopping.signal, ...given]);
      return readEntries(api.events(), height(Math.max(1, from)), ended);
    },
    read: (key) => {
      checkKey(key);
      return state.get(applicationKey(key))?.slice();
    },
    get height() {
      return api.status().height;
    },
    onFinal: (listener) => {
      checkListener(listener);
      onFinal(listener);
    },
    rpcUrl,
    stop: () => {
      stopping.abort();
      appender.stop();
      return stop();
    },
  };
}

function rethrow(error: unknown): never {
  throw error;
}
