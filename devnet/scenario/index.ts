// Scenarios: what happens to a devnet and what must hold, as files and as TypeScript.

export {
  defineScenario,
  knownWays,
  type ParsedScenario,
  type ParsingOptions,
  parseScenario,
  type ScenarioDefinition,
  ScenarioError,
} from "./definition.ts";
export {
  listScenarios,
  loadScenario,
  type ReadyScenario,
  summaryOf,
  whyUnreadable,
} from "./files.ts";
export { formatScenario } from "./format.ts";
export { drawMoments, scheduleOf } from "./random-mix.ts";
export type { Expectations, Moment, RandomMix, Scenario } from "./scenario.ts";
export { type Problem, problemText } from "./tree.ts";
export { undo } from "./undo.ts";
export type { Scheduled } from "./unfold.ts";
