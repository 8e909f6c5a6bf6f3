// Replayer (8): says again what it heard, from views long gone: as it was, as its own word, as another kind of message, as
// of another chain or epoch; old blocks under a new view and signature; transactions that are final already, told to all
// and put into blocks.
// What must hold: no effect, and nothing is executed twice.

import { type Draft, type Message, signDraft } from "../../consensus/index.ts";
import {
  domain,
  type Epoch,
  type Hash,
  hashIn,
  type Signer,
  toHex,
  type View,
} from "../../crypto/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Behaviour, Control } from "./behaviour.ts";
import { following } from "./damage.ts";
import { habit } from "./habit.ts";
import { remember } from "./hearsay.ts";
import { Substitutes } from "./substitutes.ts";
import { reworded, sign, type Wording } from "./wording.ts";

const OTHER_CHAIN = domain("quorate/simulated-other-chain/1");
/** Of what is remembered, the older part: the newest is what everybody still says. */
const NEWEST = 12;

type Way = (control: Control, old: Wording) => readonly Wording[];

const WAYS: readonly Way[] = [
  asItWas,
  asAnotherKind,
  ofAnotherChain,
  ofAnotherEpoch,
  ofAnotherView,
];

export const replayer: Behaviour = {
  name: "replayer",
  word: "replay",
  catalogue: [8],
  summary: "replays old messages, kinds, chains and epochs, and final transactions",
  adopt: (control) => {
    const { random, baseTimeoutMs, others, send } = control;
    const everyMs = random.pick([0.1, 0.3, 1]) * baseTimeoutMs;
    const ways = WAYS.filter(() => random.chance(0.6));
    const payloadRate = random.pick([0, 0.3, 1]);
    const substitutes = new Substitutes(control);
    const heard = new Map<number, Wording>();
    const transactions = new Map<string, SignedTransaction>();
    let count = 0;
    const note = (wording: Wording) => {
      count += 1;
      remember(heard, count, wording);
      for (const id of wording.ids) {
        const found = control.transaction(id);
        if (found !== undefined) remember(transactions, toHex(id), found);
      }
    };
    const act = () => {
      const old = [...heard.values()].slice(0, -NEWEST);
      if (old.length > 0) {
        const way = ways.length === 0 ? asItWas : random.pick(ways);
        for (const { message, ids } of way(control, random.pick(old)))
          control.sendAll(message, ids);
      }
      if (transactions.size === 0) return;
      const again = [random.pick([...transactions.values()])];
      for (const to of others) send({ to, content: { type: "transactions", transactions: again } });
    };
    const reword = (wording: Wording): readonly Wording[] => {
      const { message, ids } = wording;
      note(wording);
      if (message.type === "vote") return [{ message: substitutes.vote(message), ids }];
      if (message.type !== "proposal" || !random.chance(payloadRate)) return [wording];
      const oldest = [...transactions.values()].find(({ id }) => !includes(ids, id));
      if (oldest === undefined) return [wording];
      const all = [...ids, oldest.id];
      const block = { ...message.block, payload: payloadHash(all) };
      return [substitutes.propose(message, { block, ids: all, made: [oldest] })];
    };
    return {
      incoming: (_, message, ids) => {
        note({ message, ids });
        return true;
      },
      outgoing: (deliveries) => reworded(deliveries, reword),
      answer: (_, question, honest) => substitutes.answer(question, honest),
      started: habit(control, everyMs, act),
    };
  },
};

function includes(ids: readonly Hash[], id: Hash): boolean {
  return ids.some((other) => toHex(other) === toHex(id));
}

function asItWas({ self: voter }: Control, old: Wording): readonly Wording[] {
  const { message, ids } = old;
  // No link carries the ballots of others; with our name on them they get as far as the signature.
  return "voter" in message ? [old, { message: { ...message, voter }, ids }] : [old];
}

/** A signature where one of another kind belongs, over what both have in common. */
function asAnotherKind({ self: voter }: Control, { message }: Wording): readonly Wording[] {
  if (message.type !== "vote" && message.type !== "commit-vote") return [];
  const { content, signature } = message;
  const { epoch, view, block } = content;
  const highQc = { ...content, signatures: { signers: [], signatures: [] } };
  const timeout = { epoch, view: following(view), highQcView: view };
  const other: Message =
    message.type === "commit-vote"
      ? { type: "vote", content, voter, signature }
      : { type: "commit-vote", content: { ...content, stateRoot: block }, voter, signature };
  const kinds: readonly Message[] = [
    other,
    { type: "timeout", content: timeout, voter, signature, highQc },
  ];
  return kinds.map((kind) => ({ message: kind, ids: [] }));
}

function ofAnotherChain(control: Control, { message, ids }: Wording): readonly Wording[] {
  const { keys, self, validators } = control;
  const draft = asOurs(control, message, {});
  if (draft === undefined) return [];
  const elsewhere = hashIn(OTHER_CHAIN, validators.chainId);
  return [{ message: signDraft(draft, elsewhere, keys.get(self) as Signer), ids }];
}

function ofAnotherEpoch(control: Control, { message, ids }: Wording): readonly Wording[] {
  const epoch = following(control.validators.epoch);
  if (message.type === "decision") {
    return [{ message: { ...message, cert: { ...message.cert, epoch } }, ids }];
  }
  const draft = asOurs(control, message, { epoch });
  return draft === undefined ? [] : [{ message: sign(control, draft), ids }];
}

/** The same thing said of the view that we are in, or lead next. */
function ofAnotherView(control: Control, { message, ids }: Wording): readonly Wording[] {
  const { self, validators } = control;
  const count = validators.members.length;
  const now = control.view();
  const isTurn = message.type === "proposal";
  const view = (isTurn ? now + ((self - (now % count) + count) % count) : now) as View;
  const draft = asOurs(control, message, { view });
  return draft === undefined ? [] : [{ message: sign(control, draft), ids }];
}

/** In our name, and with other fields. */
function asOurs(
  { self }: Control,
  message: Message,
  fields: { readonly epoch?: Epoch; readonly view?: View },
): Draft | undefined {
  switch (message.type) {
    case "proposal":
      return { ...message, block: { ...message.block, ...fields, proposer: self } };
    case "vote":
      return { ...message, voter: self, content: { ...message.content, ...fields } };
    case "commit-vote":
      return { ...message, voter: self, content: { ...message.content, ...fields } };
    case "timeout": {
      const { vote: _, ...bare } = message;
      return { ...bare, voter: self, content: { ...message.content, ...fields } };
    }
    case "decision":
      return undefined;
  }
}
