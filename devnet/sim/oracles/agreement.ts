// At each height, all honest nodes call the same block final, with the same state after it, in all of their lives.

import type { OracleMaker } from "./oracle.ts";
import { short, wordOf } from "./words.ts";

type Said = { readonly word: string; readonly what: string; readonly by: number };

export const agreement: OracleMaker = (premises, report) => {
  const byHeight = new Map<number, Said>();
  return {
    name: "agreement",
    observe: (seen) => {
      if (seen.type !== "final" || !premises.isHonest(seen.by) || !premises.isWithinBounds) return;
      const { block, hash, stateRoot } = seen.final;
      const word = wordOf(hash) + wordOf(stateRoot);
      const earlier = byHeight.get(block.height);
      if (earlier?.word === word) return;
      const what = `block ${short(hash)} with state ${short(stateRoot)}`;
      if (earlier === undefined) {
        byHeight.set(block.height, { word, what, by: seen.by });
        return;
      }
      report(
        `height ${block.height}: v${earlier.by} has ${earlier.what} final, v${seen.by} ${what}`,
      );
    },
  };
};
