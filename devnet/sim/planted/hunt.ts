// The whole suite against whatever engine is loaded, a slice of each kind of attack in turn, until the first finding.

import type { RuleSetName } from "../../../consensus/index.ts";
import { runPlan } from "../run.ts";
import { SCENARIOS } from "../scenarios.ts";
import { SWEEPS } from "../sweeps.ts";

export type Catch = {
  /** The name of a scenario or of a sweep. */
  readonly by: string;
  readonly oracle: string;
  readonly what: string;
  readonly replay: string;
};

export type HuntResult = {
  readonly caught?: Catch;
  /** Processor time of this process, start-up included. */
  readonly seconds: number;
  readonly scenarios: number;
};

type Attack = (slice: {
  readonly seed: number;
  readonly rules: RuleSetName;
  readonly until: () => boolean;
}) => { readonly scenarios: number; readonly finding?: Omit<Catch, "by"> };

/** Each attack's first slice; slices grow, so that neither a quick nor a patient attack waits long for its turn. */
const FIRST_SLICE_SECONDS = 0.9;
const GROWTH = 1.6;

export function hunt({
  seed,
  seconds,
}: {
  readonly seed: number;
  readonly seconds: number;
}): HuntResult {
  let scenarios = 0;
  let slice = FIRST_SLICE_SECONDS;
  for (let turn = 0; cpuSeconds() < seconds; turn++) {
    for (const { by, attack, share, fromTurn = 0 } of ATTACKS) {
      if (turn < fromTurn) continue;
      const endSeconds = Math.min(seconds, cpuSeconds() + share * slice);
      const rules = RULES[turn % RULES.length] ?? "commit-votes";
      const until = () => cpuSeconds() >= endSeconds;
      const done = attack({ seed: seed + turn * 1_000_000, rules, until });
      scenarios += done.scenarios;
      if (done.finding === undefined) continue;
      return { caught: { by, ...done.finding }, seconds: cpuSeconds(), scenarios };
    }
    slice *= GROWTH;
  }
  return { seconds: cpuSeconds(), scenarios };
}

/** The swarm draws its own. */
const RULES: readonly RuleSetName[] = ["commit-votes", "two-chain", "three-chain"];

function scenario(name: string): Attack {
  const found = SCENARIOS.get(name);
  if (found === undefined) throw new Error(`no scenario is called ${name}`);
  return ({ seed: firstSeed, until }) => {
    let seed = firstSeed;
    for (; seed === firstSeed || !until(); seed++) {
      const first = runPlan(found.draw(seed, {})).violations[0];
      if (first === undefined) continue;
      const replay = `quorate sim ${name} --seed ${seed}`;
      return { scenarios: seed - firstSeed + 1, finding: { ...first, replay } };
    }
    return { scenarios: seed - firstSeed };
  };
}

type Turn = {
  readonly by: string;
  readonly attack: Attack;
  /** Of the slice. */
  readonly share: number;
  readonly fromTurn?: number;
};

/** Whole validators are slower and see more; the exhaustive search begins anew in every turn. */
const ATTACKS: readonly Turn[] = [
  { by: "schedules", attack: sweep("schedules"), share: 1 },
  { by: "walks", attack: sweep("walks"), share: 2 },
  { by: "swarm", attack: scenario("swarm"), share: 3 },
  { by: "power-cuts", attack: scenario("power-cuts"), share: 0.5 },
  { by: "twins", attack: sweep("twins"), share: 0.5 },
  { by: "exhaustive", attack: sweep("exhaustive"), share: 1, fromTurn: 2 },
];

function sweep(name: string): Attack {
  const found = SWEEPS.get(name);
  if (found === undefined) throw new Error(`no sweep is called ${name}`);
  return found.run;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
