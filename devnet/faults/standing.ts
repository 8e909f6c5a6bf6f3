// Who still counts as honest, and who as reliable: commands change it, and nothing changes it back but a command that
// turned out to be refused.

import { type FaultCommand, makesUnreliable, mayFail, type Victim, victimsOf } from "./command.ts";

export class Standing {
  readonly validators: number;
  /** What each was told to do, all of it, in the order in which it was told. */
  readonly #told = new Map<Victim, Set<string>>();
  /** May contradict themselves: they lie, or have forgotten unawares what they signed. */
  readonly #dishonest = new Set<Victim>();
  /** Count among the f. */
  readonly #unreliable = new Set<Victim>();

  constructor(validators: number) {
    this.validators = validators;
  }

  /** Before a command is obeyed: what its victims say from then on counts no more. What it returns takes that back. */
  note(command: FaultCommand): () => void {
    if (!makesUnreliable(command.verb) || !("who" in command)) return () => {};
    const added: (() => void)[] = [];
    const add = <T>(set: Set<T>, member: T) => {
      if (set.has(member)) return;
      set.add(member);
      added.push(() => set.delete(member));
    };
    for (const victim of victimsOf(command.who, this.validators)) {
      add(this.#unreliable, victim);
      if (command.verb !== "lose-disk") add(this.#dishonest, victim);
      if (command.verb !== "lie") continue;
      const ways = this.#told.get(victim) ?? new Set();
      for (const way of command.ways) add(ways, way);
      this.#told.set(victim, ways);
    }
    return () => {
      for (const remove of added) remove();
    };
  }

  /** Whoever was told to lie, and how. */
  get liars(): readonly { readonly validator: Victim; readonly ways: readonly string[] }[] {
    const told = [...this.#told].filter(([, ways]) => ways.size > 0);
    return told.map(([validator, ways]) => ({ validator, ways: [...ways] }));
  }

  get dishonest(): ReadonlySet<Victim> {
    return this.#dishonest;
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
    return mayFail(this.validators);
  }

  get isWithinBounds(): boolean {
    return this.#unreliable.size <= this.maxFaulty;
  }
}
