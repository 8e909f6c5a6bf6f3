// One sentence for people whose chain stands still, or agrees on no state: what is there, what is not, and who is silent.

import {
  type EngineStatus,
  UNKNOWN_PAST,
  type ValidatorIndex,
  type ValidatorSet,
} from "../../consensus/index.ts";

export type Standstill = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex;
  readonly connected: readonly ValidatorIndex[];
  readonly status: EngineStatus;
};

/**
 * Such as "timeouts 2 of 3 in view 41; silent: v2 (not connected), v3". Counts are of voting power.
 * While we must not sign ourselves, why.
 */
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
  const heardOf = silent.length === 0 ? have : `${have}; silent: ${silent.join(", ")}`;
  const why = whySilent(status);
  return why === undefined ? heardOf : `${heardOf}; ${why}`;
}

/** Now and then a block becomes final by the certificate of the next one. */
const MANY_BLOCKS = 16;

/** Of final blocks in a row whose states no quorum has signed. Undefined while they are few. */
export function uncertifiedSentence(blocks: number): string | undefined {
  if (blocks < MANY_BLOCKS) return undefined;
  return (
    `no quorum has signed the state after any of the last ${blocks} blocks, so nothing can be proven: ` +
    "the validators' states differ, or commit votes get lost; stop two of them and run quorate diagnose"
  );
}

/** Undefined for a validator that signs. */
function whySilent({ view, silentThrough }: EngineStatus): string | undefined {
  if (view > silentThrough) return undefined;
  const until =
    silentThrough === UNKNOWN_PAST
      ? "until enough others have said how far they are"
      : `through view ${silentThrough}`;
  return `we sign nothing ${until}: without a safety record, this key may have signed before`;
}
