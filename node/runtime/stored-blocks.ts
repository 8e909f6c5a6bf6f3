// The block store as the answering side of sync reads it.

import type { Height } from "../../crypto/index.ts";
import type { BlockStore } from "../storage/index.ts";
import type { StoredBlocks } from "../sync/index.ts";

export function storedBlocks(blockStore: BlockStore): StoredBlocks {
  return {
    finalHeight: () => blockStore.finalHeight() ?? (0 as Height),
    blockByHash: (hash) => blockStore.blockByHash(hash)?.bytes,
    blockAt: (height) => blockStore.blockAt(height)?.bytes,
    certificateAt: (height) => blockStore.certificateAt(height),
  };
}
