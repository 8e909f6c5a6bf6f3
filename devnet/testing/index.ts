// For the tests of an application: a devnet that lies on demand, and whether a state machine does the same on every
// validator.

export {
  type CallPlace,
  type Calls,
  checkDeterminism,
  type DeterminismCause,
  type DeterminismOptions,
  type DeterminismVerdict,
  type Random,
  type Use,
} from "../../node/determinism/index.ts";
export {
  defineScenario,
  type Expectations,
  type Scenario,
  type ScenarioDefinition,
  ScenarioError,
} from "../scenario/index.ts";
export type { Check, Culprit, Sight, Verdict } from "../verdict/index.ts";
export { createDevnet } from "./create-devnet.ts";
export { mustBeDeterministic } from "./determinism.ts";
export type {
  Account,
  CallOptions,
  CallPayload,
  CallReceipt,
  CreateDevnetOptions,
  Devnet,
  DevnetEvents,
  FinalBlock,
  TimeOptions,
  TransferOptions,
} from "./devnet.ts";
export { DevnetError, type DevnetErrorCode } from "./devnet-error.ts";
export type { Duration, FaultVerbs, Who } from "./fault-verbs.ts";
export { NAMED_WAYS, type Way } from "./ways.ts";
