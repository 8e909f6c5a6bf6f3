// What a node answers, as types, and readers that believe nothing: an answer that lacks a field or has it in another
// type throws, and the client turns that into a BAD_ANSWER. Unknown fields are ignored.

import { counter, list, record, text } from "./json-values.ts";
import { isRecord, type Problem, problemFrom } from "./problem.ts";

export type FinalizedTip = {
  readonly height: number;
  readonly hash: string;
  readonly stateRoot: string;
};

export type Status = {
  readonly chainId: string;
  readonly version: string;
  /** The height of the last final block. */
  readonly height: number;
  readonly view: number;
  readonly finalized: FinalizedTip;
  readonly validators: readonly { readonly publicKey: string; readonly power: string }[];
  /** Everyone the node knows of, itself excepted. */
  readonly peers: readonly { readonly connected: boolean }[];
  readonly pool: { readonly count: number; readonly bytes: number };
  /** What is missing while the chain stands still, or agrees on no state; undefined otherwise. */
  readonly missing: string | undefined;
  /** Every field as it came. */
  readonly raw: Readonly<Record<string, unknown>>;
};

export type AccountState = {
  readonly address: string;
  readonly balance: bigint;
  /** The nonce that the account's next transaction carries. */
  readonly nonce: number;
  readonly raw: Readonly<Record<string, unknown>>;
};

/** `pending` and `included` may still change, `unknown` may yet become anything; the other three are the end. */
export type TransactionState = {
  readonly hash: string;
  readonly state: "pending" | "included" | "final" | "rejected" | "expired" | "unknown";
  /** The block, once it is known. */
  readonly height: number | undefined;
  /** What execution said, when final. */
  readonly result: "ok" | "failed" | undefined;
  /** Why it failed, was rejected or expired. */
  readonly reason: string | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
};

export type BatchResult =
  | { readonly ok: true; readonly value: TransactionState }
  | { readonly ok: false; readonly problem: Problem };

export type BlockSummary = {
  readonly height: number;
  readonly hash: string;
  /** Ids in the order of the block. */
  readonly transactions: readonly string[];
  readonly raw: Readonly<Record<string, unknown>>;
};

const STATES: readonly string[] = [
  "pending",
  "included",
  "final",
  "rejected",
  "expired",
  "unknown",
] satisfies TransactionState["state"][];

export function readStatus(body: unknown): Status {
  const raw = record(body, "status");
  const finalized = record(raw.finalized, "finalized");
  const pool = record(raw.pool, "pool");
  return {
    chainId: text(raw.chainId, "chainId"),
    version: text(raw.version, "version"),
    height: counter(raw.height, "height"),
    view: counter(raw.view, "view"),
    finalized: {
      height: counter(finalized.height, "finalized.height"),
      hash: text(finalized.hash, "finalized.hash"),
      stateRoot: text(finalized.stateRoot, "finalized.stateRoot"),
    },
    validators: list(raw.validators, "validators").map((entry) => {
      const validator = record(entry, "validator");
      return {
        publicKey: text(validator.publicKey, "publicKey"),
        power: String(validator.power),
      };
    }),
    peers: list(raw.peers, "peers").map((entry) => {
      return { connected: record(entry, "peer").connected === true };
    }),
    pool: { count: counter(pool.count, "pool.count"), bytes: counter(pool.bytes, "pool.bytes") },
    missing: typeof raw.missing === "string" ? raw.missing : undefined,
    raw,
  };
}

export function readAccount(body: unknown): AccountState {
  const raw = record(body, "account");
  return {
    address: text(raw.address, "address"),
    balance: BigInt(text(raw.balance, "balance")),
    nonce: counter(raw.nonce, "nonce"),
    raw,
  };
}

export function readTransaction(body: unknown): TransactionState {
  const raw = record(body, "transaction");
  const receipt = isRecord(raw.receipt) ? raw.receipt : raw;
  const state = text(raw.state, "state");
  if (!STATES.includes(state)) throw new TypeError(`no such transaction state: ${state}`);
  return {
    hash: text(raw.hash, "hash"),
    state: state as TransactionState["state"],
    height: receipt.height === undefined ? undefined : counter(receipt.height, "height"),
    result: receipt.result === "ok" || receipt.result === "failed" ? receipt.result : undefined,
    reason: typeof receipt.reason === "string" ? receipt.reason : undefined,
    raw,
  };
}

export function readBatch(body: unknown): readonly BatchResult[] {
  const entries = isRecord(body) ? body.results : body;
  return list(entries, "results").map((entry): BatchResult => {
    const raw = record(entry, "result");
    if (typeof raw.state === "string") return { ok: true, value: readTransaction(raw) };
    const problem = isRecord(raw.problem) ? raw.problem : raw;
    return { ok: false, problem: problemFrom(counter(problem.status, "status"), problem) };
  });
}

export function readBlock(body: unknown): BlockSummary {
  const raw = record(body, "block");
  return {
    height: counter(raw.height, "height"),
    hash: text(raw.hash, "hash"),
    transactions: list(raw.transactions, "transactions").map((id) => text(id, "transaction hash")),
    raw,
  };
}
