// Body withholder (4): proposes transactions that nobody else has, or a header without their ids; tells the bodies to
// some, late, not at all, too few of them, or garbage in their place.
// What must hold: nobody votes for a block whose bodies it does not hold, every pull ends, and what a quorum voted for can
// be had from the others.

import { type Hash, toHex } from "../../crypto/index.ts";
import { type Answer, payloadHash, type Question } from "../../node/sync/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Behaviour, Control, NodeId } from "./behaviour.ts";
import { remember } from "./hearsay.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, type Wording } from "./wording.ts";

const MAX_SECRETS = 3;
const GARBAGE_BYTES = 200;

export const bodyWithholder: Behaviour = {
  name: "body-withholder",
  word: "withhold-bodies",
  catalogue: [4],
  summary: "proposes what only it has, and keeps back, delays or spoils the bodies",
  adopt: (control) => {
    const { random, others, baseTimeoutMs } = control;
    const rate = random.pick([0.4, 1]);
    const isHeaderOnly = random.chance(0.2);
    const way = random.pick(["refuse", "late", "garbage", "too-few"] as const);
    const favoured = new Set(others.filter(() => random.chance(0.5)));
    const tellsFavoured = random.chance(0.5);
    const lateMs = random.pick([0.3, 1, 3]) * baseTimeoutMs;
    const substitutes = new Substitutes(control);
    const secrets = new Map<string, SignedTransaction>();
    const tell = (to: NodeId, ids: readonly Hash[], delayMs: number) => {
      const found = ids.map((id) => secrets.get(toHex(id)) ?? control.transaction(id));
      const transactions = found.filter((transaction) => transaction !== undefined);
      control.send({ to, content: { type: "transactions", transactions }, delayMs });
    };
    const reword = (wording: Wording): readonly Wording[] => {
      const { message, ids } = wording;
      if (message.type === "vote") return [{ message: substitutes.vote(message), ids }];
      if (message.type !== "proposal" || !random.chance(rate)) return [wording];
      const made = secretTransfers(control);
      for (const secret of made) remember(secrets, toHex(secret.id), secret);
      const all = [...ids, ...made.map(({ id }) => id)];
      const block = { ...message.block, payload: payloadHash(all) };
      const proposed = substitutes.propose(message, { block, ids: all, made });
      if (tellsFavoured) for (const to of favoured) tell(to, all, 0);
      return [isHeaderOnly ? { ...proposed, ids: [] } : proposed];
    };
    return {
      outgoing: (deliveries) => reworded(deliveries, reword),
      answer: (from, question, honest) => {
        const given = substitutes.answer(question, honest);
        if (favoured.has(from)) return given;
        if (way === "garbage") return spoilt(control, question, given);
        if (way === "too-few" && given?.type === "bodies") {
          return { type: "bodies", bodies: given.bodies.slice(1) };
        }
        if (way === "late" && question.type === "bodies") tell(from, question.ids, lateMs);
        return question.type === "blocks" ? given : undefined;
      },
    };
  },
};

/** Sound ones, each with its account's next nonce: nothing but the bodies is wrong. */
function secretTransfers({ random, accounts, nonceOf, transfer }: Control) {
  const first = random.between(0, accounts - 1);
  const count = Math.min(accounts, random.between(1, MAX_SECRETS));
  return Array.from({ length: count }, (_, at) => {
    const from = (first + at) % accounts;
    const amount = BigInt(random.between(1, 50));
    return transfer({ from, to: first, amount, nonce: nonceOf(from) });
  });
}

function spoilt({ random }: Control, question: Question, given: Answer | undefined) {
  if (given?.type === "block" && given.found !== undefined) {
    const { found } = given;
    return { ...given, found: { ...found, bodies: found.bodies.slice(1) } };
  }
  if (question.type !== "bodies") return given;
  const byte = () => random.between(0, 255);
  const garbage = () => Uint8Array.from({ length: GARBAGE_BYTES }, byte);
  return { type: "bodies", bodies: question.ids.map(garbage) } as const;
}
