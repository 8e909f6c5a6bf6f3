// What an application plugs into the ledger: what its calls mean, and what they do to the state. The ledger around it sees
// to keys, nonces, fees, expiry and receipts, and takes back what a failed call wrote.
// Deterministic: no clock, randomness, I/O, floating point, memory between calls, or iteration in any order that is not
// sorted. All replicas make the same writes in the same order.

import type { Address, Hash, Height } from "../../crypto/index.ts";

/** Keys have 1..MAX_APPLICATION_KEY_BYTES bytes; values at most 16 KiB. */
export type StateReader = {
  /** As it is now: no later write changes it. Never write into it. Undefined: the key has no value. */
  readonly get: (key: Uint8Array) => Uint8Array | undefined;
};

/** A point in the writes of one block. */
export type Savepoint = number;

export type StateWriter = StateReader & {
  readonly set: (key: Uint8Array, value: Uint8Array) => void;
  readonly delete: (key: Uint8Array) => void;
  readonly savepoint: () => Savepoint;
  /** Undoes every write since the savepoint. */
  readonly revert: (savepoint: Savepoint) => void;
};

/** A code has 1..64 bytes of `a-z`, `0-9` and `-`. */
export type CheckVerdict = { readonly ok: true } | { readonly ok: false; readonly code: string };

export type DecodedCall<Call> =
  | { readonly ok: true; readonly call: Call }
  | { readonly ok: false; readonly code: string };

export type BlockContext = {
  readonly chainId: Hash;
  readonly height: Height;
  /** The block's; later than its parent's. All the time there is. */
  readonly timestampMs: number;
  /** Of the validator that proposed the block. */
  readonly proposer: Address;
};

export type CallContext = BlockContext & {
  /** In whose name; the signature is checked. */
  readonly sender: Address;
  readonly transaction: Hash;
};

export type CallResult =
  /** `output` is what the receipt hands to the caller: at most MAX_OUTPUT_BYTES. */
  | { readonly ok: true; readonly output?: Uint8Array }
  /** Nothing that it wrote stays; fee and nonce do. */
  | { readonly ok: false; readonly code: string };

export type Query = { readonly path: string; readonly argument: Uint8Array };

export type QueryAnswer =
  | {
      readonly ok: true;
      /** Where the answer lies in the state, for a proof. */
      readonly key: Uint8Array;
      readonly value: Uint8Array | undefined;
    }
  | { readonly ok: false; readonly refusal: "unknown-path" | "bad-argument" };

/** An application; `Call` is what the bytes of its transactions mean. */
export type StateMachine<Call = unknown> = {
  /** 1..32 of `a-z`, `0-9`, `-`; starts with a letter. Genesis names it, and a validator with another one does not start. */
  readonly name: string;
  /** Writes what the state holds before the first block. `parameters` are those of genesis, at most 64 KiB. */
  initialize?(state: StateWriter, parameters: Uint8Array): void;
  /** What the bytes say, or why no block may carry them. Looks at nothing but the bytes. */
  decode(bytes: Uint8Array): DecodedCall<Call>;
  /** What the call may take from the sender's balance beside the fee; 0 unless told otherwise. */
  cost?(call: Call): bigint;
  execute(call: Call, context: CallContext, state: StateWriter): CallResult;
  /** Answers from the last final state. */
  query?(query: Query, state: StateReader): QueryAnswer;
};
