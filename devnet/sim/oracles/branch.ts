// The one chain that honest nodes report: each height once, from whoever says it first, as long as it goes on from the
// block before. What does not fit is for agreement and contiguity to judge.

import { equalBytes } from "../../../crypto/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import type { Observation } from "../observation.ts";
import type { Premises } from "./oracle.ts";

/** The block before; genesis for the first. */
export type Below = {
  readonly hash: Uint8Array;
  readonly height: number;
  readonly view: number;
  readonly timestampMs: number;
};

export function followBranch(
  premises: Premises,
  take: (final: FinalBlock, below: Below) => void,
): (seen: Observation) => void {
  let below: Below = {
    hash: premises.genesisBlock,
    height: 0,
    view: 0,
    timestampMs: premises.genesisTimeMs,
  };
  return (seen) => {
    if (seen.type !== "final" || !premises.isHonest(seen.by)) return;
    const { block, hash } = seen.final;
    if (block.height !== below.height + 1 || !equalBytes(block.parent, below.hash)) return;
    take(seen.final, below);
    below = { hash, height: block.height, view: block.view, timestampMs: block.timestampMs };
  };
}
