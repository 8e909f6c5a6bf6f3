// The block that a halt is about, with what this validator computed for it: from the ledger as long as the block is not
// final, from the memory of uncertified blocks after that.

import type { Halt } from "../../consensus/index.ts";
import { encode, equalBytes, type Hash } from "../../crypto/index.ts";
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
): Pick<Contradiction, "block" | "computed"> {
  // Of two blocks at one height the other validators have the other one.
  const hash = reason === "conflicting-commit" ? ours : cert?.block;
  if (hash === undefined) return {};
  return { block: blockBytes(hash, memory), computed: computedFor(hash, memory) };
}

function blockBytes(hash: Hash, { inventory, blocks }: Memory): Uint8Array | undefined {
  const held = inventory.blockWithBodies(hash);
  return held === undefined ? blocks.blockByHash(hash)?.bytes : encode(blockWithBodiesCodec, held);
}

function computedFor(
  hash: Hash,
  { ledger, inventory, uncertified }: Memory,
): ComputedBlock | undefined {
  const execution = ledger.execution(hash);
  const changes = ledger.changesOf(hash);
  if (execution !== undefined && changes !== undefined) {
    const { stateRoot, receipts } = execution;
    const parent = inventory.blockWithBodies(hash)?.block.parent;
    const { committed } = ledger;
    const isOnTip = parent !== undefined && equalBytes(committed.hash, parent);
    const parentRoot = isOnTip ? committed.stateRoot : undefined;
    return { hash, parent, parentRoot, stateRoot, receipts, changes };
  }
  const final = uncertified.find(hash);
  return final && { ...final, parent: final.block.parent };
}
