// Lying sync (15): answers questions with wrong, cut, holed, swollen, forged or no answers: always in the same way, or in
// another way each time; tells of tips that do not exist.
// What must hold: an answer is believed only as far as hashes and certificates prove it; one honest peer is enough to
// catch up.

import type { Answer, BlockWithBodies } from "../../node/sync/index.ts";
import type { Behaviour } from "./behaviour.ts";
import { habit } from "./habit.ts";
import { MAX_REMEMBERED } from "./hearsay.ts";
import { certifiedByLiars, nowhere, WAYS, wrongAnswer } from "./sync-lies.ts";

export const lyingSync: Behaviour = {
  name: "lying-sync",
  word: "lie-in-sync",
  catalogue: [15],
  summary: "answers questions for blocks and bodies with lies, or not at all",
  adopt: (control) => {
    const { random } = control;
    const honesty = random.pick([0, 0, 0.3]);
    const favourite = random.chance(0.5) ? random.between(0, WAYS - 1) : undefined;
    /** Blocks that others were given. */
    let archive: readonly BlockWithBodies[] = [];
    const note = (blocks: readonly BlockWithBodies[]) => {
      archive = [...archive, ...blocks].slice(-MAX_REMEMBERED);
    };
    const lieAbout = (honest: Answer): Answer | undefined => {
      return wrongAnswer(honest, favourite ?? random.between(0, WAYS - 1), { control, archive });
    };
    return {
      answer: (_, __, honest) => {
        if (honest?.type === "blocks") note(honest.blocks);
        if (honest?.type === "block" && honest.found !== undefined) note([honest.found]);
        return honest === undefined || random.chance(honesty) ? honest : lieAbout(honest);
      },
      started: habit(control, 2 * control.baseTimeoutMs, () => {
        const content = nowhere(control);
        control.sendAll({ type: "decision", cert: certifiedByLiars(control, content) });
      }),
    };
  },
};
