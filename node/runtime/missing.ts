// One sentence for people whose chain stands still: which votes are there, which are not, and who is silent.

import type { EngineStatus, ValidatorIndex, ValidatorSet } from "../../consensus/index.ts";

export type Standstill = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex;
  readonly connected: readonly ValidatorIndex[];
  readonly status: EngineStatus;
};

/** Such as "timeouts 2 of 3 in view 41; silent: v2 (not connected), v3". Counts are of voting power. */
export function missingSentence({ validators, self, connected, status }: Standstill): string {
  const { view, voters, timeouts } = status;
  const kind = timeouts.length > 0 ? "timeouts" : "votes";
  const heard = timeouts.length > 0 ? timeouts : voters;
  const power = heard.reduce((sum, index) => sum + (validators.members[index]?.power ?? 0), 0);
  const silent = validators.members
    .map((_, index) => index)
    .filter((index) => index !== self && !heard.includes(index))
    .map((index) => (connected.includes(index) ? `v${index}` : `v${index} (not connected)`));
  const have = `${kind} ${power} of ${validators.quorumPower} in view ${view}`;
  return silent.length === 0 ? have : `${have}; silent: ${silent.join(", ")}`;
}
