// Bad payloads (10): as leader, blocks whose transactions repeat, spend twice, leave a gap of nonces, are final already or
// in an ancestor already, have expired, belong to another chain, pay too little, or bear no signature. Half of these may be
// certified by honest validators: execution has to skip them. Whoever asks gets the bodies.
// What must hold: a transaction takes effect at most once, one per nonce, and the supply is conserved.

import type { Proposal } from "../../consensus/index.ts";
import type { Hash } from "../../crypto/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Behaviour } from "./behaviour.ts";
import { MAX_REMEMBERED } from "./hearsay.ts";
import { RECIPES } from "./payload-recipes.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, type Wording } from "./wording.ts";

export const badPayloads: Behaviour = {
  name: "bad-payloads",
  word: "bad-payloads",
  catalogue: [10],
  summary: "proposes repeated, double-spent, stale, foreign and unsigned transactions",
  adopt: (control) => {
    const { random, transaction } = control;
    const rate = random.pick([0.4, 0.8, 1]);
    const names = Object.keys(RECIPES);
    const favourites = names.filter(() => random.chance(0.6));
    const substitutes = new Substitutes(control);
    let earlier: readonly SignedTransaction[] = [];
    const spoiled = (proposal: Proposal, honestIds: readonly Hash[]): Wording => {
      const honest = honestIds.flatMap((id) => transaction(id) ?? []);
      const recipe = RECIPES[random.pick(favourites.length > 0 ? favourites : names)];
      const chosen = recipe?.({ control, honest, earlier }) ?? honest;
      const ids = chosen.map(({ id }) => id);
      const block = { ...proposal.block, payload: payloadHash(ids) };
      return substitutes.propose(proposal, { block, ids, made: chosen });
    };
    const note = (ids: readonly Hash[]) => {
      const held = ids.flatMap((id) => transaction(id) ?? []);
      const known = new Set(earlier.map(({ id }) => id));
      earlier = [...earlier, ...held.filter(({ id }) => !known.has(id))].slice(-MAX_REMEMBERED);
    };
    return {
      outgoing: (deliveries) =>
        reworded(deliveries, (wording) => {
          const { message, ids } = wording;
          if (message.type === "vote") return [{ message: substitutes.vote(message), ids }];
          if (message.type !== "proposal") return [wording];
          const said = random.chance(rate) ? spoiled(message, ids) : wording;
          note(said.ids);
          return [said];
        }),
      incoming: (_, message, ids) => {
        if (message.type === "proposal") note(ids);
        return true;
      },
      answer: (_, question, honest) => substitutes.answer(question, honest),
    };
  },
};
