// Each honest node's final blocks: one height after the other, each on the one before; after a restart on from what its
// disk gave back, and whatever comes again is the same as before.

import type { NodeId } from "../observation.ts";
import type { OracleMaker } from "./oracle.ts";
import { shortWord, wordOf } from "./words.ts";

/** `words` by height, from genesis; `height` is where the present life stands. */
type Progress = { readonly words: string[]; height: number };

export const contiguity: OracleMaker = (premises, report) => {
  const genesis = wordOf(premises.genesisBlock);
  const nodes = new Map<NodeId, Progress>();
  const progressOf = (node: NodeId): Progress => {
    const progress = nodes.get(node) ?? { words: [genesis], height: 0 };
    nodes.set(node, progress);
    return progress;
  };
  return {
    name: "contiguity",
    observe: (seen) => {
      if (!premises.isHonest(seen.by)) return;
      if (seen.type === "started") {
        const progress = progressOf(seen.by);
        const highest = progress.words.length - 1;
        if (seen.height > highest) {
          report(`v${seen.by} starts at height ${seen.height}, and ever reported ${highest}`);
        }
        progress.height = seen.height;
      }
      if (seen.type !== "final") return;
      const { block, hash } = seen.final;
      const progress = progressOf(seen.by);
      const { words, height } = progress;
      const where = `v${seen.by}, height ${block.height}`;
      if (block.height !== height + 1) report(`${where} follows on height ${height}`);
      const parent = words[block.height - 1];
      const named = wordOf(block.parent);
      if (parent !== undefined && named !== parent) {
        report(`${where}: parent ${shortWord(named)}, and ${shortWord(parent)} was final there`);
      }
      const word = wordOf(hash);
      const before = words[block.height];
      if (before !== undefined && before !== word) {
        report(`${where}: block ${shortWord(word)}, and in an earlier life ${shortWord(before)}`);
      }
      words[block.height] = word;
      progress.height = block.height;
    },
  };
};
