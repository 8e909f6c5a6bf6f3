// The deterministic simulator: whole validators on a virtual clock, network and disk, decided by one seed.

export { type Random, randomStream } from "../random/index.ts";
export {
  type CampaignOptions,
  type CampaignResult,
  type Failure,
  type Progress,
  runCampaign,
} from "./campaign.ts";
export { accountAddress, type SignatureKind } from "./chain.ts";
export type { DiskImage } from "./disk/index.ts";
export {
  CALM,
  type LinkFaults,
  type NetworkMood,
  type SimulatedNetwork,
  SOUND_LINK,
} from "./network.ts";
export type { NodeId, Observation } from "./observation.ts";
export {
  createOracles,
  type Guilt,
  type Oracles,
  type Premises,
} from "./oracles/index.ts";
export type { Fault, ParsedPlan, Plan } from "./plan.ts";
export { premisesOf } from "./premises.ts";
export { planIn, RECORDED_EVENTS, type Recording, recordingOf } from "./recording.ts";
export { type Outcome, runPlan, type Violation } from "./run.ts";
export { type NamedScenario, SCENARIOS } from "./scenarios.ts";
export { type CostRow, costs, costTable } from "./search/costs.ts";
export { type ShrinkOptions, type Shrunk, shrink } from "./shrink.ts";
export { Simulation, type SimulationOptions } from "./simulation.ts";
export { drawPlan, type SwarmOptions } from "./swarm.ts";
export { SWEEPS, type Sweep, type SweepOptions } from "./sweeps.ts";
export { lineOf } from "./trace.ts";
export type { SimulatedValidator } from "./validator.ts";
