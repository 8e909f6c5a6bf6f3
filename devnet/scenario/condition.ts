// Who can do its part at a moment, as far as the commands tell: the same bookkeeping for the check of the cast and for the
// random mix, which must leave a quorum of honest validators that hear each other.

import { type FaultCommand, makesUnreliable, type Victim, victimsOf } from "../faults/index.ts";

export class Condition {
  /** Lie, lied, or have forgotten what they signed: they count among the f for good. */
  readonly unreliable = new Set<Victim>();
  readonly liars = new Set<Victim>();
  readonly paused = new Set<Victim>();
  /** Their disks have been copied. */
  readonly copied = new Set<Victim>();
  readonly #validators: number;
  readonly #killed = new Set<Victim>();
  /** Have a sync to come that fails, or went down of one. */
  readonly #failing = new Set<Victim>();
  readonly #full = new Set<Victim>();
  /** By `from to`. */
  readonly #cuts = new Set<string>();
  readonly #flaps = new Set<string>();
  #groups: readonly (readonly Victim[])[] | undefined;

  constructor(validators: number) {
    this.#validators = validators;
  }

  obey(command: FaultCommand): void {
    switch (command.verb) {
      case "partition":
        this.#groups = command.groups;
        return;
      case "cut":
        for (const from of this.#all(command.from)) {
          for (const to of this.#all(command.to)) this.#cuts.add(`${from} ${to}`);
        }
        return;
      case "flap":
        this.#flaps.add(`${command.from} ${command.to}`);
        return;
      default:
        for (const victim of this.#all(command.who)) this.#befall(victim, command);
        if (command.verb === "heal" && command.who === "all") {
          this.#groups = undefined;
          this.#cuts.clear();
        }
    }
  }

  /** Too few for a quorum are left when there are more than f of these: unreliable, down, standing still, or cut off. */
  lost(): ReadonlySet<Victim> {
    const lost = new Set([...this.unreliable, ...this.#killed, ...this.#failing]);
    for (const victim of [...this.#full, ...this.paused]) lost.add(victim);
    if (this.#groups !== undefined) {
      const sizes = this.#groups.map((group) => group.filter((each) => !lost.has(each)));
      const largest = sizes.reduce((best, group) => (group.length > best.length ? group : best));
      for (const each of this.#all("all")) if (!largest.includes(each)) lost.add(each);
    }
    this.#loseCutOff(lost);
    return lost;
  }

  #befall(victim: Victim, command: FaultCommand): void {
    if (makesUnreliable(command.verb)) this.unreliable.add(victim);
    switch (command.verb) {
      case "kill":
        this.#killed.add(victim);
        this.paused.delete(victim);
        break;
      case "break-disk":
        this.#failing.add(victim);
        break;
      case "restart":
      case "lose-disk":
      case "rewind-disk":
        this.#killed.delete(victim);
        this.#failing.delete(victim);
        this.paused.delete(victim);
        break;
      case "pause":
        if (!this.#killed.has(victim)) this.paused.add(victim);
        break;
      case "resume":
        this.paused.delete(victim);
        break;
      case "fill-disk":
        this.#full.add(victim);
        break;
      case "copy-disk":
        this.copied.add(victim);
        break;
      case "lie":
        this.liars.add(victim);
        break;
      case "repent":
        this.liars.delete(victim);
        break;
      case "heal":
        this.#heal(victim);
        break;
      default:
        break;
    }
  }

  #heal(victim: Victim): void {
    const { paused, liars } = this;
    for (const set of [this.#killed, this.#failing, this.#full, paused, liars]) set.delete(victim);
    for (const link of this.#flaps) {
      if (link.split(" ").includes(String(victim))) this.#flaps.delete(link);
    }
  }

  /** Whoever is an end of most broken links goes first, until none is left: about the fewest, and quick. */
  #loseCutOff(lost: Set<Victim>): void {
    let broken = [...this.#cuts, ...this.#flaps].map((link) => link.split(" ").map(Number));
    for (;;) {
      broken = broken.filter((ends) => ends[0] !== ends[1] && !ends.some((end) => lost.has(end)));
      const worst = mostFrequent(broken.flat());
      if (worst === undefined) return;
      lost.add(worst);
    }
  }

  #all(who: readonly Victim[] | "all"): readonly Victim[] {
    return victimsOf(who, this.#validators);
  }
}

function mostFrequent(numbers: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  let best: number | undefined;
  for (const [number, count] of counts) {
    if (best === undefined || count > (counts.get(best) ?? 0)) best = number;
  }
  return best;
}
