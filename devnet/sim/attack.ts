// One seed of the campaign: mostly whole validators under a swarm of faults, now and then bare engines under what only an
// adversary would choose. The seed alone decides which.

import type { Failure } from "./campaign.ts";
import { runPlan } from "./run.ts";
import { drawPlan } from "./swarm.ts";
import { drawSweep, SWEEPS } from "./sweeps.ts";

export type Attack = {
  readonly scenarios: number;
  readonly views: number;
  readonly isEngineOnly: boolean;
  readonly failure?: Failure;
};

/** One seed in so many is for bare engines. */
const ENGINES_ONE_IN = 8;

export function attack(seed: number): Attack {
  return seed % ENGINES_ONE_IN === 0 ? attackEngines(seed) : attackValidators(seed);
}

function attackValidators(seed: number): Attack {
  const outcome = runPlan(drawPlan(seed));
  const done = { scenarios: 1, views: outcome.views, isEngineOnly: false };
  const first = outcome.violations[0];
  if (first === undefined) return done;
  return { ...done, failure: { ...first, replay: `quorate sim swarm --seed ${seed}` } };
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
