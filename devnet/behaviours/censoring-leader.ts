// Censoring leader (13): leaves the transactions of some senders, or all of them, out of its proposals. The payload root
// is that of what is left, so that honest validators vote for it. What it forgets as a leader it still passes on.
// What must hold: other leaders include them, and each is final within f+1 turns of leaders, counted from its arrival.

import type { Proposal } from "../../consensus/index.ts";
import type { Hash } from "../../crypto/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import type { Behaviour, Control, Tactics } from "./behaviour.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, type Wording } from "./wording.ts";

export const censoringLeader: Behaviour = {
  name: "censoring-leader",
  word: "censor",
  catalogue: [13],
  summary: "leaves the transactions of some senders, or all, out of its blocks",
  adopt: (control) => {
    const { random, transaction } = control;
    const censorsAll = random.chance(0.4);
    const victims = random.between(0, 1);
    // Half of all senders, the same ones in every view: told by the last bit of their address.
    return censoring(control, (id) => {
      const sender = transaction(id)?.transaction.sender;
      return censorsAll || (sender !== undefined && ((sender.at(-1) ?? 0) & 1) === victims);
    });
  },
  plainly: (control) => censoring(control, () => true),
};

function censoring(control: Control, isCensored: (id: Hash) => boolean): Tactics {
  const substitutes = new Substitutes(control);
  const censored = (proposal: Proposal, ids: readonly Hash[]): Wording | undefined => {
    const left = ids.filter((id) => !isCensored(id));
    if (left.length === ids.length) return undefined;
    const block = { ...proposal.block, payload: payloadHash(left) };
    return substitutes.propose(proposal, { block, ids: left });
  };
  return {
    outgoing: (deliveries) =>
      reworded(deliveries, (wording) => {
        const { message, ids } = wording;
        if (message.type === "vote") return [{ message: substitutes.vote(message), ids }];
        if (message.type !== "proposal") return [wording];
        return [censored(message, ids) ?? wording];
      }),
    answer: (_, question, honest) => substitutes.answer(question, honest),
  };
}
