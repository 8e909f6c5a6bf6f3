// The HTTP interface of a node. `createRpc` serves whatever implements `NodeApi`.

export type {
  AccountState,
  BlockSelector,
  BlockView,
  EventFeed,
  FinalEvents,
  NodeApi,
  NodeStatus,
  Occurrence,
  PeerStatus,
  Provable,
  ReceiptView,
  StateView,
  Submission,
  TransactionStatus,
  Wait,
  WaitTarget,
} from "./api.ts";
export type { RpcLimits } from "./limits.ts";
export { accountIn, accountJson, finalJson, recordJson, stateJson } from "./presentation.ts";
export type { Problem, ProblemCode, ProblemDetails } from "./problems.ts";
export { createRpc, type Rpc, type RpcOptions } from "./server.ts";
export { isReached } from "./waits.ts";
