// The client SDK. `createClient` believes only what a certificate of genesis's validators proves, and fails over between
// them; `Client` is one node's interface, believed as it answers. Portable: runs in browsers too.

export type {
  AccountState,
  BatchResult,
  BlockSummary,
  FinalizedTip,
  Status,
  TransactionState,
} from "./answers.ts";
export type { Asking } from "./arguments.ts";
export {
  Client,
  type ClientOptions,
  type SubmitOptions,
  type Wait,
  type WaitOptions,
} from "./client.ts";
export { eventsIn, type ServerEvent } from "./event-source.ts";
export type { FinalBlock } from "./final-blocks.ts";
export type { GenesisSource } from "./genesis-text.ts";
export { generateKey, type Key, keyFromSecret, keyOf } from "./keys.ts";
export {
  type BlockWatch,
  createClient,
  type LightClient,
  type LightClientOptions,
  type Proven,
  type ProvenAccount,
  type ProvenLease,
  type ProvenRecord,
  type ProvenValue,
} from "./light-client.ts";
export {
  type Answer,
  ClientError,
  type LieCode,
  type Problem,
  type Suspicion,
  type TransportCode,
} from "./problem.ts";
export type {
  FinalOptions,
  FinalReceipt,
  SubmitRequest,
  Submitted,
  TransferRequest,
} from "./submission.ts";
export { signTransfer, type TransferDetails } from "./transfer.ts";
