// An honest validator stops for good only when the liars are more than the protocol bears.

import type { OracleMaker } from "./oracle.ts";
import { short } from "./words.ts";

export const halts: OracleMaker = (premises, report) => ({
  name: "halts",
  observe: (seen) => {
    if (seen.type !== "halted" || !premises.isWithinBounds || !premises.isHonest(seen.by)) return;
    const { reason, height, view, ours, theirs } = seen.halt;
    const what = `ours ${short(ours)}, theirs ${short(theirs)}`;
    report(`v${seen.by} halted: ${reason} at height ${height}, view ${view}: ${what}`);
  },
});
