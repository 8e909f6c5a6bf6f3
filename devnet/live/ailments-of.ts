// What one validator process is told of all that is declared.

import type { Ailments, LinkConditions } from "../ailing/index.ts";
import { type Declared, type Flap, isCutOff, type Victim, WELL } from "../faults/index.ts";

export type Moment = {
  readonly seed: number;
  /** Whether the links of this flap are down right now. */
  readonly isDown: (flap: Flap) => boolean;
};

/** What validator `self` is told. */
export function ailmentsOf(declared: Declared, self: Victim, { seed, isDown }: Moment): Ailments {
  const { validators, groups, cuts, flaps } = declared;
  const { sending, disk, clock, ways } = validators[self] ?? WELL;
  const down = flaps.filter(isDown);
  const liars = validators.flatMap((each, index) => (each.ways.length > 0 ? [index] : []));
  const links = validators.map((_, to): LinkConditions => {
    const isTogether =
      groups === undefined || groups.some((group) => group.includes(self) && group.includes(to));
    const flaps = down.some(({ between }) => between.includes(self) && between.includes(to));
    const isCut = to !== self && (!isTogether || flaps || isCutOff(cuts, self, to));
    return { ...sending, isCut };
  });
  return { links, clock, disk, ways, liars, seed: (seed ^ Math.imul(self + 1, 0x9e37_79b1)) >>> 0 };
}
