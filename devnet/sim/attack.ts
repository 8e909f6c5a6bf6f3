// One seed of the campaign: mostly whole validators under a swarm of faults or power cuts, now and then bare engines under
// what only an adversary would choose. The seed alone decides which.

import type { Failure } from "./campaign.ts";
import { runPlan } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";
import { drawSweep, SWEEPS } from "./sweeps.ts";

export type Attack = {
  readonly scenarios: number;
  readonly views: number;
  readonly isEngineOnly: boolean;
  readonly failure?: Failure;
};

/** One seed in so many is for bare engines, and one for power cuts alone. */
const CYCLE = 8;

export function attack(seed: number): Attack {
  if (seed % CYCLE === 0) return attackEngines(seed);
  return attackValidators(seed % CYCLE === 4 ? "power-cuts" : "swarm", seed);
}

function attackValidators(name: string, seed: number): Attack {
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
  const outcome = runPlan(scenario.draw(seed, {}));
  const done = { scenarios: 1, views: outcome.views, isEngineOnly: false };
  const first = outcome.violations[0];
  if (first === undefined) return done;
  return { ...done, failure: { ...first, replay: `quorate sim ${name} --seed ${seed}` } };
}

function attackEngines(seed: number): Attack {
  const { name, options } = drawSweep(seed);
  const sweep = SWEEPS.get(name);
  if (sweep === undefined) throw new Error(`no sweep is called ${name}`);
  const { scenarios, views, finding } = sweep.run(options);
  const done = { scenarios, views, isEngineOnly: true };
  if (finding === undefined) return done;
  const { oracle, what } = finding;
  const { rules, leaders } = options;
  const replay = `quorate sim ${name} --seed ${seed} --rules ${rules} --leaders ${leaders}`;
  return { ...done, failure: { oracle, what, replay } };
}
