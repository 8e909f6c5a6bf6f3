// The built-in ledger: accounts that pay each other, owner-held records, leases by height, offences of validators.

export { type CallRefusal, createBuiltInLedger } from "./built-in-ledger.ts";
export {
  type AcquireLeaseFailure,
  type Lease,
  leaseCodec,
  leaseKey,
  type ReleaseLeaseFailure,
} from "./leases.ts";
export {
  type EvidenceRules,
  evidenceHash,
  offenceKey,
  type RecordedOffence,
  type ReportFailure,
  recordedOffenceCodec,
} from "./offences.ts";
export type { PayManyFailure } from "./pay-many.ts";
export {
  type OwnedRecordFailure,
  type PutRecordFailure,
  type RecordContent,
  type RecordEntry,
  recordCodec,
  recordKey,
} from "./records.ts";
export type { TransferFailure } from "./transfers.ts";
