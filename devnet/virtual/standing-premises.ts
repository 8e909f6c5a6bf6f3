// What the oracles take for granted of a virtual devnet: it changes as commands come.

import type { Standing } from "../faults/index.ts";
import { type Premises, premisesOf, type Simulation } from "../sim/index.ts";

/** What oracles are told: it changes as commands come. `callsAny`: may anybody have called what no model knows? */
export function standingPremises(
  simulation: Simulation,
  standing: Standing,
  callsAny: () => boolean,
): Premises {
  const { rules, leaders, validators } = simulation.chain.options;
  const beginning = premisesOf(simulation, {
    ...{ liars: [], timeline: [] },
    ...{ validators, rules, leaders },
  });
  return {
    ...beginning,
    isHonest: (node) => standing.isHonest(simulation.validatorOf(node)),
    get isWithinBounds() {
      return standing.isWithinBounds;
    },
    get calls() {
      return callsAny() ? "any" : "modelled";
    },
  };
}
