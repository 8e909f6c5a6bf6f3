// A client of one node over HTTP: portable, runs in browsers too. Imports only the portable crypto and transactions.

export type {
  AccountState,
  BatchResult,
  BlockSummary,
  FinalizedTip,
  Status,
  TransactionState,
} from "./answers.ts";
export {
  Client,
  type ClientOptions,
  type SubmitOptions,
  type Wait,
  type WaitOptions,
} from "./client.ts";
export { type Answer, ClientError, type Problem } from "./problem.ts";
export { signTransfer, type TransferDetails } from "./transfer.ts";
