// Which final blocks keep a proof of what the state says of them, so that receipts can be proven when that state is no
// longer readable: those with receipts, and those after a block that has no certificate to end a proof at.

import type { Height } from "../../crypto/index.ts";
import { LAST_BLOCK_KEY, type Ledger, type MapProof } from "../ledger/index.ts";
import type { BlockStore } from "../storage/index.ts";

export type KeptProofSources = {
  readonly ledger: Pick<Ledger, "proveAt">;
  readonly blockStore: Pick<BlockStore, "certificateAt">;
};

/** To be asked when the block has just become final; undefined: nothing to keep. */
export function keptProof(
  { ledger, blockStore }: KeptProofSources,
  block: { readonly height: Height; readonly receipts: readonly unknown[] },
): MapProof | undefined {
  const { height, receipts } = block;
  if (receipts.length === 0 && !followsUncertified(blockStore, height)) return undefined;
  return ledger.proveAt(height, LAST_BLOCK_KEY)?.proof;
}

function followsUncertified(blockStore: KeptProofSources["blockStore"], height: Height): boolean {
  const parent = (height - 1) as Height;
  return parent > 0 && blockStore.certificateAt(parent) === undefined;
}
