// Bad certificates (5): below a quorum, one signer twice, an index out of range, another epoch, another kind of message,
// another chain, a bitmap too long, no signer at all, a later view than was signed; TCs whose quorum nobody counts, or
// whose highQc is not the highest that they claim. Attached to proposals, timeouts, commit votes and decisions that are
// otherwise right, in their place or beside them.
// What must hold: refused without a throw, nobody moves, the sender is penalised.

import type { CommitVote, Message, Proposal, Timeout, TimeoutCert } from "../../consensus/index.ts";
import type { SignatureList, View } from "../../crypto/index.ts";
import { BallotBox } from "./ballot-box.ts";
import type { Behaviour, Control, Delivery } from "./behaviour.ts";
import { type Certificate, damaged, following, misspelt, signedByLiars } from "./damage.ts";
import { habit } from "./habit.ts";
import { sign } from "./wording.ts";

export const badCertificates: Behaviour = {
  name: "bad-certificates",
  word: "forge-certificates",
  catalogue: [5],
  summary: "attaches certificates to its messages that nobody may accept",
  adopt: (control) => {
    const { random, baseTimeoutMs } = control;
    const rate = random.pick([0.2, 0.5, 1]);
    const isBeside = random.chance(0.5);
    const rawRate = random.pick([0.1, 0.5]);
    const everyMs = random.pick([0.2, 0.5, 1]) * baseTimeoutMs;
    const box = new BallotBox(control.validators);
    const spoilt = (message: Message): Delivery["content"] | undefined => {
      const lists = signatureListsIn(message);
      if (lists.length > 0 && random.chance(rawRate)) {
        const bytes = misspelt(message, random.pick(lists), control);
        if (bytes !== undefined) return { type: "raw", bytes };
      }
      const other = withDamage(message, control, (cert) => damaged(cert, control, box));
      return other && { type: "message", message: other, ids: [] };
    };
    const act = () => {
      const cert = box.decision;
      const decision = cert && spoilt({ type: "decision", cert });
      if (decision !== undefined) sendAll(control, decision);
      const jump = random.pick([uncountedJump, spoiltJump])(control, box);
      if (jump !== undefined) control.sendAll(jump);
    };
    return {
      incoming: (_, message) => {
        box.note(message);
        return true;
      },
      outgoing: (deliveries) => {
        box.noteOwn(deliveries);
        const said = deliveries[0]?.content;
        if (said?.type !== "message" || !random.chance(rate)) return deliveries;
        const lie = spoilt(said.message);
        if (lie === undefined) return deliveries;
        const content = lie.type === "message" ? { ...lie, ids: said.ids } : lie;
        const lies = deliveries.map((delivery) => ({ ...delivery, content }));
        return isBeside ? [...lies, ...deliveries] : lies;
      },
      started: habit(control, everyMs, act),
    };
  },
};

function sendAll({ others, send }: Control, content: Delivery["content"]): void {
  for (const to of others) send({ to, content });
}

function signatureListsIn(message: Message): readonly SignatureList[] {
  const certs = certificatesIn(message).filter((cert) => cert !== undefined);
  return certs.map(({ signatures }) => signatures);
}

function certificatesIn(message: Message): readonly (Certificate | undefined)[] {
  switch (message.type) {
    case "proposal":
      return [message.block.justify, message.tc];
    case "timeout":
      return [message.highQc, message.highTc];
    case "commit-vote":
      return [message.qc];
    case "decision":
      return [message.cert];
    case "vote":
      return [];
  }
}

type Damaging = <C extends Certificate>(cert: C) => C;

/** One certificate of the message damaged, the rest made to fit; undefined if it has none. */
function withDamage(message: Message, control: Control, damage: Damaging): Message | undefined {
  switch (message.type) {
    case "proposal":
      return sign(control, badProposal(message, control, damage));
    case "timeout":
      return sign(control, badTimeout(message, control, damage));
    case "commit-vote":
      return message.qc && sign(control, badCommitVote(message, damage));
    case "decision":
      return { type: "decision", cert: damage(message.cert) };
    case "vote":
      return undefined;
  }
}

function badProposal(message: Proposal, { random }: Control, damage: Damaging): Proposal {
  const { block, tc } = message;
  if (tc !== undefined && random.chance(0.5)) return { ...message, tc: damage(tc) };
  return { ...message, block: { ...block, justify: damage(block.justify) } };
}

function badTimeout(message: Timeout, { random }: Control, damage: Damaging): Timeout {
  const { highTc } = message;
  if (highTc !== undefined && random.chance(0.5)) return { ...message, highTc: damage(highTc) };
  const highQc = damage(message.highQc);
  return { ...message, highQc, content: { ...message.content, highQcView: highQc.view } };
}

function badCommitVote(message: CommitVote, damage: Damaging): CommitVote {
  return message.qc === undefined ? message : { ...message, qc: damage(message.qc) };
}

/** A timeout of a view to come, with a TC that only liars signed. */
function uncountedJump(control: Control, box: BallotBox): Message | undefined {
  const { validators, random } = control;
  const highQc = box.certificates.highQc;
  const view = (control.view() + random.between(0, 2)) as View;
  if (highQc === undefined || highQc.view >= view) return undefined;
  const signatures = { signers: [], signatures: [] };
  const unsigned = { epoch: validators.epoch, view, highQc, highQcViews: [], signatures };
  return after(control, signedByLiars(unsigned, control));
}

/** A timeout with the newest TC there is, damaged. */
function spoiltJump(control: Control, box: BallotBox): Message | undefined {
  return box.proof && after(control, damaged(box.proof, control, box));
}

/** Gives up the view that a TC opens. */
function after(control: Control, highTc: TimeoutCert): Message {
  const { epoch, view, highQc } = highTc;
  const content = { epoch, view: following(view), highQcView: highQc.view };
  return sign(control, { type: "timeout", content, voter: control.self, highQc, highTc });
}
