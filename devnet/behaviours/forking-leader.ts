// Forking leader (14): builds on the oldest certificate that a TC allows, though it holds a newer one; now and then on one
// that no TC allows. For a proof it collects timeouts, and adds the word of all liars that they know nothing newer. It may
// hoard: vote for nobody, show no certificate, and hold a proposal back until the others give up the view that it knows to
// be certified.
// What must hold: only forks that a TC allows are voted for, nothing final is left behind, the fork rate is bounded.

import type { Proposal } from "../../consensus/index.ts";
import type { Behaviour } from "./behaviour.ts";
import { Forks } from "./forks.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, type Wording } from "./wording.ts";

export const forkingLeader: Behaviour = {
  name: "forking-leader",
  word: "fork",
  catalogue: [14],
  summary: "hides certificates and builds on the oldest block that it can",
  adopt: (control) => {
    const { random } = control;
    const rate = random.pick([0.5, 1]);
    const brazenness = random.pick([0, 0.2, 0.5]);
    const isHoarding = random.chance(0.4);
    /** How many base timeouts a proposal is held back. */
    const patience = random.pick([0.5, 0.9, 1.3]);
    const forks = new Forks(control);
    const substitutes = new Substitutes(control);

    /** Held back: what to send once there is a proof against it. */
    let held: Wording | undefined;

    const forked = (proposal: Proposal, { ids }: Wording, fork: Proposal): Wording | undefined => {
      if (fork === proposal) return undefined;
      const { block, tc } = fork;
      return substitutes.propose(proposal, { block, ids, ...(tc && { tc }) });
    };
    const release = (wording: Wording) => {
      if (held !== wording) return;
      held = undefined;
      control.sendAll(wording.message, wording.ids);
    };
    const propose = (proposal: Proposal, wording: Wording): readonly Wording[] => {
      if (!random.chance(rate)) return [wording];
      const isBrazen = random.chance(brazenness);
      const fork = isBrazen ? forks.forbidden(proposal) : forks.allowed(proposal);
      const instead = forked(proposal, wording, fork);
      if (instead !== undefined) return [instead];
      if (!isHoarding) return [wording];
      held = wording;
      control.after(patience * control.baseTimeoutMs, () => release(wording));
      return [];
    };
    const tryHeld = () => {
      if (held?.message.type !== "proposal") return;
      const instead = forked(held.message, held, forks.allowed(held.message));
      if (instead === undefined) return;
      held = undefined;
      control.sendAll(instead.message, instead.ids);
    };
    const reword = (wording: Wording): readonly Wording[] => {
      const { message, ids } = wording;
      forks.hear(message);
      switch (message.type) {
        case "proposal":
          return propose(message, wording);
        case "vote":
          return isHoarding ? [] : [{ message: substitutes.vote(message), ids }];
        case "commit-vote":
          return isHoarding ? [] : [wording];
        default:
          return [wording];
      }
    };
    return {
      outgoing: (deliveries) => reworded(deliveries, reword),
      incoming: (_, message) => {
        forks.hear(message);
        if (message.type === "timeout") tryHeld();
        return true;
      },
      answer: (_, question, honest) => substitutes.answer(question, honest),
    };
  },
};
