// Transactions from a call to a proven end. A call is signed once: it gets another nonce, and so other bytes, only when it
// is proven that the first bytes were never executed and never will be. So nobody makes a client pay twice.
//
// - taken: a node has the bytes; they may still become final or expire.
// - final: a receipt under a certificate. Expired: the state at the last height that they were valid at, or later, still
//   waits for their nonce. Passed over: their nonce is used, and they are in no block since they were signed.
// Whatever a node says beside that only decides whom to ask next.

import {
  type Address,
  equalBytes,
  type Hash,
  type Height,
  type Nonce,
  next,
  toHex,
} from "../../crypto/index.ts";
import type { ProvenReceipt } from "../proof/index.ts";
import {
  type Call,
  decodeSignedTransaction,
  encodeCall,
  MAX_TRANSACTION_BYTES,
  MIN_TRANSACTION_BYTES,
  type SignedTransaction,
  signTransaction,
} from "../transaction/index.ts";
import { readTransaction, type TransactionState } from "./answers.ts";
import {
  ASKING,
  type Asking,
  aCounter,
  aDurationMs,
  aKey,
  anAddress,
  anAmount,
  badArgument,
  optional,
  someBytes,
  taken,
} from "./arguments.ts";
import { type Belief, proofIn } from "./belief.ts";
import { aCall, aMemo } from "./call-arguments.ts";
import { type Failover, pause } from "./failover.ts";
import { record } from "./json-values.ts";
import type { Key } from "./keys.ts";
import { NonceLane } from "./nonce-lane.ts";
import { ClientError, Lie } from "./problem.ts";

