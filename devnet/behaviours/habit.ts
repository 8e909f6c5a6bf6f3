// What a liar does on its own initiative, again and again while it is up: at most so many times a life.

import type { Control, Tactics } from "./behaviour.ts";

export const MAX_ACTS = 400;

/** The `started` of a behaviour that acts every so often. */
export function habit(
  { after, maxActs = MAX_ACTS }: Control,
  everyMs: number,
  act: () => void,
): NonNullable<Tactics["started"]> {
  let life = 0;
  const again = (mine: number, left: number) => {
    after(everyMs, () => {
      // A restart begins anew; what an earlier life had planned is off.
      if (mine !== life) return;
      act();
      if (left > 1) again(mine, left - 1);
    });
  };
  return () => {
    life += 1;
    again(life, maxActs);
  };
}
