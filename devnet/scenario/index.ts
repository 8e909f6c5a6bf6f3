// Scenarios: what happens to a devnet and what must hold, as files and as TypeScript.

export type { Expectations, Moment, RandomMix, Scenario } from "./scenario.ts";
