// For the tests of an application: whether its state machine does the same on every validator.

export {
  checkDeterminism,
  type DeterminismCause,
  type DeterminismOptions,
  type DeterminismVerdict,
} from "./determinism.ts";
export type { CallPlace, Calls, Random } from "./trial-chain.ts";
export type { Use } from "./watch.ts";
