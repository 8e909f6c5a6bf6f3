// Equivocating leader (1): two blocks in one view, that differ in payload, timestamp or justify. Each to one half, both to
// all in either order, or the second one later.
// What must hold: agreement per height, and evidence that names the leader wherever both arrive.

import type { Block, Message, Proposal } from "../../consensus/index.ts";
import type { Hash } from "../../crypto/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import type { Random } from "../random/index.ts";
import { BallotBox } from "./ballot-box.ts";
import type { Behaviour, Control, Delivery, NodeId, Tactics } from "./behaviour.ts";
import { sign } from "./wording.ts";

const WAYS = ["halves", "both", "resend"] as const;
const CHANGES = ["payload", "timestamp", "justify"] as const;

type Second = { readonly message: Message; readonly ids: readonly Hash[] };

export const equivocatingLeader: Behaviour = {
  name: "equivocating-leader",
  word: "equivocate",
  catalogue: [1],
  summary: "proposes two blocks in one view: to halves, both to all, or one later",
  adopt: (control) => {
    const { random, others, baseTimeoutMs } = control;
    return equivocating(control, {
      rate: random.pick([0.3, 1, 1]),
      ways: WAYS.filter(() => random.chance(0.5)),
      changes: CHANGES.filter(() => random.chance(0.5)),
      half: new Set(others.filter(() => random.chance(0.5))),
      laterMs: random.pick([0.05, 0.5, 1.5]) * baseTimeoutMs,
    });
  },
  plainly: (control) => {
    const always = { rate: 1, ways: ["both"], changes: [], half: new Set<NodeId>(), laterMs: 0 };
    return equivocating(control, always as Manner);
  },
};

type Manner = {
  readonly rate: number;
  readonly ways: readonly (typeof WAYS)[number][];
  readonly changes: readonly (typeof CHANGES)[number][];
  readonly half: ReadonlySet<NodeId>;
  readonly laterMs: number;
};

function equivocating(control: Control, manner: Manner): Tactics {
  const { random } = control;
  const { rate, ways, changes, half, laterMs } = manner;
  const box = new BallotBox(control.validators);
  const spread = (delivery: Delivery, second: Delivery, way: (typeof WAYS)[number]) => {
    switch (way) {
      case "halves":
        return [half.has(delivery.to) ? second : delivery];
      case "both":
        return random.chance(0.5) ? [delivery, second] : [second, delivery];
      case "resend":
        return [delivery, { ...second, delayMs: (second.delayMs ?? 0) + laterMs }];
    }
  };
  return {
    incoming: (_, message) => {
      box.note(message);
      return true;
    },
    outgoing: (deliveries) => {
      box.noteOwn(deliveries);
      const proposed = proposalIn(deliveries);
      if (proposed === undefined || !random.chance(rate)) return deliveries;
      const change = pickOr(random, changes, "timestamp");
      const way = pickOr(random, ways, "halves");
      const content = { type: "message", ...changed(control, box, proposed, change) } as const;
      return deliveries.flatMap((each) => spread(each, { ...each, content }, way));
    },
  };
}

type Proposed = { readonly proposal: Proposal; readonly ids: readonly Hash[] };

/** The first proposal of a broadcast: what goes to all. */
function proposalIn(deliveries: readonly Delivery[]): Proposed | undefined {
  for (const { content } of deliveries) {
    if (content.type !== "message" || content.message.type !== "proposal") continue;
    return { proposal: content.message, ids: content.ids };
  }
  return undefined;
}

function changed(
  control: Control,
  box: BallotBox,
  { proposal, ids }: Proposed,
  change: (typeof CHANGES)[number],
): Second {
  const { block } = proposal;
  const fewer = change === "payload" ? ids.slice(0, -1) : ids;
  // One more signature in the certificate of the parent makes it another block.
  const justify = change === "justify" ? box.fullestOf(block.justify) : block.justify;
  const isSame = fewer.length === ids.length && justify === block.justify;
  const laterMs = Math.min(block.timestampMs + 1, Number.MAX_SAFE_INTEGER);
  const timestampMs = isSame ? laterMs : block.timestampMs;
  const other: Block = { ...block, justify, timestampMs, payload: payloadHash(fewer) };
  return { message: sign(control, { ...proposal, block: other }), ids: fewer };
}

function pickOr<T>(random: Random, choices: readonly T[], otherwise: T): T {
  return choices.length === 0 ? otherwise : random.pick(choices);
}
