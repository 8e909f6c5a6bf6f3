// The deterministic simulator: whole validators on a virtual clock, network and disk, decided by one seed.

export { type Random, randomStream } from "../random/index.ts";
export {
  type CampaignOptions,
  type CampaignResult,
  type Failure,
  type Progress,
  runCampaign,
} from "./campaign.ts";
export { CALM, type NetworkMood } from "./network.ts";
export type { Fault, ParsedPlan, Plan } from "./plan.ts";
export { planIn, RECORDED_EVENTS, type Recording, recordingOf } from "./recording.ts";
export { type Outcome, runPlan, type Violation } from "./run.ts";
export { type NamedScenario, SCENARIOS } from "./scenarios.ts";
export { type CostRow, costs, costTable } from "./search/costs.ts";
export { type ShrinkOptions, type Shrunk, shrink } from "./shrink.ts";
export { Simulation, type SimulationOptions } from "./simulation.ts";
export { drawPlan, type SwarmOptions } from "./swarm.ts";
export { SWEEPS, type Sweep, type SweepOptions } from "./sweeps.ts";
