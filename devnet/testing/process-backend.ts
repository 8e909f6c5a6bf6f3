// The devnet of a test with real processes, libp2p and disks on this machine: the same interface, in real time.

import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addressOf, formatAddress, fromHex, toHex } from "../../crypto/index.ts";
import { createSigner, nativeScheme } from "../../crypto/native/index.ts";
import { chainRootOf } from "../../node/chain/index.ts";
import { Client, ClientError, createClient, type Key, keyOf } from "../../node/client/index.ts";
import { genesisJson } from "../../node/genesis/index.ts";
import { applicationKey } from "../../node/ledger/index.ts";
import { encodeCall } from "../../node/transaction/index.ts";
import type { OpenDevnet } from "../directory/index.ts";
import type { LiveDevnet } from "../live/index.ts";
import type { Expectations } from "../scenario/index.ts";
import type { Session } from "../session/index.ts";
import {
  bytesOf,
  checkedAccount,
  checkedBlocks,
  checkedCall,
  checkedCondition,
  checkedEvent,
  checkedExpectations,
  checkedKey,
  checkedPlace,
  checkedTime,
  checkedTransfer,
  checkedValidator,
  checkedWait,
  type SoundOptions,
} from "./checks.ts";
import type {
  Account,
  CallOptions,
  CallPayload,
  CallReceipt,
  Devnet,
  DevnetEvents,
  FinalBlock,
  TimeOptions,
  TransferOptions,
} from "./devnet.ts";
import { DevnetError, held, succeeded } from "./devnet-error.ts";
import { type FaultVerbs, faultVerbs } from "./fault-verbs.ts";
import { freePorts } from "./free-ports.ts";
import { notStarted, ofApplication } from "./start-failure.ts";

const READY_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 50;
const DEFAULT_TIMEOUT_MS = 30_000;
/** What was signed before the heal is on its way for a while. */
const PROOF_LIMIT_MS = 5_000;

type Listeners = {
  readonly [Name in keyof DevnetEvents]: Set<(event: DevnetEvents[Name]) => void>;
};

/** Resolves once every validator has a final block. */
export async function createProcessDevnet(options: SoundOptions): Promise<Devnet> {
  if (options.stateMachine !== undefined || options.parameters !== undefined) {
    const remedy =
      "name the module that exports it: createDevnet({ processes: true, application })";
    throw new DevnetError("BAD_ARGUMENT", `a process cannot be handed a state machine; ${remedy}`);
  }
  const [{ openDirectory }, { LiveDevnet, haltReason }, { Session }] = await Promise.all([
    import("../directory/index.ts"),
    import("../live/index.ts"),
    import("../session/index.ts"),
  ]);
  const { validators, baseTimeoutMs, leaders, application, seed } = options;
  const rpcPort = await freePorts(2 * validators);
  const opened = await openDirectory({
    ...{ dir: undefined, ephemeral: true, reset: false },
    recipe: {
      validators,
      baseTimeoutMs,
      ...(leaders && { leaders }),
      // They run elsewhere.
      ...(application && { application: resolve(application) }),
    },
    ...{ rpcPort, p2pPort: rpcPort + validators },
  }).catch((error: unknown) => {
    throw ofApplication(error);
  });
  let session: Session | undefined;
  const live = LiveDevnet.open(opened.plan, {
    seed,
    onReport: ({ plan: { index } }, report) => session?.report(index, report),
    onDeath: ({ plan: { index, dir } }, { exitCode, lastLogLine }) => {
      if (exitCode === SAFETY_HALT) session?.halted(index, haltReason(dir) ?? lastLogLine);
    },
  });
  const ready = await live.ready(READY_TIMEOUT_MS);
  if (ready.type !== "ready") {
    await live.stop();
    throw notStarted(ready, live.processes);
  }
  const startedMs = performance.now();
  session = new Session({
    ...{ stage: live, root: chainRootOf(opened.genesis), seed, height: ready.height },
    scenario: undefined,
    replay: `createDevnet({ processes: true, validators: ${validators}, seed: ${seed} })`,
    nowMs: () => performance.now() - startedMs,
  });
  await session.watch();
  const backend = new ProcessBackend({ live, opened, session, seed });
  return Object.assign(backend, faultVerbs(session));
}

/** As the node's own exit codes have it. */
const SAFETY_HALT = 7;
/** Of a call that the state machine threw over. */
const FAULT_CODE = "application-fault";

type Parts = {
  readonly live: LiveDevnet;
  readonly opened: OpenDevnet;
  readonly session: Session;
  readonly seed: number;
};