export type SubmitRequest = {
  readonly from: Key;
  /** A call of the built-in ledger, or the bytes of any application's, at most 16 KiB. */
  readonly call: Call | Uint8Array;
  /** 0 .. 2^64-1; genesis's least fee unless told otherwise. A number must be a safe integer. */
  readonly fee?: bigint | number | undefined;
  /** The last height at which it may be executed; 1,000 above the newest known one unless told otherwise. */
  readonly validUntilHeight?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type TransferRequest = Omit<SubmitRequest, "call"> & {
  /** An address, or its text `qr1...`. */
  readonly to: Address | string;
  /** 1 .. 2^64-1. A number must be a safe integer. */
  readonly amount: bigint | number;
  /** At most 64 bytes. */
  readonly memo?: Uint8Array | undefined;
};

/** What came of a transaction, proven. A `failed` one paid its fee and changed nothing else. */
export type FinalReceipt = ProvenReceipt & {
  readonly receipt: ProvenReceipt["receipt"] & { readonly result: "ok" | "failed" };
};

export type Submitted = {
  readonly hash: Hash;
  /** To be kept where the answer must survive the program: `resume` goes on with them. */
  readonly bytes: Uint8Array;
  /** Rejects with EXPIRED or NONCE_TOO_LOW once either is proven, and with NOT_FINAL after `deadlineMs` (60 s). */
  readonly final: (options?: FinalOptions) => Promise<FinalReceipt>;
};

export type FinalOptions = {
  readonly signal?: AbortSignal | undefined;
  /** 0 asks once. */
  readonly deadlineMs?: number | undefined;
};

export type SubmissionsOptions = {
  readonly belief: Belief;
  readonly failover: Failover;
  readonly account: (
    who: Address,
    asking: Asking,
  ) => Promise<{ readonly nonce: Nonce; readonly height: Height }>;
};

const VALID_FOR_BLOCKS = 1_000;
const DEFAULT_DEADLINE_MS = 60_000;
/** One wait of a node: a validator that keeps a transaction from the others is left after so long. */
const NODE_WAIT_MS = 5_000;
/** A height that is older than this is asked for anew before anything is made to expire by it. */
const HEIGHT_FRESH_MS = 2_000;
const MAX_LANES = 1_024;
const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;
/** How far a proof may lie behind what is final: a block that a later one makes final has no certificate of its own. */
const MAX_PROOF_LAG = 16;

/** What is proven of bytes that nobody has a receipt for; `alive`: far from their last height. */
type Fate = "open" | "alive" | "expired" | "passed-over";

type Said = "final" | "pending" | "expired" | "unclear";

type Open = {
  readonly signed: SignedTransaction;
  /** The newest height that was known when it was signed: it is in no block up to there. */
  readonly signedAt: Height;
};

const REQUEST = {
  ...ASKING,
  from: aKey,
  fee: optional(anAmount(0n)),
  validUntilHeight: optional(aCounter),
};
const TRANSFER = { ...REQUEST, to: anAddress, amount: anAmount(1n), memo: optional(aMemo) };
const SUBMISSION = { ...REQUEST, call: aCall };
const FINAL = { ...ASKING, deadlineMs: optional(aDurationMs) };
const aTransaction = someBytes(MIN_TRANSACTION_BYTES, MAX_TRANSACTION_BYTES);

/** What is submitted, in the one form. */
type Request = Asking & {
  readonly from: Key;
  readonly call: Uint8Array;
  readonly fee: bigint | undefined;
  readonly validUntilHeight: number | undefined;
};

type PostOptions = {
  readonly wait: "accepted" | "final";
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

export class Submissions {
  readonly #options: SubmissionsOptions;
  readonly #lanes = new Map<string, NonceLane>();

  constructor(options: SubmissionsOptions) {
    this.#options = options;
  }

  async transfer(given: TransferRequest): Promise<Submitted> {
    const { to, amount, memo = new Uint8Array(0), ...request } = taken("transfer", given, TRANSFER);
    const call = encodeCall({ type: "transfer", to, amount, memo });
    return await this.#submit({ ...request, call });
  }

  async submit(given: SubmitRequest): Promise<Submitted> {
    return await this.#submit(taken("submit", given, SUBMISSION));
  }

  async #submit(request: Request): Promise<Submitted> {
    const lane = this.#laneOf(request.from.address);
    const open = await lane.inTurn(() => this.#bringIn(lane, request));
    return this.#submitted(open, lane);
  }

  resume(given: Uint8Array): Submitted {
    const bytes = aTransaction(given, "bytes");
    const decoded = decodeSignedTransaction(bytes);
    if (!decoded.ok) {
      throw badArgument("bytes", `these bytes are no transaction: ${decoded.refusal}`);
    }
    const signed = decoded.value;
    const { chainId } = this.#options.belief.root.validators;
    if (!equalBytes(signed.transaction.chainId, chainId)) {
      const message = "these bytes are a transaction of another chain";
      throw new ClientError({ code: "WRONG_CHAIN", message, transaction: bytes });
    }
    const lane = this.#laneOf(signed.transaction.sender);
    return this.#submitted({ signed, signedAt: 0 as Height }, lane);
  }

  receipt(hash: Hash, { signal }: Asking) {
    const { belief, failover } = this.#options;
    const read = (body: unknown): ProvenReceipt =>
      belief.receipt(proofIn(record(body, "answer")), hash);
    return failover.ask({ path: `/v1/txs/${toHex(hash)}/proof`, signal, read });
  }

  #submitted(open: Open, lane: NonceLane): Submitted {
    const { id, bytes } = open.signed;
    const final = async (options: FinalOptions = {}) => {
      const receipt = await this.#settle(open, taken("final", options, FINAL));
      lane.settled(open.signed);
      return receipt;
    };
    return { hash: id, bytes, final };
  }

  #laneOf(address: Address): NonceLane {
    const name = toHex(address);
    const known = this.#lanes.get(name) ?? new NonceLane();
    // The account that was used longest ago goes first; its nonce is asked for again.
    this.#lanes.delete(name);
    this.#lanes.set(name, known);
    const oldest = this.#lanes.keys().next();
    if (this.#lanes.size > MAX_LANES && !oldest.done) this.#lanes.delete(oldest.value);
    return known;
  }

  async #bringIn(lane: NonceLane, request: Request): Promise<Open> {
    const { signal, from } = request;
    let open: Open | undefined;
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      open ??= await this.#sign(lane, request);
      const failure = await this.#send(open.signed, signal);
      if (failure === undefined) {
        lane.taken(open.signed);
        return open;
      }
      const isLast = attempt + 1 >= MAX_ATTEMPTS;
      const code = failure.problem?.code;
      if (isLast || (code !== "NONCE_TOO_LOW" && code !== "NONCE_GAP")) {
        lane.forget();
        throw withTransactionBytes(failure, open.signed.bytes);
      }
      if (code === "NONCE_GAP") {
        for (const earlier of lane.outstanding) await this.#send(earlier, signal);
      } else {
        if (await this.#isThere(open.signed.id, signal)) {
          lane.taken(open.signed);
          return open;
        }
        if ((await this.#fateOf(open, signal)) === "passed-over") {
          lane.forget();
          lane.learn((await this.#options.account(from.address, { signal })).nonce);
          open = undefined;
          continue;
        }
      }
      await pause(pauseMs(attempt), signal);
    }
  }

  async #sign(lane: NonceLane, request: Request): Promise<Open> {
    const { belief, account } = this.#options;
    const { from, call, fee = belief.root.genesis.ledger.minFee, signal } = request;
    let nonce = lane.next;
    if (nonce === undefined || belief.ageMs > HEIGHT_FRESH_MS) {
      const proven = await account(from.address, { signal });
      // Transactions that are under way come before this one, whatever the last final state says.
      nonce = nonce !== undefined && nonce >= proven.nonce ? nonce : lane.learn(proven.nonce);
    }
    const signedAt = belief.height;
    const validUntilHeight = (request.validUntilHeight ?? signedAt + VALID_FOR_BLOCKS) as Height;
    const { chainId } = belief.root.validators;
    const { address: sender, publicKey } = from;
    const unsigned = { chainId, sender, publicKey, nonce, fee, validUntilHeight, call };
    return { signed: signTransaction(unsigned, from), signedAt };
  }

  /** Undefined once a node has it. */
  async #send(
    { bytes }: SignedTransaction,
    signal: AbortSignal | undefined,
  ): Promise<ClientError | undefined> {
    try {
      await this.#post(bytes, { wait: "accepted", timeoutMs: NODE_WAIT_MS, signal });
      return undefined;
    } catch (error) {
      if (error instanceof ClientError) return error;
      throw error;
    }
  }

  #post(body: Uint8Array, options: PostOptions): Promise<TransactionState> {
    const { wait, timeoutMs, signal } = options;
    const path = `/v1/txs?wait=${wait}&timeoutMs=${timeoutMs}`;
    return this.#options.failover.ask({
      path,
      body,
      extraMs: timeoutMs,
      signal,
      read: readTransaction,
    });
  }

  async #settle(open: Open, options: FinalOptions): Promise<FinalReceipt> {
    const { failover } = this.#options;
    const { signal, deadlineMs = DEFAULT_DEADLINE_MS } = options;
    const { bytes, id } = open.signed;
    const start = performance.now();
    for (let attempt = 0; ; attempt++) {
      const leftMs = deadlineMs - (performance.now() - start);
      const timeoutMs = Math.ceil(Math.max(1, Math.min(NODE_WAIT_MS, leftMs)));
      const said = await this.#ending(bytes, { wait: "final", timeoutMs, signal });
      const speaker = failover.current;
      if (said !== "pending") {
        const receipt = await this.#finalReceipt(id, signal);
        if (receipt !== undefined) return receipt;
        const fate = said === "final" ? "open" : await this.#fateOf(open, signal);
        if (fate === "expired" || fate === "passed-over") throw ended(fate, open.signed, speaker);
        if (said === "expired" && fate === "alive") {
          failover.caught(speaker, new Lie("FALSE_EXPIRY", "not-expired"));
        }
      }
      if (performance.now() - start >= deadlineMs) throw notFinal(open.signed, failover.current);
      // Whoever knows nothing of the end, or of its proof, is not asked twice in a row.
      failover.rotate();
      if (said !== "pending") await pause(pauseMs(attempt), signal);
    }
  }

  /** What a node says of the end; none of it is believed. Throws a no that is about the bytes themselves. */
  async #ending(bytes: Uint8Array, options: PostOptions): Promise<Said> {
    try {
      const { state } = await this.#post(bytes, options);
      if (state === "final") return "final";
      if (state === "expired") return "expired";
      return state === "rejected" ? "unclear" : "pending";
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const code = error.problem?.code;
      if (code === "EXPIRED") return "expired";
      if (code === "NONCE_TOO_LOW" || error.retryable) return "unclear";
      throw withTransactionBytes(error, bytes);
    }
  }

  /** Undefined while nobody can prove an end. */
  async #finalReceipt(
    id: Hash,
    signal: AbortSignal | undefined,
  ): Promise<FinalReceipt | undefined> {
    try {
      const proven = await this.receipt(id, { signal });
      return proven.receipt.result === "skipped" ? undefined : (proven as FinalReceipt);
    } catch (error) {
      if (error instanceof ClientError) return undefined;
      throw error;
    }
  }

  async #isThere(id: Hash, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#finalReceipt(id, signal)) !== undefined;
  }

  /** What the state proves of bytes that nobody has a receipt for. */
  async #fateOf({ signed, signedAt }: Open, signal: AbortSignal | undefined): Promise<Fate> {
    const { account } = this.#options;
    const { nonce, validUntilHeight, sender } = signed.transaction;
    const proven = await account(sender, { signal });
    if (proven.nonce <= nonce) {
      if (proven.height >= validUntilHeight) return "expired";
      return proven.height + MAX_PROOF_LAG < validUntilHeight ? "alive" : "open";
    }
    const { belief, failover } = this.#options;
    const { isInNone } = await import("./block-search.ts");
    const heights = { from: next(signedAt), to: proven.height };
    const isLost = await isInNone(signed.id, heights, { belief, failover, signal });
    return isLost ? "passed-over" : "open";
  }
}

function pauseMs(attempt: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
}

/** The bytes may still become final: who has them can go on without paying twice. */
function withTransactionBytes(failure: ClientError, bytes: Uint8Array): ClientError {
  const { message, cause } = failure;
  return new ClientError({ ...failure, message, cause, transaction: bytes });
}

function notFinal({ id, bytes }: SignedTransaction, url: string): ClientError {
  const message = `${toHex(id)} is not final yet: it may still be; resume with the same bytes`;
  const retryable = true;
  return new ClientError({ code: "NOT_FINAL", url, message, retryable, transaction: bytes });
}

function ended(fate: Fate, { id, bytes }: SignedTransaction, url: string): ClientError {
  const transaction = bytes;
  if (fate === "expired") {
    const message = `${toHex(id)} expired: it was not executed and never will be`;
    return new ClientError({ code: "EXPIRED", url, message, transaction });
  }
  const message = `${toHex(id)} will never be executed: another transaction used its nonce`;
  return new ClientError({ code: "NONCE_TOO_LOW", url, message, transaction });
}
