// Partial sender (12): each message goes only to some: always the same ones, others each time, or others for each kind of
// message. Nobody else gets anything, and what is asked may still be answered.
// What must hold: the rest catch up by what others pass on, or by asking.

import type { Behaviour, Delivery, NodeId } from "./behaviour.ts";

export const partialSender: Behaviour = {
  name: "partial-sender",
  word: "send-to-some",
  catalogue: [12],
  summary: "sends each message to some validators only",
  adopt: ({ others, random }) => {
    const changes = random.pick(["never", "each-time", "by-kind"] as const);
    const share = random.pick([0.25, 0.5, 0.75]);
    const draw = () => new Set(others.filter(() => random.chance(share)));
    const favourites = draw();
    const byKind = new Map<string, ReadonlySet<NodeId>>();
    const favouredIn = (delivery: Delivery | undefined): ReadonlySet<NodeId> => {
      if (changes === "never") return favourites;
      if (changes === "each-time") return draw();
      const kind = kindOf(delivery);
      const chosen = byKind.get(kind) ?? draw();
      byKind.set(kind, chosen);
      return chosen;
    };
    return {
      outgoing: (deliveries) => {
        const favoured = favouredIn(deliveries[0]);
        return deliveries.filter(({ to }) => favoured.has(to));
      },
    };
  },
  plainly: ({ others }) => {
    const favoured = new Set(others.slice(0, others.length >> 1));
    return { outgoing: (deliveries) => deliveries.filter(({ to }) => favoured.has(to)) };
  },
};

function kindOf(delivery: Delivery | undefined): string {
  const content = delivery?.content;
  return content?.type === "message" ? content.message.type : (content?.type ?? "nothing");
}