class ProcessBackend implements Omit<Devnet, keyof FaultVerbs> {
  readonly validators: number;
  readonly seed: number;
  readonly accounts: readonly string[];
  readonly #parts: Parts;
  readonly #urls: readonly string[];
  readonly #keys: readonly Key[];
  readonly #client: ReturnType<typeof createClient>;
  readonly #listeners: Listeners = { block: new Set(), evidence: new Set() };
  readonly #accused = new Set<number>();
  readonly #looking: NodeJS.Timeout;
  #told: number;
  #isTelling = false;
  /** What a listener threw. */
  #failure: unknown;
  #hasStopped = false;

  constructor(parts: Parts) {
    const { opened, live, seed, session } = parts;
    this.validators = live.validators;
    this.seed = seed;
    this.#parts = parts;
    this.#urls = opened.plan.validators.map(({ rpcUrl }) => rpcUrl);
    this.#keys = opened.plan.accounts.map(({ secretKey }) => keyOf(createSigner(secretKey)));
    this.accounts = this.#keys.map(({ publicKey }) => formatAddress(addressOf(publicKey)));
    this.#client = this.#clientOf(this.#urls);
    this.#told = session.sightings.highest;
    this.#looking = setInterval(() => {
      this.#tellAll().catch((error: unknown) => {
        this.#failure ??= error;
      });
    }, LOOK_EVERY_MS).unref();
  }

  get height(): number {
    return this.#parts.session.sightings.highest;
  }

  // --- Calls -----------------------------------------------------------------------------------------------------

  readonly call = async (call: CallPayload, options: CallOptions = {}): Promise<CallReceipt> =>
    this.#final(bytesOf(call), checkedCall(options, this.validators));

  readonly append = async (call: CallPayload, options: CallOptions = {}): Promise<CallReceipt> => {
    const receipt = await this.call(call, options);
    const log = this.#parts.live.processes[0]?.logFile;
    const where =
      receipt.code === FAULT_CODE ? `; until the devnet stops, what it threw is in ${log}` : "";
    return succeeded(receipt, undefined, where);
  };

  readonly transfer = async (given: TransferOptions): Promise<CallReceipt> => {
    const { to, amount, options } = checkedTransfer(given, this.validators);
    const recipient = this.#keyOf(to).address;
    const memo = new Uint8Array(0);
    const call = { type: "transfer", to: recipient, amount, memo } as const;
    return this.#final(encodeCall(call), options);
  };

  async #final(call: Uint8Array, options: CallOptions): Promise<CallReceipt> {
    const { from = 0, via, timeoutMs: deadlineMs = DEFAULT_TIMEOUT_MS } = options;
    const url = via === undefined ? undefined : this.#urlOf(via);
    const client = url === undefined ? this.#client : this.#clientOf([url]);
    try {
      const submitted = await client.submit({ from: this.#keyOf(from), call });
      const { receipt, height } = await submitted.final({ deadlineMs });
      const { index, result, code, output } = receipt;
      return { height, index, transaction: toHex(submitted.hash), result, code, output };
    } catch (cause) {
      throw this.#refusal(cause);
    }
  }

  #refusal(cause: unknown): unknown {
    if (!(cause instanceof ClientError)) return cause;
    const { problem, message, reason } = cause;
    if (problem === undefined || problem.retryable) {
      return new DevnetError("TIMEOUT", `not final: ${message}. ${this.#whoIsUp()}`, { cause });
    }
    const detail = problem.details?.reason;
    const why = typeof detail === "string" ? detail : reason;
    const text = `no block may carry this call: the validator says "${why}". Mend the call.`;
    return new DevnetError("REFUSED", text, { cause, reason: why });
  }

  // --- Time ------------------------------------------------------------------------------------------------------

  readonly blocks = async (
    count = 1,
    options: TimeOptions = {},
  ): Promise<readonly FinalBlock[]> => {
    checkedBlocks(count);
    const from = this.height;
    await this.#wait(`${count} blocks further`, () => this.height >= from + count, options);
    return Promise.all(Array.from({ length: count }, (_, at) => this.#block(from + 1 + at)));
  };

  readonly run = async (forMs: number): Promise<void> => sleep(checkedWait("run", forMs));

  readonly until = async (condition: () => boolean, options: TimeOptions = {}): Promise<void> =>
    this.#wait("as awaited", checkedCondition(condition), options);

  async #wait(what: string, holds: () => boolean, options: TimeOptions): Promise<void> {
    const { timeoutMs: limitMs = DEFAULT_TIMEOUT_MS } = checkedTime(options);
    const endMs = performance.now() + limitMs;
    while (!holds()) {
      if (this.#hasStopped) throw new DevnetError("STOPPED", "the devnet has been stopped");
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > endMs) {
        throw new DevnetError("TIMEOUT", `not ${what} in ${limitMs} ms: ${this.#whoIsUp()}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  #whoIsUp(): string {
    const { validators, declared } = this.#parts.session.overview();
    const states = validators.map(({ validator, state }) => `v${validator} ${state}`).join(", ");
    const faults = declared.map(({ text }) => text).join("; ");
    return `height ${this.height}; ${states}; declared: ${faults === "" ? "nothing" : faults}`;
  }

  // --- What is there ---------------------------------------------------------------------------------------------

  readonly read = async (
    key: Uint8Array | string,
    options: { readonly at?: number } = {},
  ): Promise<Uint8Array | undefined> => {
    const at = checkedPlace(options, this.validators);
    const bytes = checkedKey(key);
    const hasOwnMachine = this.#parts.opened.plan.recipe.application !== undefined;
    const stored = hasOwnMachine ? applicationKey(bytes) : bytes;
    if (at === undefined) return (await this.#client.state(stored)).value;
    const answer = await fetch(`${this.#urlOf(at)}/v1/state/${toHex(stored)}`);
    const { value } = (await answer.json()) as { readonly value?: string | null };
    return typeof value === "string" ? fromHex(value) : undefined;
  };

  readonly account = async (
    account: number,
    options: { readonly at?: number } = {},
  ): Promise<Account> => {
    const at = checkedPlace(options, this.validators);
    const client = at === undefined ? this.#client : this.#clientOf([this.#urlOf(at)]);
    const { balance, nonce } = await client.account(this.#keyOf(account).address);
    return { balance, nonce };
  };

  readonly on = <Name extends keyof DevnetEvents>(
    event: Name,
    listener: (event: DevnetEvents[Name]) => void,
  ): (() => void) => {
    checkedEvent(event, listener);
    this.#listeners[event].add(listener);
    return () => void this.#listeners[event].delete(listener);
  };

  readonly culprits = async () => this.#parts.session.verdict().culprits;

  readonly mustHold = async (expect?: Partial<Expectations>) => held(await this.verdict(expect));

  readonly verdict = async (given: Partial<Expectations> = {}) => {
    const expect = checkedExpectations(given, this.validators);
    const { session } = this.#parts;
    await session.obey({ verb: "heal", who: "all" });
    const endMs = performance.now() + session.patienceMs;
    while (!session.hasRecovered && performance.now() < endMs) await sleep(LOOK_EVERY_MS);
    const proofMs = performance.now() + PROOF_LIMIT_MS;
    const areProven = () => {
      const proven = session.verdict().culprits.map(({ validator }) => validator);
      return (expect.culprits ?? []).every((each) => proven.includes(each));
    };
    while (!areProven() && performance.now() < proofMs) await sleep(LOOK_EVERY_MS);
    await session.lastLook();
    return session.verdict(expect);
  };

  readonly stop = async (): Promise<void> => {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    clearInterval(this.#looking);
    this.#parts.session.stop();
    await this.#parts.live.stop();
    this.#parts.opened.discard();
  };

  readonly [Symbol.asyncDispose] = this.stop;

  // --- Within ----------------------------------------------------------------------------------------------------

  /** What is new, to whoever listens. */
  async #tellAll(): Promise<void> {
    for (const culprit of await this.culprits()) {
      if (this.#accused.has(culprit.validator)) continue;
      this.#accused.add(culprit.validator);
      for (const listener of this.#listeners.evidence) listener(culprit);
    }
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      if (this.#listeners.block.size === 0) this.#told = this.height;
      while (this.#told < this.height && !this.#hasStopped) {
        const block = await this.#find(this.#told + 1);
        // Nobody answers: the next look may be luckier.
        if (block === undefined) return;
        this.#told += 1;
        for (const listener of this.#listeners.block) listener(block);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  async #block(height: number): Promise<FinalBlock> {
    const found = await this.#find(height);
    if (found !== undefined) return found;
    throw new DevnetError("TIMEOUT", `nobody shows block ${height}: ${this.#whoIsUp()}`);
  }

  /** From the first honest validator that answers. */
  async #find(height: number): Promise<FinalBlock | undefined> {
    const { session } = this.#parts;
    for (const { validator, state } of session.overview().validators) {
      if (state !== "running" || !session.isHonest(validator)) continue;
      const client = new Client({ url: this.#urlOf(validator) });
      const answer = await client.block(height).catch(() => undefined);
      if (answer?.ok !== true) continue;
      const { raw, hash, transactions } = answer.value;
      return {
        ...{ height, hash, transactions },
        view: Number(raw.view),
        proposer: Number(raw.proposer),
        stateRoot: typeof raw.stateRoot === "string" ? raw.stateRoot : undefined,
      };
    }
    return undefined;
  }

  #clientOf(urls: readonly string[]) {
    const { genesis } = this.#parts.opened;
    return createClient({ genesis: genesisJson(genesis), urls, scheme: nativeScheme() });
  }

  #urlOf(validator: number): string {
    return this.#urls[checkedValidator(validator, this.validators)] as string;
  }

  #keyOf(account: number): Key {
    return this.#keys[checkedAccount(account)] as Key;
  }
}
