// The HotStuff engine: pure, synchronous, without clock or I/O. `engine.ts` is the specification.

export * from "./certificates.ts";
export type { Tip } from "./chain.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export * from "./messages.ts";
export { type PacemakerOptions, viewTimeoutMs } from "./pacemaker.ts";
export type { Effect, EngineStatus, Event, Evidence, Halt, HaltReason } from "./protocol.ts";
export { initialSafetyState, type SafetyState, safetyStateCodec } from "./safety-rules.ts";
export {
  leaderOf,
  type Validator,
  type ValidatorIndex,
  type ValidatorSet,
  validatorSet,
} from "./validators.ts";
export { type MessageRefusal, type Verification, type Verified, Verifier } from "./verification.ts";
