// What is declared of the links between simulated validators: partition, cuts, flapping, and what each sender suffers from.
// Each change is brought to the network at once.

import type { Victim } from "../faults/index.ts";
import { type LinkFaults, type Simulation, SOUND_LINK } from "../sim/index.ts";

type Flap = { readonly ends: readonly [Victim, Victim]; isDown: boolean; isOver: boolean };

export class Links {
  readonly #simulation: Simulation;
  readonly #sending: LinkFaults[];
  /** One may be in several groups, and is a bridge then; whoever is in none hears nobody. */
  #groups: readonly (readonly Victim[])[] | undefined;
  /** By `from to`. */
  readonly #cuts = new Set<string>();
  readonly #flaps: Flap[] = [];
  /** What the network holds cut for us. */
  readonly #down = new Set<string>();

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#sending = simulation.validators.map(() => SOUND_LINK);
  }

  partition(groups: readonly (readonly Victim[])[]): void {
    this.#groups = groups;
    this.#settle();
  }

  cut(from: readonly Victim[], to: readonly Victim[]): void {
    for (const left of from) for (const right of to) this.#cuts.add(`${left} ${right}`);
    this.#settle();
  }

  /** Replaces what was declared of the same two. */
  flap(one: Victim, other: Victim, everyMs: number): void {
    this.#endFlaps(({ ends }) => ends.includes(one) && ends.includes(other));
    const flap: Flap = { ends: [one, other], isDown: false, isOver: false };
    this.#flaps.push(flap);
    const toggle = () => {
      if (flap.isOver) return;
      flap.isDown = !flap.isDown;
      this.#settle();
      this.#simulation.agenda.after(everyMs, toggle);
    };
    toggle();
  }

  /** Of all that this one sends. */
  worsen(from: Victim, faults: Partial<LinkFaults>): void {
    this.#impair(from, { ...(this.#sending[from] ?? SOUND_LINK), ...faults });
  }

  /** Partition and cuts stay: they are nobody's in particular. */
  heal(who: readonly Victim[]): void {
    for (const each of who) this.#impair(each, SOUND_LINK);
    this.#endFlaps(({ ends }) => ends.some((end) => who.includes(end)));
    this.#settle();
  }

  healAll(): void {
    this.#groups = undefined;
    this.#cuts.clear();
    this.heal([...this.#sending.keys()]);
  }

  /** Is any of its links down? */
  touches(victim: Victim): boolean {
    return [...this.#down].some((key) => key.split(" ").includes(String(victim)));
  }

  /** For people, when a chain does not move. */
  get summary(): string | undefined {
    const { size } = this.#down;
    if (size === 0) return undefined;
    const groups = this.#groups?.map((group) => group.join(",")).join("/");
    return groups === undefined ? `${size} links are cut` : `partition ${groups}`;
  }

  #impair(from: Victim, faults: LinkFaults): void {
    this.#sending[from] = faults;
    for (const to of this.#sending.keys()) {
      if (to !== from) this.#simulation.network.impair(from, to, faults);
    }
  }

  #endFlaps(isMeant: (flap: Flap) => boolean): void {
    for (const flap of this.#flaps.filter(isMeant)) {
      flap.isOver = true;
      this.#flaps.splice(this.#flaps.indexOf(flap), 1);
    }
  }

  #settle(): void {
    const { network } = this.#simulation;
    for (const from of this.#sending.keys()) {
      for (const to of this.#sending.keys()) {
        const key = `${from} ${to}`;
        const isDown = from !== to && this.#isDown(from, to);
        if (isDown === this.#down.has(key)) continue;
        if (isDown) {
          this.#down.add(key);
          network.cut(from, to);
        } else {
          this.#down.delete(key);
          network.mend(from, to);
        }
      }
    }
  }

  #isDown(from: Victim, to: Victim): boolean {
    if (this.#cuts.has(`${from} ${to}`)) return true;
    const groups = this.#groups;
    const isTogether =
      groups === undefined || groups.some((group) => group.includes(from) && group.includes(to));
    if (!isTogether) return true;
    return this.#flaps.some(({ ends, isDown }) => {
      return isDown && ends.includes(from) && ends.includes(to);
    });
  }
}
