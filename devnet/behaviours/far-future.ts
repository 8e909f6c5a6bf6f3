// Far future (9): votes, timeouts, proposals and decisions of views and heights that nobody can have reached, by one, by
// the window of views that is kept, by 2^31, as far as numbers go; and own blocks whose timestamps lie far off.
// What must hold: nobody moves to a view without a certificate for it, buffers stay bounded, time-warped blocks cost at
// most their view.

import type { Block } from "../../consensus/index.ts";
import type { Behaviour } from "./behaviour.ts";
import { clamped, FARTHEST, farOff } from "./far-off.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, type Wording, withLies } from "./wording.ts";

/** Around the drift that validators allow, and far beyond. */
const WARPS_MS = [-FARTHEST, -3_600_000, -1, 4_900, 5_001, 3_600_000, FARTHEST];

export const farFuture: Behaviour = {
  name: "far-future",
  word: "far-future",
  catalogue: [9],
  summary: "speaks of views, heights and times that nobody has reached",
  adopt: (control) => {
    const { random } = control;
    const rate = random.pick([0.2, 0.5, 1]);
    const warpRate = random.pick([0, 0.3, 1]);
    const substitutes = new Substitutes(control);
    const reword = (wording: Wording): readonly Wording[] => {
      const { message, ids } = wording;
      if (message.type === "proposal" && random.chance(warpRate)) {
        const block = warped(message.block, random.pick(WARPS_MS));
        return [substitutes.propose(message, { block, ids })];
      }
      const own = message.type === "vote" ? substitutes.vote(message) : message;
      const lies = random.chance(rate) ? farOff(control, own) : [];
      return withLies({ message: own, ids }, lies);
    };
    return {
      outgoing: (deliveries) => reworded(deliveries, reword),
      answer: (_, question, honest) => substitutes.answer(question, honest),
    };
  },
};

function warped(block: Block, byMs: number): Block {
  return { ...block, timestampMs: clamped(block.timestampMs + byMs) };
}
