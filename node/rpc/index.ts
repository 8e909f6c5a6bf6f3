// The HTTP interface of a node. `createRpc` serves whatever implements `NodeApi`.

export type {
  AccountState,
  BlockSelector,
  BlockView,
  NodeApi,
  NodeStatus,
  PeerStatus,
  Submission,
  TransactionStatus,
  Wait,
  WaitTarget,
} from "./api.ts";
export type { RpcLimits } from "./limits.ts";
export type { Problem, ProblemCode, ProblemDetails } from "./problems.ts";
export { createRpc, type Rpc, type RpcOptions } from "./server.ts";
export { isReached } from "./waits.ts";
