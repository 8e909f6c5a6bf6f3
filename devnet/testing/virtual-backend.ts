// The devnet of a test on virtual time, in its own process.

import { decode, formatAddress, toHex } from "../../crypto/index.ts";
import { accountCodec, accountKey, applicationKey } from "../../node/ledger/index.ts";
import { encodeCall } from "../../node/transaction/index.ts";
import type { Expectations } from "../scenario/index.ts";
import { accountAddress, type Observation } from "../sim/index.ts";
import { ACCOUNTS, culpritsOf, patienceMs, VirtualDevnet } from "../virtual/index.ts";
import { CallDesk, type Pending } from "./call-desk.ts";
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
import { Driver } from "./driver.ts";
import { type FaultVerbs, faultVerbs } from "./fault-verbs.ts";

/** Resolves once the first block is final. */
export async function createVirtualDevnet(options: SoundOptions): Promise<Devnet> {
  const devnet = new VirtualDevnet(options);
  const backend = new VirtualBackend(devnet, options);
  await backend.blocks(1);
  return Object.assign(backend, faultVerbs(devnet));
}

type Listeners = {
  readonly [Name in keyof DevnetEvents]: Set<(event: DevnetEvents[Name]) => void>;
};

class VirtualBackend implements Omit<Devnet, keyof FaultVerbs> {
  readonly validators: number;
  readonly seed: number;
  readonly accounts: readonly string[];
  readonly #devnet: VirtualDevnet;
  readonly #driver: Driver;
  readonly #desk: CallDesk;
  readonly #patienceMs: number;
  readonly #hasOwnMachine: boolean;
  readonly #listeners: Listeners = { block: new Set(), evidence: new Set() };
  /** Of the chain, by height less 1. */
  readonly #blocks: FinalBlock[] = [];
  readonly #accused = new Set<number>();

