// Links that come and go: which of them are down right now. The first thing that a flap does is to cut.

import type { Flap } from "../faults/index.ts";

type Phase = { readonly timer: NodeJS.Timeout; isDown: boolean };

export class Flapping {
  readonly #changed: () => void;
  readonly #phases = new Map<string, Phase>();

  /** `changed`: a link has come or gone by itself. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** These and no others flap from now on; those that did already keep their beat. */
  follow(flaps: readonly Flap[]): void {
    const wanted = new Map(flaps.map((flap) => [nameOf(flap), flap]));
    for (const [name, { timer }] of this.#phases) {
      if (wanted.has(name)) continue;
      clearInterval(timer);
      this.#phases.delete(name);
    }
    for (const [name, { everyMs }] of wanted) {
      if (!this.#phases.has(name)) this.#phases.set(name, this.#begin(everyMs));
    }
  }

  isDown(flap: Flap): boolean {
    return this.#phases.get(nameOf(flap))?.isDown ?? false;
  }

  stop(): void {
    this.follow([]);
  }

  #begin(everyMs: number): Phase {
    const timer = setInterval(() => {
      phase.isDown = !phase.isDown;
      this.#changed();
    }, everyMs).unref();
    const phase = { timer, isDown: true };
    return phase;
  }
}

function nameOf({ between, everyMs }: Flap): string {
  return `${between.join("-")} ${everyMs}`;
}
