// The simulated network: every message is delayed, some are lost or come twice, links can be cut in one direction, and
// a node can be slow or stand still. What comes earlier may be overtaken by what comes later.

import type { Random } from "../random/index.ts";
import type { Agenda } from "./agenda.ts";
import type { NodeId } from "./observation.ts";

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
  /** How many faults hold a link down at once, by `from to`. */
  readonly #cuts = new Map<string, number>();
  readonly #slowMs = new Map<NodeId, number>();
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

  /** Nothing passes from `from` to `to` any more, until each cut is mended. */
  cut(from: NodeId, to: NodeId): void {
    const key = `${from} ${to}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
  }

  mend(from: NodeId, to: NodeId): void {
    const key = `${from} ${to}`;
    const left = (this.#cuts.get(key) ?? 0) - 1;
    if (left > 0) this.#cuts.set(key, left);
    else this.#cuts.delete(key);
  }

  isCut(from: NodeId, to: NodeId): boolean {
    return this.#cuts.has(`${from} ${to}`);
  }

  /** Only members of the same group hear each other. Answers the links that it cut. */
  partition(groups: readonly (readonly NodeId[])[]): readonly (readonly [NodeId, NodeId])[] {
    const links = groups.flatMap((group) =>
      groups
        .filter((other) => other !== group)
        .flatMap((others) => group.flatMap((from) => others.map((to) => [from, to] as const))),
    );
    for (const [from, to] of links) this.cut(from, to);
    return links;
  }

  /** Everything that this node sends or is sent takes longer by so much. */
  slow(node: NodeId, extraMs: number): void {
    if (extraMs > 0) this.#slowMs.set(node, extraMs);
    else this.#slowMs.delete(node);
  }

  heal(): void {
    this.#cuts.clear();
    this.#slowMs.clear();
  }

  send(
    link: { readonly from: NodeId; readonly to: NodeId },
    deliver: () => void,
    extraMs = 0,
  ): void {
    const { from, to } = link;
    const copies = this.#random.chance(this.#mood.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.chance(this.#mood.loss)) continue;
      const delayMs = this.#random.between(this.#mood.minDelayMs, this.#mood.maxDelayMs);
      const slowMs = (this.#slowMs.get(from) ?? 0) + (this.#slowMs.get(to) ?? 0);
      this.#agenda.after(delayMs + slowMs + extraMs, () => {
        // A cut takes what is under way too.
        if (this.isCut(from, to)) return;
        this.#delivered += 1;
        deliver();
      });
    }
  }
}
