// Silent (3): says nothing at all, or keeps in its votes, its commit votes, its timeouts, its proposals, or everything
// else; all the time, or every other spell.
// What must hold: progress with f of them.

import type { Behaviour, Delivery, Tactics } from "./behaviour.ts";

type Kind = "proposal" | "vote" | "commit-vote" | "timeout" | "decision" | "transactions" | "raw";

/** What each way to be silent keeps in. */
const KEPT_IN: readonly ((kind: Kind) => boolean)[] = [
  () => true,
  (kind) => kind === "vote",
  (kind) => kind === "commit-vote",
  (kind) => kind === "vote" || kind === "commit-vote",
  (kind) => kind === "timeout",
  (kind) => kind === "proposal",
  (kind) => kind !== "proposal",
];

export const silent: Behaviour = {
  name: "silent",
  word: "be-silent",
  catalogue: [3],
  summary: "says nothing, or keeps in its votes, commit votes, timeouts or proposals",
  adopt: ({ random, now, baseTimeoutMs }) => {
    const way = random.between(0, KEPT_IN.length - 1);
    const spellMs = random.pick([Number.POSITIVE_INFINITY, 0.5, 4]) * baseTimeoutMs;
    return keepingIn(way, () => Math.floor(now() / spellMs) % 2 === 1);
  },
  plainly: () => keepingIn(0, () => false),
};

function keepingIn(way: number, isTalking: () => boolean): Tactics {
  const keepsIn = KEPT_IN[way] as (typeof KEPT_IN)[number];
  const isMute = () => way === 0 && !isTalking();
  return {
    outgoing: (deliveries) =>
      isTalking() ? deliveries : deliveries.flatMap((each) => whatPasses(each, keepsIn)),
    answer: (_, __, honest) => (isMute() ? undefined : honest),
    asking: () => !isMute(),
  };
}

function whatPasses(delivery: Delivery, keepsIn: (kind: Kind) => boolean): readonly Delivery[] {
  const { content } = delivery;
  if (keepsIn(content.type === "message" ? content.message.type : content.type)) return [];
  if (content.type !== "message" || content.message.type !== "timeout") return [delivery];
  if (!keepsIn("vote") || content.message.vote === undefined) return [delivery];
  // Timeouts carry the vote of their sender, unsigned as a whole.
  const { vote: _, ...message } = content.message;
  return [{ ...delivery, content: { ...content, message } }];
}
