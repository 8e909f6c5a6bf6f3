// What an application plugs into the ledger: a deterministic function of the blocks. No clock, randomness, I/O, floating
// point, or iteration in any order that is not sorted; the same writes in the same order on every replica.

import type { Address, Hash, Height, Nonce } from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import type { Receipt } from "./receipt.ts";

/** Keys have 1..256 bytes and do not begin with the byte 0, which is the ledger's own; values have at most 16 KiB. */
export type StateReader = {
  /** The value itself, not a copy: never write into it. */
  readonly get: (key: Uint8Array) => Uint8Array | undefined;
};

/** A point in the writes of one block. */
export type Savepoint = number;

export type StateWriter = StateReader & {
  readonly set: (key: Uint8Array, value: Uint8Array) => void;
  readonly delete: (key: Uint8Array) => void;
  readonly savepoint: () => Savepoint;
  /** Undoes every write since the savepoint; for a call that fails halfway. */
  readonly revert: (savepoint: Savepoint) => void;
};

/** A code has 1..64 bytes of `a-z`, `0-9` and `-`. */
export type CheckVerdict = { readonly ok: true } | { readonly ok: false; readonly code: string };

/** What a pool needs to know about a sender to keep its lane; see mempool. */
export type AdmitVerdict =
  | {
      readonly ok: true;
      /** The fee and every amount the sender may lose. */
      readonly cost: bigint;
      readonly nextNonce: Nonce;
      readonly balance: bigint;
    }
  | { readonly ok: false; readonly code: string };

export type BlockContext = {
  readonly chainId: Hash;
  readonly height: Height;
  readonly timestampMs: number;
  readonly proposer: Address;
};

export type Query = { readonly path: string; readonly argument: Uint8Array };

export type QueryAnswer =
  | {
      readonly ok: true;
      /** Where the answer lies in the state, for a proof. */
      readonly key: Uint8Array;
      readonly value: Uint8Array | undefined;
    }
  | { readonly ok: false; readonly refusal: "unknown-path" | "bad-argument" };

/** An application. `Genesis` is what its first state is made from. */
export type StateMachine<Genesis> = {
  readonly name: string;
  /** Writes the state at height 0. */
  readonly initialize: (state: StateWriter, genesis: Genesis) => void;
  /** Everything about a transaction that needs no state. Validators vote for no block with one that fails. */
  readonly check: (transaction: SignedTransaction, chainId: Hash) => CheckVerdict;
  /** May a checked transaction enter the pool, by the last committed state? Nonces and balance are the pool's part. */
  readonly admit: (transaction: SignedTransaction, state: StateReader) => AdmitVerdict;
  /** One receipt for each transaction, in order. Total: whatever the transactions are, it does not throw. */
  readonly execute: (
    block: BlockContext,
    transactions: readonly SignedTransaction[],
    state: StateWriter,
  ) => readonly Receipt[];
  readonly query: (query: Query, state: StateReader) => QueryAnswer;
};
