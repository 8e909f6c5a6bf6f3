// What the ledger runs: a deterministic function of whole blocks. `createAccountLedger` makes one of an application.

import type { Hash, Nonce } from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import type { Receipt } from "./receipt.ts";
import type {
  BlockContext,
  CheckVerdict,
  Query,
  QueryAnswer,
  StateReader,
  StateWriter,
} from "./state-machine.ts";

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

/** `Genesis` is what its first state is made from. */
export type BlockMachine<Genesis> = {
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
