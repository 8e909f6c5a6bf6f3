// Final blocks that no certificate of their own has confirmed yet: what this validator computed for each is remembered
// for a while, because a certificate that comes late may still say that it was wrong.

import { equalBytes, type Hash } from "../../crypto/index.ts";
import type { FinalBlock } from "../replica/index.ts";

/** A certificate that comes later than this many blocks finds only the receipts, on disk. */
const REMEMBERED_HEIGHTS = 8;

export class UncertifiedBlocks {
  /** The oldest first, one a height. */
  #blocks: readonly FinalBlock[] = [];

  /** Every final block in order, certified or not. */
  note(final: FinalBlock): void {
    const oldest = final.block.height - REMEMBERED_HEIGHTS;
    const kept = this.#blocks.filter(({ block }) => block.height > oldest);
    this.#blocks = final.cert === undefined ? [...kept, final] : kept;
  }

  find(hash: Hash): FinalBlock | undefined {
    return this.#blocks.find((final) => equalBytes(final.hash, hash));
  }
}
