// What a program gets from `import ... from "quorate"`: a validator of its own, and what it needs to talk to one.

export type { Genesis } from "./chain/index.ts";
export { Client } from "./client/index.ts";
export { loadConfig, type NodeConfig } from "./config/index.ts";
export { genesisJson, parseGenesis, readGenesis } from "./genesis/index.ts";
export type {
  CallContext,
  CallResult,
  DecodedCall,
  StateMachine,
  StateReader,
  StateWriter,
} from "./ledger/index.ts";
export { createLogger } from "./logging/index.ts";
export {
  AppendError,
  type Appended,
  createReplicatedLog,
  type Entry,
  type ReplicatedLog,
  type ReplicatedLogOptions,
} from "./replicated-log/index.ts";
export {
  HaltError,
  type RunningValidator,
  startValidator,
  type ValidatorOptions,
} from "./runtime/index.ts";
export {
  encodeCall,
  type SignedTransaction,
  signTransaction,
  type Transaction,
  type UnsignedTransaction,
} from "./transaction/index.ts";
