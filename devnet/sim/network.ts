// The simulated network: every message is delayed, some are lost or come twice, links can be cut in one direction, and
// a node can be slow or stand still. What comes earlier may be overtaken by what comes later. Each link may be worse than
// the rest, and draws that from a random stream of its own.

import { type Random, randomStream } from "../random/index.ts";
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

/** What one direction of a link adds to the mood of the network. */
export type LinkFaults = {
  readonly delayMs: number;
  /** On top of `delayMs`, drawn anew each time. */
  readonly jitterMs: number;
  /** Probabilities, 0..1. */
  readonly loss: number;
  readonly duplication: number;
  /** Undefined: as much as there is. */
  readonly bytesPerMs: number | undefined;
};

export const SOUND_LINK: LinkFaults = {
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  duplication: 0,
  bytesPerMs: undefined,
};

/** What would wait longer for a link that is too narrow is lost: queues end somewhere. */
export const MAX_BACKLOG_MS = 10_000;

const ON_TIME: readonly number[] = [0];

type FaultyLink = { readonly faults: LinkFaults; readonly random: Random; busyUntilMs: number };

export class SimulatedNetwork {
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #seed: number;
  /** By `from to`. */
  readonly #faulty = new Map<string, FaultyLink>();
  /** How many faults hold a link down at once, by `from to`. */
  readonly #cuts = new Map<string, number>();
  readonly #slowMs = new Map<NodeId, number>();
  #mood: NetworkMood;
  #delivered = 0;

  constructor(agenda: Agenda, seed: number, mood: NetworkMood) {
    this.#agenda = agenda;
    this.#random = randomStream(seed, "network");
    this.#seed = seed;
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

  /** From now on; `SOUND_LINK` ends it. */
  impair(from: NodeId, to: NodeId, faults: LinkFaults): void {
    const key = `${from} ${to}`;
    const known = this.#faulty.get(key);
    const random = known?.random ?? randomStream(this.#seed, `link ${key}`);
    this.#faulty.set(key, { faults, random, busyUntilMs: known?.busyUntilMs ?? 0 });
  }

  heal(): void {
    this.#cuts.clear();
    this.#slowMs.clear();
    for (const [key, link] of this.#faulty) this.#faulty.set(key, { ...link, faults: SOUND_LINK });
  }

  /** `bytes`: how long it is, asked only where a link is narrow. */
  send(
    link: { readonly from: NodeId; readonly to: NodeId; readonly bytes?: () => number },
    deliver: () => void,
    extraMs = 0,
  ): void {
    const { from, to } = link;
    const copies = this.#random.chance(this.#mood.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.chance(this.#mood.loss)) continue;
      const delayMs = this.#random.between(this.#mood.minDelayMs, this.#mood.maxDelayMs);
      const slowMs = (this.#slowMs.get(from) ?? 0) + (this.#slowMs.get(to) ?? 0);
      for (const faultMs of this.#delays(link)) {
        this.#agenda.after(delayMs + slowMs + extraMs + faultMs, () => {
          // A cut takes what is under way too.
          if (this.isCut(from, to)) return;
          this.#delivered += 1;
          deliver();
        });
      }
    }
  }

  /** What a faulty link adds, for each copy that it lets through. */
  #delays(link: {
    readonly from: NodeId;
    readonly to: NodeId;
    readonly bytes?: () => number;
  }): readonly number[] {
    const faulty = this.#faulty.get(`${link.from} ${link.to}`);
    if (faulty === undefined || faulty.faults === SOUND_LINK) return ON_TIME;
    const { faults, random } = faulty;
    if (random.chance(faults.loss)) return [];
    const waitMs = this.#queued(faulty, link.bytes);
    if (waitMs > MAX_BACKLOG_MS) return [];
    const copies = random.chance(faults.duplication) ? 2 : 1;
    return Array.from({ length: copies }, () => {
      return waitMs + faults.delayMs + random.between(0, faults.jitterMs);
    });
  }

  /** Takes its turn on a narrow link; answers how long until it is through. */
  #queued(link: FaultyLink, bytes: (() => number) | undefined): number {
    const { now } = this.#agenda;
    const { bytesPerMs } = link.faults;
    if (bytesPerMs === undefined || bytes === undefined) return 0;
    const doneMs = Math.max(now, link.busyUntilMs) + bytes() / bytesPerMs;
    if (doneMs - now <= MAX_BACKLOG_MS) link.busyUntilMs = doneMs;
    return doneMs - now;
  }
}
