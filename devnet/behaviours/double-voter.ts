// Double voter (2): votes, commit votes and timeouts for two things in one view, to the same receivers or to others; its
// word for whatever it is shown, given up or not; and the same vote many times over.
// What must hold: each validator counts once, whatever it says how often; evidence names it wherever both arrive.

import {
  blockHash,
  type Message,
  type QuorumCert,
  type Timeout,
  type TimeoutCert,
} from "../../consensus/index.ts";
import { domain, type Hash, hashIn } from "../../crypto/index.ts";
import { type Ballot, BallotBox } from "./ballot-box.ts";
import type { Behaviour, Control, Delivery, NodeId, Tactics } from "./behaviour.ts";
import { following } from "./damage.ts";
import { remember } from "./hearsay.ts";
import { statementOf } from "./statement.ts";
import { sign } from "./wording.ts";

const OTHER = domain("quorate/simulated-other/1");
const KINDS = ["vote", "commit-vote", "timeout"] as const;
const WAYS = ["same-receivers", "halves", "instead"] as const;
const REPEATS = 4;

export const doubleVoter: Behaviour = {
  name: "double-voter",
  word: "double-vote",
  catalogue: [2],
  summary: "votes, commit-votes and gives up twice in one view; repeats the same vote",
  adopt: (control) => {
    const { random, others } = control;
    const rate = random.pick([0.3, 1, 1]);
    const kinds = KINDS.filter(() => random.chance(0.6));
    const way = random.pick(WAYS);
    const repeats = kinds.length === 0 ? REPEATS : random.pick([0, 0, REPEATS]);
    const joinsAll = random.chance(0.5);
    const half = new Set(others.filter(() => random.chance(0.5)));
    return doubleVoting(control, { rate, kinds, way, repeats, joinsAll, half });
  },
  plainly: (control) => {
    const always = { rate: 1, kinds: KINDS, way: "same-receivers", repeats: 0, joinsAll: false };
    return doubleVoting(control, { ...always, half: new Set() } as Manner);
  },
};

type Manner = {
  readonly rate: number;
  readonly kinds: readonly (typeof KINDS)[number][];
  readonly way: (typeof WAYS)[number];
  readonly repeats: number;
  readonly joinsAll: boolean;
  readonly half: ReadonlySet<NodeId>;
};

function doubleVoting(control: Control, manner: Manner): Tactics {
  const { random } = control;
  const { rate, kinds, way, repeats, joinsAll, half } = manner;
  const box = new BallotBox(control.validators);
  const joined = new Map<string, true>();
  const join = (message: Message) => {
    if (!joinsAll || !random.chance(rate)) return;
    for (const said of joining(control, box, message)) {
      const key = statementOf(said);
      if (!joined.has(key)) control.sendAll(said);
      remember(joined, key, true);
    }
  };
  const double = (delivery: Delivery, message: Message): readonly Delivery[] => {
    const second: Delivery = { ...delivery, content: { type: "message", message, ids: [] } };
    if (way === "same-receivers") return [delivery, second];
    return way === "instead" || half.has(delivery.to) ? [second] : [delivery];
  };
  return {
    incoming: (_, message) => {
      box.note(message);
      join(message);
      return true;
    },
    outgoing: (deliveries) => {
      box.noteOwn(deliveries);
      const ballot = ballotIn(deliveries);
      if (ballot === undefined || !random.chance(rate)) return deliveries;
      const other = kinds.includes(ballot.type) ? contradiction(control, box, ballot) : undefined;
      return deliveries.flatMap((delivery) => {
        const told = other === undefined ? [delivery] : double(delivery, other);
        return Array.from({ length: 1 + repeats }, () => told).flat();
      });
    },
  };
}

function ballotIn(deliveries: readonly Delivery[]): Ballot | undefined {
  const content = deliveries[0]?.content;
  if (content?.type !== "message") return undefined;
  const { message } = content;
  return message.type === "proposal" || message.type === "decision" ? undefined : message;
}

/** Our word for what we are shown, whatever we said before. */
function joining(control: Control, box: BallotBox, message: Message): readonly Message[] {
  const { self: voter } = control;
  switch (message.type) {
    case "proposal": {
      const { epoch, view, height } = message.block;
      const content = { epoch, view, height, block: blockHash(message.block) };
      const vote = sign(control, { type: "vote", content, voter });
      return message.tc === undefined ? [vote] : [vote, ...twoTimeouts(control, box, message.tc)];
    }
    case "commit-vote":
      return [sign(control, { type: "commit-vote", content: message.content, voter })];
    default:
      return [];
  }
}

/** The view that `highTc` opened is given up at once, on two certificates. */
function twoTimeouts(control: Control, box: BallotBox, highTc: TimeoutCert): readonly Message[] {
  const { epoch, view: before, highQc } = highTc;
  const older = box.certificates.qcs.find((qc) => qc.view < highQc.view);
  const named = older === undefined ? [highQc] : [highQc, older];
  return named.map((qc) => {
    const content = { epoch, view: following(before), highQcView: qc.view };
    return sign(control, {
      type: "timeout",
      content,
      voter: control.self,
      highQc: qc,
      highTc,
    });
  });
}

/** Another word of the same view; undefined if there is none that would get through. */
function contradiction(control: Control, box: BallotBox, ballot: Ballot): Message | undefined {
  switch (ballot.type) {
    case "vote": {
      const { content } = ballot;
      return sign(control, { ...ballot, content: { ...content, block: other(content.block) } });
    }
    case "commit-vote": {
      const { content: said, qc: _, ...rest } = ballot;
      const content = control.random.chance(0.5)
        ? { ...said, stateRoot: other(said.stateRoot) }
        : { ...said, block: other(said.block) };
      return sign(control, { ...rest, content });
    }
    case "timeout": {
      const highQc = anotherQc(box, ballot);
      const highTc = box.certificates.tcOf(ballot.content.view - 1);
      if (highQc === undefined || highTc === undefined) return undefined;
      const content = { ...ballot.content, highQcView: highQc.view };
      return sign(control, { ...ballot, content, highQc, highTc });
    }
  }
}

function anotherQc(box: BallotBox, { content }: Timeout): QuorumCert | undefined {
  const { view, highQcView } = content;
  return box.certificates.qcs.find((qc) => qc.view < view && qc.view !== highQcView);
}

/** Names something that does not exist. */
function other(hash: Hash): Hash {
  return hashIn(OTHER, hash);
}
