// What a devnet promises while faults are in force: as long as a quorum is well and hears each other, blocks come.

import { quorumOf } from "../directory/index.ts";
import type { Declared } from "../faults/index.ts";
import { isWell } from "./in-force.ts";

/** Are too few well to go on for certain? */
export function mayStall({ validators, groups, cuts, flaps }: Declared): boolean {
  const isAlone = (index: number) =>
    cuts.some(({ from, to }) => from === index || to === index) ||
    flaps.some(({ between }) => between.includes(index));
  const well = validators.flatMap((faults, index) => {
    return isWell(faults) && !isAlone(index) ? [index] : [];
  });
  const together = (groups ?? [well]).map((group) => {
    return group.filter((index) => well.includes(index)).length;
  });
  return Math.max(0, ...together) < quorumOf(validators.length);
}
