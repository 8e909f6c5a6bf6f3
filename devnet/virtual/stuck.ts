// Why a chain does not move, in a sentence: who is not there, what is cut, and how far the others have come.

import type { Case } from "./judgement.ts";
import { stateOf } from "./judgement.ts";

export function whatIsMissing({ simulation, chronicle }: Case, links?: string): string {
  const { quorumPower, members } = simulation.chain.validators;
  const absent = simulation.validators.flatMap((each) => {
    const state = stateOf(each);
    if (state === "running") return [];
    const why = state === "paused" ? undefined : chronicle.lastEnds.get(each.node);
    return [`v${each.node} is ${state}${why === undefined ? "" : ` (${why})`}`];
  });
  const running = members.length - absent.length;
  const heights = simulation.validators.map(({ node }) => {
    return chronicle.lastFinals.get(node)?.height ?? 0;
  });
  return [
    `${running} of ${members.length} validators are up, ${quorumPower} are needed`,
    ...absent,
    ...(links === undefined ? [] : [links]),
    `heights ${heights.join(", ")}, view ${chronicle.highestView}`,
  ].join("; ");
}
