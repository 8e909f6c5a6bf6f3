// Scenarios by name: which part of the swarm each one draws from.

import { BEHAVIOURS } from "../behaviours/index.ts";
import type { Plan } from "./plan.ts";
import { drawPowerCuts } from "./power-cuts.ts";
import { drawPlan, type SwarmOptions } from "./swarm.ts";

export type NamedScenario = {
  readonly summary: string;
  /** What is given decides over what the scenario would draw. */
  readonly draw: (seed: number, given: SwarmOptions) => Plan;
};

type Mix = { readonly summary: string; readonly options: SwarmOptions };

const mixes: readonly (readonly [string, Mix])[] = [
  ["swarm", { summary: "a mix of liars, faults and moods drawn from the seed", options: {} }],
  ["calm", { summary: "no liars, no faults", options: { liars: 0, faults: [] } }],
  [
    "crashes",
    {
      summary: "validators are killed and come back, at persistence points too",
      options: { liars: 0, faults: ["crash", "power-cut", "pause"] },
    },
  ],
  [
    "disks",
    {
      summary: "writes fail, tear and get lost; disks lie, are lost, or are put back old",
      options: {
        liars: 0,
        faults: ["power-cut", "disk-error", "lying-disk", "lost-disk", "old-disk"],
      },
    },
  ],
  [
    "partitions",
    {
      summary: "partitions, one-way cuts, flapping links, bridges, slow links",
      options: { liars: 0, faults: ["partition", "one-way-cut", "flapping", "bridge", "slow"] },
    },
  ],
  [
    "clocks",
    {
      summary: "clocks jump either way and stand still",
      options: { liars: 0, faults: ["clock-step", "clock-freeze"] },
    },
  ],
  [
    "beyond-bounds",
    {
      summary: "f+1 liars collude: a fork is possible, their guilt must be provable",
      options: { liars: 2, validators: 4, faults: [] },
    },
  ],
];

/** Mixes, each behaviour as the certain part of a mix, and what is drawn otherwise. */
export const SCENARIOS: ReadonlyMap<string, NamedScenario> = new Map<string, NamedScenario>([
  ...mixes.map(([name, mix]) => [name, scenarioOf(mix)] as const),
  [
    "power-cuts",
    {
      summary: "each validator in turn loses its power at a disk operation, on slow disks",
      draw: drawPowerCuts,
    },
  ],
  ...[...BEHAVIOURS.values()].map(({ name, summary }) => {
    return [name, scenarioOf({ summary, options: { behaviour: name } })] as const;
  }),
]);

function scenarioOf({ summary, options }: Mix): NamedScenario {
  return { summary, draw: (seed, given) => drawPlan(seed, { ...options, ...given }) };
}
