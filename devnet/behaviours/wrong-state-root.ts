// Wrong state root (11): commit votes for a state that no execution leads to, told to all or to some, beside the true one
// or in its place; liars who collude name the same state.
// What must hold: no honest validator signs that root, no certificate carries it, and whoever told one validator two
// roots is named by evidence.

import type { CommitVote, Message } from "../../consensus/index.ts";
import { domain, type Hash, hashIn } from "../../crypto/index.ts";
import type { Behaviour, Delivery } from "./behaviour.ts";
import { sign } from "./wording.ts";

const COLLUSION = domain("quorate/simulated-collusion/1");

export const wrongStateRoot: Behaviour = {
  name: "wrong-state-root",
  word: "wrong-state-root",
  catalogue: [11],
  summary: "commit-votes for a wrong state, alone or colluding",
  adopt: (control) => {
    const { random, keys } = control;
    const rate = random.pick([0.3, 1]);
    const share = random.pick([0.5, 1]);
    const isColluding = random.chance(keys.size > 1 ? 0.8 : 0.2);
    const alsoTellsTheTruth = random.chance(0.3);
    const lieOn = (vote: CommitVote): Message => {
      const { content } = vote;
      const salt = isColluding ? 0 : 1 + random.between(0, 254);
      const stateRoot: Hash = hashIn(COLLUSION, content.block, Uint8Array.of(salt));
      return sign(control, { ...vote, content: { ...content, stateRoot } });
    };
    return {
      outgoing: (deliveries) => {
        const vote = commitVoteIn(deliveries);
        if (vote === undefined || !random.chance(rate)) return deliveries;
        const lie = lieOn(vote);
        return deliveries.flatMap((delivery) => {
          if (!random.chance(share)) return [delivery];
          const content = { type: "message", message: lie, ids: [] } as const;
          const lied: Delivery = { ...delivery, content };
          return alsoTellsTheTruth ? [lied, delivery] : [lied];
        });
      },
    };
  },
};

function commitVoteIn(deliveries: readonly Delivery[]): CommitVote | undefined {
  const content = deliveries[0]?.content;
  if (content?.type !== "message" || content.message.type !== "commit-vote") return undefined;
  return content.message;
}
