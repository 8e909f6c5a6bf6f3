// The HotStuff engine: pure, synchronous, without clock or I/O. `engine.ts` is the specification.

export * from "./certificates.ts";
export { MAX_BLOCKS, type Tip } from "./chain.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export {
  bareMessage,
  type EvidenceRefusal,
  type EvidenceVerdict,
  type Offence,
  type OffenceKind,
  verifyEvidence,
} from "./evidence.ts";
export {
  LEADER_CHOICES,
  type LeaderChoice,
  type LeaderChoiceName,
  type LeaderQuestion,
} from "./leaders.ts";
export * from "./messages.ts";
export { type PacemakerOptions, viewTimeoutMs } from "./pacemaker.ts";
export type { Effect, EngineStatus, Event, Evidence, Halt, HaltReason } from "./protocol.ts";
export { QuorumCheck, type QuorumRefusal } from "./quorum-check.ts";
export { RULE_SETS, type RuleSet, type RuleSetName } from "./rules.ts";
export {
  initialSafetyState,
  type SafetyState,
  safetyStateCodec,
  silentSafetyState,
  UNKNOWN_PAST,
} from "./safety-rules.ts";
export {
  roundRobin,
  type Validator,
  type ValidatorIndex,
  type ValidatorSet,
  validatorSet,
} from "./validators.ts";
export { type MessageRefusal, type Verification, type Verified, Verifier } from "./verification.ts";
