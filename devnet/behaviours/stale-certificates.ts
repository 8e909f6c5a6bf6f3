// Stale certificates (6): understates highQc in timeouts; as a leader, makes a TC of the timeouts that know least, with
// understated ones of its fellows among them, and proposes on what that leaves; shows old TCs. It keeps in some of its
// proposals, so that views are given up at all. Where it is blunt, no TC allows what it builds on.
// What must hold: a branch that a quorum locked is never abandoned, and what lacks its proof is refused.

import {
  highQcViewOf,
  type Message,
  type Proposal,
  type QuorumCert,
  type Timeout,
  type TimeoutCert,
} from "../../consensus/index.ts";
import type { Behaviour, Control } from "./behaviour.ts";
import { following } from "./damage.ts";
import { Hearsay } from "./hearsay.ts";
import { Substitutes } from "./substitutes.ts";
import { TimeoutCollection } from "./timeout-collection.ts";
import { reworded, sign, type Wording } from "./wording.ts";

type Unsigned = Omit<Timeout, "signature">;

/** Proofs are kept in mind for so many views. */
const OLDEST_PROOF = 30;

export const staleCertificates: Behaviour = {
  name: "stale-certificates",
  word: "stale-certificates",
  catalogue: [6],
  summary: "proposes on an old QC with a TC that hides the newer one; understates highQc",
  adopt: (control) => {
    const { random } = control;
    const understates = random.pick([0.5, 1, 1]);
    const hides = random.pick([0.5, 1, 1]);
    const keepsIn = random.pick([0, 0.2, 0.5]);
    const isBlunt = random.chance(0.3);
    /** Shows nobody its vote, so that it may be the only one to have a certificate; and that to some, when it is late. */
    const isHoarding = random.chance(0.5);
    const lateMs = random.pick([0.5, 1, 2]) * control.baseTimeoutMs;
    const half = control.others.filter(() => random.chance(0.5));
    const showsOldProof = random.pick([0, 0, 0.5]);
    const hearsay = new Hearsay();
    const timeouts = new TimeoutCollection(control);
    const substitutes = new Substitutes(control);
    const proofFor = (view: number): TimeoutCert | undefined => {
      const isOld = random.chance(showsOldProof);
      return isOld ? anOldProof(control, hearsay, view - 1) : hearsay.tcOf(view - 1);
    };
    const onOldBranch = (proposal: Proposal, ids: Wording["ids"]): Wording => {
      const { view } = proposal.block;
      const gathered = timeouts.proofOf(view - 1, hearsay.qcs[0]);
      const tc = gathered ?? proofFor(view) ?? proposal.tc;
      if (tc === undefined) return { message: proposal, ids };
      const lowest = isBlunt ? 0 : highQcViewOf(tc);
      const justify = hearsay.qcs.find((qc) => qc.view >= lowest);
      if (justify === undefined || justify.view >= proposal.block.justify.view) {
        return { message: proposal, ids };
      }
      const { block: parent, height } = justify;
      const block = { ...proposal.block, justify, parent, height: following(height) };
      return substitutes.propose(proposal, { block, ids, tc });
    };
    const understate = (timeout: Unsigned): Message => {
      const { content, highQc } = timeout;
      const older = hearsay.qcs.filter(({ view }) => view < highQc.view);
      const proof = proofFor(content.view);
      const isLying = older.length > 0 && proof !== undefined && random.chance(understates);
      return sign(control, isLying ? onOlder(timeout, random.pick(older), proof) : timeout);
    };
    let hoarded: Proposal | undefined;
    let hoardedIds: Wording["ids"] = [];
    /** Once enough others have given up the view before, for what they do not know was certified. */
    const forkAway = () => {
      const fork = hoarded && onOldBranch(hoarded, hoardedIds);
      if (fork === undefined || fork.message === hoarded) return;
      hoarded = undefined;
      control.sendAll(fork.message, fork.ids);
    };
    /** Gives the view up that `tc` opened, as if we had seen nothing for long. */
    const giveUpAtOnce = ({ block, tc: highTc }: Proposal) => {
      if (highTc === undefined) return;
      const { epoch, view, justify: highQc } = block;
      const content = { epoch, view, highQcView: highQc.view };
      const timeout = { type: "timeout", content, voter: control.self, highQc, highTc } as const;
      control.sendAll(understate(timeout));
    };
    const reword = ({ message, ids }: Wording): readonly Wording[] => {
      hearsay.hear(message);
      switch (message.type) {
        case "vote":
          return isHoarding ? [] : [{ message: substitutes.vote(message), ids }];
        case "timeout":
          return [{ message: understate(message), ids }];
        case "commit-vote": {
          if (!isHoarding) return [{ message, ids }];
          const content = { type: "message", message, ids } as const;
          for (const to of half) control.send({ to, content, delayMs: lateMs });
          return [];
        }
        case "proposal":
          if (isHoarding && message.tc === undefined) {
            hoarded = message;
            hoardedIds = ids;
            return [];
          }
          if (random.chance(keepsIn)) return [];
          return [random.chance(hides) ? onOldBranch(message, ids) : { message, ids }];
        default:
          return [{ message, ids }];
      }
    };
    return {
      incoming: (_, message) => {
        hearsay.hear(message);
        if (message.type === "timeout") {
          timeouts.add(message);
          forkAway();
        }
        if (message.type === "proposal") giveUpAtOnce(message);
        return true;
      },
      outgoing: (deliveries) => reworded(deliveries, reword),
      answer: (_, question, honest) => substitutes.answer(question, honest),
    };
  },
};

/** The same view given up on an older certificate: nobody believes it without a proof for the view before. */
function onOlder(timeout: Unsigned, highQc: QuorumCert, highTc: TimeoutCert): Unsigned {
  return { ...timeout, highQc, highTc, content: { ...timeout.content, highQcView: highQc.view } };
}

function anOldProof({ random }: Control, hearsay: Hearsay, below: number): TimeoutCert | undefined {
  const views = Array.from({ length: OLDEST_PROOF }, (_, back) => below - 1 - back);
  const old = views.flatMap((view) => hearsay.tcOf(view) ?? []);
  return old.length === 0 ? undefined : random.pick(old);
}