  constructor(devnet: VirtualDevnet, options: SoundOptions) {
    const { chain, seed } = devnet.simulation;
    this.validators = devnet.validators;
    this.seed = seed;
    this.accounts = Array.from({ length: ACCOUNTS }, (_, account) => {
      return formatAddress(accountAddress(chain, account));
    });
    this.#devnet = devnet;
    this.#driver = new Driver(devnet);
    this.#desk = new CallDesk(devnet);
    this.#patienceMs = patienceMs(options);
    this.#hasOwnMachine = options.stateMachine !== undefined;
    devnet.simulation.watch((seen) => this.#observe(seen));
  }

  get height(): number {
    return this.#devnet.chronicle.height;
  }

  // --- Calls -----------------------------------------------------------------------------------------------------

  readonly call = async (call: CallPayload, options: CallOptions = {}): Promise<CallReceipt> => {
    const bytes = bytesOf(call);
    const checked = checkedCall(options, this.validators);
    // Nobody but the built-in ledger knows what money may do.
    this.#devnet.expectAnyCalls();
    return this.#final(bytes, checked);
  };

  readonly append = async (call: CallPayload, options: CallOptions = {}): Promise<CallReceipt> => {
    const receipt = await this.call(call, options);
    return succeeded(receipt, this.#devnet.thrownOver(receipt.transaction));
  };

  readonly transfer = async (given: TransferOptions): Promise<CallReceipt> => {
    const { to, amount, options } = checkedTransfer(given, this.validators);
    if (this.#hasOwnMachine) {
      const remedy = "Say it in its own words, with call().";
      throw new DevnetError("BAD_ARGUMENT", `this state machine knows no transfers. ${remedy}`);
    }
    const recipient = accountAddress(this.#devnet.simulation.chain, to);
    const memo = new Uint8Array(0);
    const call = { type: "transfer", to: recipient, amount, memo } as const;
    return this.#final(encodeCall(call), options);
  };

  async #final(call: Uint8Array, options: CallOptions): Promise<CallReceipt> {
    const { from = 0, via, timeoutMs = this.#patienceMs } = options;
    const pending = this.#desk.submit(call, { from, via });
    return this.#driver.wait("final", timeoutMs, () => this.#settled(pending));
  }

  #settled({ receipt }: Pending): { readonly value: CallReceipt } | undefined {
    return receipt !== undefined && this.#reach(receipt.height) ? { value: receipt } : undefined;
  }

  // --- Time ------------------------------------------------------------------------------------------------------

  readonly blocks = async (
    count = 1,
    options: TimeOptions = {},
  ): Promise<readonly FinalBlock[]> => {
    checkedBlocks(count);
    const { timeoutMs = this.#patienceMs } = checkedTime(options);
    const from = this.height;
    return this.#driver.wait(`${count} blocks further`, timeoutMs, () => {
      if (!this.#reach(from + count)) return undefined;
      return { value: this.#blocks.slice(from, from + count) };
    });
  };

  readonly run = async (forMs: number): Promise<void> => {
    const endMs = this.#devnet.now + checkedWait("run", forMs);
    const isOver = () => (this.#devnet.now >= endMs ? { value: undefined } : undefined);
    return this.#driver.wait("over", Number.POSITIVE_INFINITY, isOver);
  };

  readonly until = async (condition: () => boolean, options: TimeOptions = {}): Promise<void> => {
    const { timeoutMs = this.#patienceMs } = checkedTime(options);
    const isSo = checkedCondition(condition);
    const holds = () => (isSo() ? { value: undefined } : undefined);
    return this.#driver.wait("as awaited", timeoutMs, holds);
  };

  /** Is this height final at all who are well, and at anybody? */
  #reach(height: number): boolean {
    if (this.height < height) return false;
    const { healthy, simulation } = this.#devnet;
    return healthy.every((node) => (simulation.validators[node]?.height() ?? 0) >= height);
  }

  // --- What is there ---------------------------------------------------------------------------------------------

  readonly read = async (
    key: Uint8Array | string,
    options: { readonly at?: number } = {},
  ): Promise<Uint8Array | undefined> => {
    const at = checkedPlace(options, this.validators);
    const bytes = checkedKey(key);
    return this.#stored(this.#hasOwnMachine ? applicationKey(bytes) : bytes, at)?.slice();
  };

  readonly account = async (
    account: number,
    options: { readonly at?: number } = {},
  ): Promise<Account> => {
    const at = checkedPlace(options, this.validators);
    const { chain } = this.#devnet.simulation;
    const key = accountKey(accountAddress(chain, checkedAccount(account)));
    const stored = this.#stored(key, at);
    const decoded = stored && decode(accountCodec, stored);
    if (decoded?.ok) return { balance: decoded.value.balance, nonce: decoded.value.nonce };
    return { balance: 0n, nonce: 0 };
  };

  #stored(key: Uint8Array, at: number | undefined): Uint8Array | undefined {
    const { simulation, standing } = this.#devnet;
    const asked = simulation.validators.filter(({ node, isRunning }) => {
      return isRunning && (at === undefined ? standing.isHonest(node) : node === at);
    });
    const [furthest] = asked.toSorted((left, right) => right.height() - left.height());
    return furthest?.read(key);
  }

  readonly on = <Name extends keyof DevnetEvents>(
    event: Name,
    listener: (event: DevnetEvents[Name]) => void,
  ): (() => void) => {
    checkedEvent(event, listener);
    this.#listeners[event].add(listener);
    return () => void this.#listeners[event].delete(listener);
  };

  readonly culprits = async () => culpritsOf(this.#devnet);

  readonly verdict = async (given: Partial<Expectations> = {}) => {
    const expect = checkedExpectations(given, this.validators);
    const { isWithinBounds } = this.#devnet.standing;
    const owed: Expectations = {
      safety: isWithinBounds ? "holds" : "may-break",
      progress: isWithinBounds ? "after-heal" : "none",
      culprits: [],
      noOtherCulprits: false,
      halted: [],
    };
    const replay = `createDevnet({ validators: ${this.validators}, seed: ${this.seed} })`;
    const title = { scenario: "a test", replay: `${replay}, and the same calls` };
    return this.#devnet.verdict({ ...owed, ...expect }, title);
  };

  readonly mustHold = async (expect?: Partial<Expectations>) => held(await this.verdict(expect));

  readonly stop = async (): Promise<void> => {
    this.#driver.fail(new DevnetError("STOPPED", "the devnet has been stopped"));
  };

  readonly [Symbol.asyncDispose] = this.stop;

  // --- Within ----------------------------------------------------------------------------------------------------

  #observe(seen: Observation): void {
    if (!this.#devnet.standing.isHonest(seen.by)) return;
    if (seen.type === "evidence") this.#accuse(seen.evidence.offender);
    if (seen.type !== "final" || seen.final.block.height !== this.#blocks.length + 1) return;
    const { block, hash, stateRoot, transactions } = seen.final;
    const final: FinalBlock = {
      height: block.height,
      view: block.view,
      proposer: block.proposer,
      hash: toHex(hash),
      stateRoot: toHex(stateRoot),
      transactions: transactions.map(({ id }) => toHex(id)),
    };
    this.#blocks.push(final);
    this.#tell(this.#listeners.block, final);
  }

  #accuse(offender: number): void {
    if (this.#accused.has(offender)) return;
    this.#accused.add(offender);
    const found = culpritsOf(this.#devnet).find(({ validator }) => validator === offender);
    if (found === undefined) return;
    this.#tell(this.#listeners.evidence, found);
  }

  /** We are in the middle of a validator's step: what a test throws there is none of its doing. */
  #tell<Event>(listeners: ReadonlySet<(event: Event) => void>, event: Event): void {
    try {
      for (const listener of listeners) listener(event);
    } catch (error) {
      this.#driver.fail(error);
    }
  }
}
