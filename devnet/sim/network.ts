// The simulated network: every message is delayed, some are lost or come twice, and links can be cut in one direction.

import type { ValidatorIndex } from "../../consensus/index.ts";
import type { Agenda } from "./agenda.ts";
import type { Random } from "./random.ts";

export type NetworkMood = {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Probabilities, 0..1. */
  readonly loss: number;
  readonly duplication: number;
};

export const CALM: NetworkMood = { minDelayMs: 1, maxDelayMs: 5, loss: 0, duplication: 0 };

export class SimulatedNetwork {
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #cuts = new Set<string>();
  #mood: NetworkMood;
  #delivered = 0;

  constructor(agenda: Agenda, random: Random, mood: NetworkMood) {
    this.#agenda = agenda;
    this.#random = random;
    this.#mood = mood;
  }

  get delivered(): number {
    return this.#delivered;
  }

  set mood(mood: NetworkMood) {
    this.#mood = mood;
  }

  /** Nothing passes from `from` to `to` any more. */
  cut(from: ValidatorIndex, to: ValidatorIndex): void {
    this.#cuts.add(`${from} ${to}`);
  }

  /** Only members of the same group hear each other. */
  partition(groups: readonly (readonly ValidatorIndex[])[]): void {
    this.#cuts.clear();
    for (const group of groups) {
      for (const others of groups.filter((other) => other !== group)) {
        for (const from of group) for (const to of others) this.cut(from, to);
      }
    }
  }

  heal(): void {
    this.#cuts.clear();
  }

  send(from: ValidatorIndex, to: ValidatorIndex, deliver: () => void): void {
    const copies = this.#random.chance(this.#mood.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.chance(this.#mood.loss)) continue;
      const delayMs = this.#random.between(this.#mood.minDelayMs, this.#mood.maxDelayMs);
      this.#agenda.after(delayMs, () => {
        // A cut takes what is under way too.
        if (this.#cuts.has(`${from} ${to}`)) return;
        this.#delivered += 1;
        deliver();
      });
    }
  }
}
