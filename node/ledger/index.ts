// The ledger: a pluggable state machine over an authenticated map, executed ahead of finality. Portable: proofs and
// accounts are checked and read with this folder in a browser too.

export { type Account, accountCodec, accountKey, EMPTY_ACCOUNT } from "./account.ts";
export {
  type AccountGenesis,
  type AccountLedgerParams,
  type CheckCode,
  createAccountLedger,
  type FailureCode,
  type SkipCode,
} from "./account-ledger.ts";
export type { StoredEntry } from "./authenticated-map.ts";
export type { Hashers } from "./hashers.ts";
export type { StoredChange } from "./journal.ts";
export {
  type ExecutableBlock,
  type Execution,
  genesisStateRoot,
  LAST_BLOCK_KEY,
  type LastBlock,
  Ledger,
  type LedgerCommit,
  type LedgerGenesis,
  type LedgerOptions,
  type LedgerProof,
  type LedgerRestoreRefusal,
  type LedgerTip,
  lastBlockCodec,
  MAX_UNFINAL_BLOCKS,
} from "./ledger.ts";
export {
  type MapProof,
  type MapProofRefusal,
  type MapProofVerdict,
  verifyMapProof,
} from "./map-proof.ts";
export {
  encodeReceipt,
  type Receipt,
  receiptCodec,
  receiptHash,
  type TransactionResult,
} from "./receipt.ts";
export type {
  AdmitVerdict,
  BlockContext,
  CheckVerdict,
  Query,
  QueryAnswer,
  Savepoint,
  StateMachine,
  StateReader,
  StateWriter,
} from "./state-machine.ts";
