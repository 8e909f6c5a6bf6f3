// A devnet inside a test: the interface that one on virtual time and one of real processes both have.

import type { StateMachine } from "../../node/index.ts";
import type { Expectations } from "../scenario/index.ts";
import type { Culprit, Verdict } from "../verdict/index.ts";
import type { FaultVerbs } from "./fault-verbs.ts";

export type CreateDevnetOptions = {
  /** 4 unless told otherwise; at most 64. */
  readonly validators?: number;
  /** Decides everything that is left to chance; 1 unless told otherwise. */
  readonly seed?: number;
  /**
   * The application under test, in the place of the built-in ledger; a function makes one for each life of a validator, which
   * goes on from the state.
   */
  readonly stateMachine?: StateMachine | (() => StateMachine);
  /** What genesis tells the application. */
  readonly parameters?: Uint8Array;
  /** 200 unless told otherwise. */
  readonly baseTimeoutMs?: number;
  readonly leaders?: "round-robin" | "reputation";
  /**
   * Real processes, libp2p and disks on this machine, in real time; ready in seconds. Their application is a module of its
   * own: see `application`.
   */
  readonly processes?: boolean;
  /** With `processes`: the path of the compiled module that exports the state machine, from the working directory. */
  readonly application?: string;
  /** Without `processes`. "stand-in": a keyed hash in the place of Ed25519, ten times as fast, and the same to everybody who watches. */
  readonly signatures?: "stand-in" | "ed25519";
};

/** Bytes as they are; a text as UTF-8; anything else as JSON. */
export type CallPayload = Uint8Array | string | object;

export type CallOptions = {
  /** Which account signs: 0 to 9, and 0 unless told otherwise. */
  readonly from?: number;
  /** Which validator takes it; any unless told otherwise. */
  readonly via?: number;
  readonly timeoutMs?: number;
};

export type TransferOptions = CallOptions & {
  /** An account, 0 to 9. */
  readonly to: number;
  readonly amount: number | bigint;
};

/** A call's place in the chain, for ever, and what came of it. */
export type CallReceipt = {
  readonly height: number;
  /** In the block, from 0. */
  readonly index: number;
  /** 0x-hex. */
  readonly transaction: string;
  readonly result: "ok" | "failed";
  /** Why it failed, by the state machine's word; empty otherwise. */
  readonly code: string;
  readonly output: Uint8Array;
};

export type FinalBlock = {
  readonly height: number;
  readonly view: number;
  readonly proposer: number;
  /** 0x-hex, as are the others. */
  readonly hash: string;
  /** After the block; undefined where a process knows of no certificate of its own for it. */
  readonly stateRoot: string | undefined;
  readonly transactions: readonly string[];
};

export type DevnetEvents = {
  /** Final at one honest validator at least; each height once, in order. */
  readonly block: FinalBlock;
  /** An honest validator holds the first proof against this one. */
  readonly evidence: Culprit;
};

export type Account = { readonly balance: bigint; readonly nonce: number };

export type TimeOptions = { readonly timeoutMs?: number };

/** Where each method resolves, its part of the world has come to pass; time stands still when nothing is awaited. */
export type Devnet = FaultVerbs & {
  readonly validators: number;
  readonly seed: number;
  /** Addresses of the ten accounts that sign calls: `qr1...`. */
  readonly accounts: readonly string[];
  /** The highest final height of an honest validator. */
  readonly height: number;
  /**
   * Resolves once the call is final at every healthy validator, whatever came of it. `code` is "application-fault" where the
   * state machine threw.
   * @throws {DevnetError} REFUSED; TIMEOUT: not yet, and it may still come
   */
  readonly call: (call: CallPayload, options?: CallOptions) => Promise<CallReceipt>;
  /** The same, and throws unless the call succeeded. @throws {DevnetError} FAILED, REFUSED, TIMEOUT */
  readonly append: (call: CallPayload, options?: CallOptions) => Promise<CallReceipt>;
  /** Of the built-in ledger. */
  readonly transfer: (options: TransferOptions) => Promise<CallReceipt>;
  /** So many more blocks, final at every healthy validator. @throws {DevnetError} TIMEOUT */
  readonly blocks: (count?: number, options?: TimeOptions) => Promise<readonly FinalBlock[]>;
  /** Lets so much time pass. */
  readonly run: (forMs: number) => Promise<void>;
  /** Lets time pass until it holds. @throws {DevnetError} TIMEOUT */
  readonly until: (condition: () => boolean, options?: TimeOptions) => Promise<void>;
  /**
   * What the state machine last wrote under `key`, by the last final block of validator `at`; of the one that is furthest
   * unless told otherwise. Undefined: nothing, or nobody to ask.
   */
  readonly read: (
    key: Uint8Array | string,
    options?: { readonly at?: number },
  ) => Promise<Uint8Array | undefined>;
  /** What one of the ten accounts holds, by the same state. */
  readonly account: (account: number, options?: { readonly at?: number }) => Promise<Account>;
  /** Calls back until the answer is called. */
  readonly on: <Name extends keyof DevnetEvents>(
    event: Name,
    listener: (event: DevnetEvents[Name]) => void,
  ) => () => void;
  /** Who is proven to have lied so far, with the two messages that prove it. */
  readonly culprits: () => Promise<readonly Culprit[]>;
  /**
   * Heals all and says what the run came to: all that is not told is judged by the protocol's own promises. With
   * `progress: "always"` the chain must move before the heal, too.
   */
  readonly verdict: (expect?: Partial<Expectations>) => Promise<Verdict>;
  /** The same. @throws {DevnetError} NOT_HELD with the report, unless all held */
  readonly mustHold: (expect?: Partial<Expectations>) => Promise<Verdict>;
  /** Processes go on until then; so does whoever awaits something. */
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};
