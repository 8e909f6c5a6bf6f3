// The block that a halt is about, with what this validator computed for it and for those below that are not final either:
// from the ledger as long as the block is not final, from the memory of uncertified blocks after that.

import type { Halt } from "../../consensus/index.ts";
import { encode, type Hash } from "../../crypto/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Inventory } from "../replica/index.ts";
import type { BlockStore } from "../storage/index.ts";
import { blockWithBodiesCodec } from "../sync/index.ts";
import type { Contradiction } from "./halt.ts";
import type { ComputedBlock } from "./halt-bundle.ts";
import type { UncertifiedBlocks } from "./uncertified-blocks.ts";

export type Memory = {
  readonly ledger: Ledger;
  readonly inventory: Pick<Inventory, "blockWithBodies">;
  readonly blocks: Pick<BlockStore, "blockByHash">;
  readonly uncertified: UncertifiedBlocks;
};

export function contradictedBlock(
  { reason, ours, cert }: Halt,
  memory: Memory,
): Pick<Contradiction, "block" | "computed" | "below"> {
  // Of two blocks at one height the other validators have the other one.
  const hash = reason === "conflicting-commit" ? ours : cert?.block;
  if (hash === undefined) return {};
  const unfinal = computedOnPath(hash, memory);
  return {
    block: blockBytes(hash, memory),
    computed: unfinal.at(-1) ?? computedWhenFinal(hash, memory),
    below: unfinal.slice(0, -1),
  };
}

function blockBytes(hash: Hash, { inventory, blocks }: Memory): Uint8Array | undefined {
  const held = inventory.blockWithBodies(hash);
  return held === undefined ? blocks.blockByHash(hash)?.bytes : encode(blockWithBodiesCodec, held);
}

/** From the oldest block that is not final to this one. A certificate of a later block may come first. */
function computedOnPath(hash: Hash, { ledger }: Memory): readonly ComputedBlock[] {
  const path = ledger.pathTo(hash);
  return path.flatMap((tip, index) => {
    const execution = ledger.execution(tip.hash);
    const changes = ledger.changesOf(tip.hash);
    if (execution === undefined || changes === undefined) return [];
    const { hash: parent, stateRoot: parentRoot } = path[index - 1] ?? ledger.committed;
    const { stateRoot, receipts } = execution;
    return [
      { hash: tip.hash, height: tip.height, parent, parentRoot, stateRoot, receipts, changes },
    ];
  });
}

function computedWhenFinal(hash: Hash, { uncertified }: Memory): ComputedBlock | undefined {
  const final = uncertified.find(hash);
  return final && { ...final, height: final.block.height, parent: final.block.parent };
}
