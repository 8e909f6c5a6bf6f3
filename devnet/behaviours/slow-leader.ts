// Slow leader (13): own proposals come just before a view would be given up, or just after; votes may be late too.
// What must hold: throughput has a floor, and no view lasts longer than its timeout.

import type { Behaviour, Control, Delivery, Tactics } from "./behaviour.ts";

const PACES = ["just-in-time", "just-too-late", "now-and-then"] as const;

export const slowLeader: Behaviour = {
  name: "slow-leader",
  word: "be-slow",
  catalogue: [13],
  summary: "proposes at the last moment, or a moment later",
  adopt: (control) => {
    const { random } = control;
    const pace = random.pick(PACES);
    return slow(control, pace, random.pick([0, 0, 0.3, 0.9]));
  },
  plainly: (control) => slow(control, "just-in-time", 0),
};

/** Lateness is in base timeouts. */
function slow(
  { random, baseTimeoutMs }: Control,
  pace: (typeof PACES)[number],
  votesLateBy: number,
): Tactics {
  const proposalLateBy = (): number => {
    if (pace === "now-and-then" && random.chance(0.5)) return 0;
    return pace === "just-too-late" ? 1.01 + random.fraction() / 2 : 0.7 + random.fraction() / 4;
  };
  const lateBy = ({ content }: Delivery): number => {
    if (content.type !== "message") return 0;
    const { type } = content.message;
    if (type === "proposal") return proposalLateBy();
    return type === "vote" || type === "commit-vote" ? votesLateBy : 0;
  };
  return {
    outgoing: (deliveries) => {
      const first = deliveries[0];
      const extraMs = first === undefined ? 0 : lateBy(first) * baseTimeoutMs;
      return deliveries.map((each) => ({ ...each, delayMs: (each.delayMs ?? 0) + extraMs }));
    },
  };
}
