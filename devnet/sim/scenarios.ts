// Scenarios by name: which part of the swarm each one draws from.

import { BEHAVIOURS } from "./behaviours/index.ts";
import type { SwarmOptions } from "./swarm.ts";

export type NamedScenario = { readonly summary: string; readonly options: SwarmOptions };

const mixes: readonly (readonly [string, NamedScenario])[] = [
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

/** Mixes, and each behaviour as the certain part of a mix. */
export const SCENARIOS: ReadonlyMap<string, NamedScenario> = new Map([
  ...mixes,
  ...[...BEHAVIOURS.values()].map(
    ({ name, summary }) => [name, { summary, options: { behaviour: name } }] as const,
  ),
]);
