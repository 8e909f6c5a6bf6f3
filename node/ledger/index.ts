// The ledger: a pluggable state machine over an authenticated map, executed ahead of finality. Portable: proofs and
// accounts are checked and read with this folder in a browser too.

export { type Account, accountCodec, accountKey, decodeAccount, EMPTY_ACCOUNT } from "./account.ts";
export {
  type AccountGenesis,
  type AccountLedgerParams,
  type CheckCode,
  createAccountLedger,
  type SkipCode,
} from "./account-ledger.ts";
export {
  APPLICATION_KEY_KIND,
  applicationKey,
  contained,
  type FaultListener,
  MAX_APPLICATION_KEY_BYTES,
} from "./application.ts";
export { StateFullError } from "./authenticated-map.ts";
export type { AdmitVerdict, BlockMachine } from "./block-machine.ts";
export {
  createBuiltInLedger,
  type EvidenceRules,
  evidenceHash,
  type Lease,
  leaseCodec,
  leaseKey,
  offenceKey,
  type RecordContent,
  type RecordEntry,
  type RecordedOffence,
  recordCodec,
  recordedOffenceCodec,
  recordKey,
} from "./built-in/index.ts";
export type { Hashers } from "./hashers.ts";
export type { HistoryBounds, LedgerTip } from "./history.ts";
export { MAX_KEY_BYTES } from "./leaf.ts";
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
  lastBlockCodec,
  lastBlockHash,
  MAX_UNFINAL_BLOCKS,
} from "./ledger.ts";
export {
  type MapProof,
  type MapProofRefusal,
  type MapProofVerdict,
  mapProofCodec,
  verifyMapProof,
} from "./map-proof.ts";
export {
  encodeReceipt,
  type Receipt,
  receiptCodec,
  receiptHash,
  type TransactionResult,
} from "./receipt.ts";
export { differencesBetween, type StateDifference, type StoredDifference } from "./state-diff.ts";
export type {
  BlockContext,
  CallContext,
  CallResult,
  CheckVerdict,
  DecodedCall,
  Query,
  QueryAnswer,
  Savepoint,
  StateMachine,
  StateReader,
  StateWriter,
} from "./state-machine.ts";
export {
  readStoredValue,
  type SlotValue,
  type StoredChange,
  type StoredEntry,
} from "./stored-entry.ts";
