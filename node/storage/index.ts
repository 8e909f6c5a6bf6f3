// The storage floor: byte strings under hashes and heights, durable when it says so. It knows neither the layout of a
// block nor that of a transaction.

export type {
  AppendLogOptions,
  LogFrame,
  LogPosition,
  LogRecord,
  LogRecovery,
} from "./append-log.ts";
export { type BlockRecord, decodeBlockRecord, encodeBlockRecord } from "./block-record.ts";
export {
  BlockStore,
  type BlockStoreOptions,
  type BlockStoreRecovery,
  type FinalBlock,
  openBlockStore,
  type StoredBlock,
} from "./block-store.ts";
export { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
export { type Disk, nodeDisk } from "./disk.ts";
export { openSafetyLog, SAFETY_LOG_FILE, SafetyLog, type SafetyRecovery } from "./safety-log.ts";
export {
  type LocatedFrame,
  type LogCursor,
  openSegmentedLog,
  type RecordLocation,
  SegmentedLog,
} from "./segmented-log.ts";
export {
  openStateStore,
  type StateCommit,
  StateStore,
  type StateStoreOptions,
  type StoredState,
  type TransactionRecord,
} from "./state-store.ts";
export { StorageError, type StorageErrorCode } from "./storage-error.ts";
