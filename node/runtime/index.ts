// A live validator: `startValidator` wires everything under `node/` together.

export { HaltError } from "./halt.ts";
export { type BundledBlock, type HaltBundle, readHaltBundle } from "./halt-bundle.ts";
export { loadStateMachine, machineOf } from "./machine.ts";
export { type RunningValidator, startValidator, type ValidatorOptions } from "./runtime.ts";
export {
  executableBlock,
  finalBlock,
  ledgerAtGenesis,
  ledgerAtStored,
  storedBlock,
} from "./stored-chain.ts";
export type { Execution, Surroundings } from "./surroundings.ts";
export { blockReceiptsCodec } from "./transaction-record.ts";
