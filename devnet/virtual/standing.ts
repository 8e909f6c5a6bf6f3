// Who still counts as honest, and who as reliable: commands change it, and nothing changes it back.

import { type FaultCommand, type Victim, victimsOf } from "../faults/index.ts";
import { type Premises, premisesOf, type Simulation } from "../sim/index.ts";

export class Standing {
  readonly validators: number;
  /** What each was told to do, all of it, in the order in which it was told. */
  readonly told = new Map<Victim, Set<string>>();
  /** May contradict themselves: they lie, or have forgotten unawares what they signed. */
  readonly #dishonest = new Set<Victim>();
  /** Count among the f. */
  readonly #unreliable = new Set<Victim>();

  constructor(validators: number) {
    this.validators = validators;
  }

  note(command: FaultCommand): void {
    if (command.verb === "lie") {
      for (const victim of victimsOf(command.who, this.validators)) {
        const ways = this.told.get(victim) ?? new Set();
        for (const way of command.ways) ways.add(way);
        this.told.set(victim, ways);
        this.#dishonest.add(victim);
        this.#unreliable.add(victim);
      }
    }
    if (command.verb === "rewind-disk" || command.verb === "lose-disk") {
      for (const victim of victimsOf(command.who, this.validators)) {
        if (command.verb === "rewind-disk") this.#dishonest.add(victim);
        this.#unreliable.add(victim);
      }
    }
  }

  isHonest(validator: Victim): boolean {
    return !this.#dishonest.has(validator);
  }

  get isAnybodyHonest(): boolean {
    return this.#dishonest.size < this.validators;
  }

  isReliable(validator: Victim): boolean {
    return !this.#unreliable.has(validator);
  }

  get maxFaulty(): number {
    return Math.floor((this.validators - 1) / 3);
  }

  get isWithinBounds(): boolean {
    return this.#unreliable.size <= this.maxFaulty;
  }
}

/** What oracles are told: it changes as commands come. `callsAny`: did anybody call more than transfers? */
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
      return callsAny() ? "any" : "transfers";
    },
  };
}
