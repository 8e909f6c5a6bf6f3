// Forged signatures (7): its own with a bit flipped, with S + L in the place of S, or made for another kind of message;
// those of others made up, under proposals and certificates; transactions under keys of small order, for which one
// signature fits every message, told to all and put into blocks.
// What must hold: refused wherever it stands, no block with such a transaction is voted for, nobody throws.

import {
  type Block,
  type Draft,
  type Message,
  type QuorumCert,
  roundRobin,
  type Timeout,
} from "../../consensus/index.ts";
import { domain, hashIn, type Signature, signatureList } from "../../crypto/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import type { Behaviour, Control } from "./behaviour.ts";
import { following } from "./damage.ts";
import { forgedSignature, forgedTransaction } from "./forgery.ts";
import { habit } from "./habit.ts";
import { Hearsay } from "./hearsay.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, sign, type Wording } from "./wording.ts";

const INVENTED = domain("quorate/simulated-invention/1");

export const forgedSignatures: Behaviour = {
  name: "forged-signatures",
  word: "forge-signatures",
  catalogue: [7],
  summary: "signs malleably, for another kind, in the name of others, with keys of small order",
  adopt: (control) => {
    const { random, baseTimeoutMs, others, send } = control;
    const rate = random.pick([0.1, 0.3, 1]);
    const payloadRate = random.pick([0, 0.5]);
    const everyMs = random.pick([0.2, 0.5, 1]) * baseTimeoutMs;
    const hearsay = new Hearsay();
    const substitutes = new Substitutes(control);
    let newest: (Wording & { readonly block: Block }) | undefined;
    const reword = (wording: Wording): readonly Wording[] => {
      const { message, ids } = wording;
      hearsay.hear(message);
      if (message.type === "proposal" && random.chance(payloadRate)) {
        const made = [forgedTransaction(control)];
        const all = [...ids, ...made.map(({ id }) => id)];
        const block = { ...message.block, payload: payloadHash(all) };
        return [substitutes.propose(message, { block, ids: all, made })];
      }
      const own = message.type === "vote" ? substitutes.vote(message) : message;
      if (own.type === "decision" || !random.chance(rate)) return [{ message: own, ids }];
      return [{ message: { ...own, signature: badly(control, own) }, ids }];
    };
    const inAnothersName = () => {
      const { highQc } = hearsay;
      if (newest === undefined || highQc === undefined) return;
      const { message, block, ids } = newest;
      // A block under the signature that another one got; then one whose proposer never saw it.
      const altered = { ...block, timestampMs: Math.min(block.timestampMs + 1, 2 ** 52) };
      control.sendAll({ ...message, block: altered } as Message, ids);
      const [view, height] = [following(highQc.view), following(highQc.height)];
      const proposer = roundRobin(control.validators, view);
      const onTop = { ...block, view, height, proposer, justify: highQc, parent: highQc.block };
      control.sendAll(sign(control, { type: "proposal", block: onTop }), ids);
    };
    const invent = () => {
      const { highQc } = hearsay;
      if (highQc !== undefined) for (const lie of inventions(control, highQc)) control.sendAll(lie);
    };
    const spend = () => {
      const transactions = [forgedTransaction(control)];
      for (const to of others) send({ to, content: { type: "transactions", transactions } });
    };
    return {
      incoming: (_, message, ids) => {
        hearsay.hear(message);
        if (message.type === "proposal") newest = { message, ids, block: message.block };
        return true;
      },
      outgoing: (deliveries) => reworded(deliveries, reword),
      answer: (_, question, honest) => substitutes.answer(question, honest),
      started: habit(control, everyMs, () => random.pick([inAnothersName, invent, spend])()),
    };
  },
};

/** A signature of ours that is none under this message: forged, or made for something that has the same fields. */
function badly(control: Control, message: Exclude<Message, { type: "decision" }>): Signature {
  const { random, self: voter } = control;
  if (!("voter" in message) || message.type === "timeout" || random.chance(0.5)) {
    return forgedSignature(random, message.signature);
  }
  const { content } = message;
  const other: Draft =
    message.type === "vote"
      ? { type: "commit-vote", content: { ...content, stateRoot: content.block }, voter }
      : { type: "vote", content, voter };
  return (sign(control, other) as { readonly signature: Signature }).signature;
}

/** Certificates for a block that does not exist, with a signature of every validator, none of them theirs. */
function inventions(control: Control, highQc: QuorumCert): readonly Message[] {
  const { validators, random, self: voter } = control;
  const { epoch } = validators;
  const block = hashIn(INVENTED, highQc.block);
  const content = { epoch, view: following(highQc.view), height: following(highQc.height), block };
  const { signature } = sign(control, { type: "vote", content, voter }) as { signature: Signature };
  const signatures = signatureList(
    [...validators.members.keys()].map((signer) => {
      return {
        signer,
        signature: signer === voter ? signature : forgedSignature(random, signature),
      };
    }),
  );
  const decision: Message = {
    type: "decision",
    cert: { ...content, stateRoot: block, signatures },
  };
  const given: Timeout["content"] = {
    epoch,
    view: following(content.view),
    highQcView: content.view,
  };
  const claimed = { ...content, signatures };
  return [decision, sign(control, { type: "timeout", content: given, voter, highQc: claimed })];
}
