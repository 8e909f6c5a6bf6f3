// The moves of liars in an adversarial schedule: each says something that its keys and the signatures at hand allow, or
// tries what they do not allow.

import type { Block, Message, QuorumCert, TimeoutCert } from "../../../consensus/index.ts";
import type { Random } from "../../random/index.ts";
import type { Arena } from "./arena.ts";
import type { Forger } from "./forger.ts";
import type { Node } from "./node.ts";
import { hashOfText } from "./setting.ts";
import { pickWeighted } from "./weights.ts";

/** How often which lie. */
export type Lies = {
  readonly propose: number;
  readonly vote: number;
  readonly certify: number;
  readonly commitVote: number;
  readonly timeout: number;
  readonly timeoutCert: number;
  readonly decide: number;
  /** How often a TC shows as little as it can. */
  readonly understate: number;
  /** Certificates below a quorum, proposals that forget, repeated ballots. */
  readonly cheat: number;
  /** Of commit votes, the share that names a state of its own. */
  readonly wrongRoot: number;
  /** How likely each node hears it at once. */
  readonly atOnce: number;
};

export type Stage = {
  readonly arena: Arena;
  readonly forger: Forger;
  readonly random: Random;
  readonly lies: Lies;
  readonly say: (message: Message, now: readonly Node[]) => void;
};

export function lie(stage: Stage): void {
  const { random, forger, lies } = stage;
  const { wrongRoot: _, atOnce: __, understate: ___, ...kinds } = lies;
  forger.assembleQcs();
  const liar = random.pick(forger.liars);
  switch (pickWeighted(random, kinds)) {
    case "propose":
      return propose(stage, liar);
    case "vote":
      for (const block of recentBlocks(stage)) {
        if (random.chance(0.7)) speak(stage, forger.vote(forger.contentOf(block), liar));
      }
      return;
    case "certify": {
      const qc = recentQc(stage);
      if (qc.view > 0) commitVote(stage, liar, qc);
      return;
    }
    case "commitVote":
      for (const qc of forger.qcs.slice(-3)) if (qc.view > 0) commitVote(stage, liar, qc);
      return;
    case "timeout":
      return timeout(stage, liar, viewNear(stage));
    case "timeoutCert": {
      // A TC travels inside a timeout of the view that it opens.
      const view = viewNear(stage);
      if (tcFor(stage, view) !== undefined) timeout(stage, liar, view + 1);
      return;
    }
    case "decide": {
      const qc = recentQc(stage);
      const stateRoot = forger.rootAfter(qc.block);
      if (stateRoot === undefined || qc.view === 0) return;
      const missing = random.chance(0.3) ? 1 : 0;
      const cert = forger.commitCertFor({ ...qc, stateRoot }, { missing });
      if (cert !== undefined) speak(stage, { type: "decision", cert });
      return;
    }
    case "cheat":
      return cheat(stage, liar);
  }
}

function propose(stage: Stage, liar: number): void {
  const { forger, random, arena } = stage;
  const front = random.chance(0.6) ? arena.highestView : viewNear(stage);
  const view = front + random.between(0, 1);
  const older = forger.qcs.filter((qc) => qc.view < view);
  const variants = random.between(1, 2);
  for (let variant = 0; variant < variants; variant++) {
    const justify = random.chance(0.6) ? highest(older) : random.pick(older);
    if (justify === undefined) return;
    const isNext = justify.view + 1 === view;
    if (!isNext) tcFor(stage, view - 1);
    const tcs = forger.tcsOf(view - 1).filter((tc) => tc.highQc.view <= justify.view);
    const kind = random.between(0, 2);
    const proposal = forger.proposal({
      view,
      justify,
      tc: isNext ? undefined : random.pick(tcs),
      proposer: liar,
      variant: kind,
    });
    // What the verifier refuses teaches nobody anything, unless the verifier is at fault.
    if (arena.setting.verify(proposal, justify).ok || random.chance(0.1)) speak(stage, proposal);
  }
}

function tcFor({ forger, random, lies }: Stage, view: number): TimeoutCert | undefined {
  return forger.tcFor(view, random, { understates: random.chance(lies.understate) });
}

function commitVote(stage: Stage, liar: number, qc: QuorumCert): void {
  const { forger, random, lies } = stage;
  const right = forger.rootAfter(qc.block);
  const isWrong = right === undefined || random.chance(lies.wrongRoot);
  const stateRoot = isWrong ? hashOfText("a state of its own") : right;
  speak(stage, forger.commitVote({ ...qc, stateRoot }, liar, qc));
}

function timeout(stage: Stage, liar: number, view: number): void {
  const { forger, random } = stage;
  const highQc = random.pick(forger.qcs.filter((qc) => qc.view < view));
  if (highQc === undefined) return;
  const tcs = forger.tcsOf(view - 1);
  const isNext = highQc.view + 1 === view;
  if (!isNext && tcs.length === 0) return;
  const highTc = isNext && random.chance(0.5) ? undefined : random.pick(tcs);
  speak(stage, forger.timeout({ view, highQc, voter: liar, highTc }));
}

function cheat(stage: Stage, liar: number): void {
  const { forger, random } = stage;
  const view = viewNear(stage);
  switch (random.between(0, 5)) {
    case 0: {
      const block = random.pick(recentBlocks(stage));
      const qc = block && forger.qcFor(forger.contentOf(block), { missing: 1 });
      return qc && commitVote(stage, liar, qc);
    }
    case 1: {
      const missing = random.between(1, 2);
      const highTc = forger.tcFor(view, random, { missing });
      const { qcs } = forger;
      const highQc = qcs.find((qc) => qc.view === 0) as QuorumCert;
      if (highTc === undefined) return;
      return speak(stage, forger.timeout({ view: view + 1, highQc, voter: liar, highTc }));
    }
    case 2: {
      // The same ballot many times, to those who count carelessly.
      const block = random.pick(recentBlocks(stage));
      if (block === undefined) return;
      const vote = forger.vote(forger.contentOf(block), liar);
      for (let time = 0; time < 3; time++) stage.say({ ...vote }, stage.arena.nodes);
      return;
    }
    case 3: {
      const highTc = forger.tcFor(view, random);
      const highQc = random.pick(forger.qcs.filter((qc) => qc.view <= view));
      if (highTc === undefined || highQc === undefined) return;
      // The signatures are real, the certificate shown is another than the highest claimed.
      const hiding = { ...highTc, highQc };
      return speak(stage, forger.timeout({ view: view + 1, highQc, voter: liar, highTc: hiding }));
    }
    case 4: {
      // A quorum of signatures, all by the same validator.
      const block = random.pick(recentBlocks(stage));
      const weak = block && forger.qcFor(forger.contentOf(block), { missing: 1 });
      if (weak === undefined) return;
      const { signers, signatures } = weak.signatures;
      const repeated = {
        signers: [...signers, ...signers.slice(-1)],
        signatures: [...signatures, ...signatures.slice(-1)],
      };
      return commitVote(stage, liar, { ...weak, signatures: repeated });
    }
    default: {
      const tc = forger.tcFor(view, random, { missing: random.between(0, 1) });
      const justify = random.pick(forger.qcs.filter((qc) => qc.view < view));
      if (tc === undefined || justify === undefined) return;
      const options = { view: view + 1, justify, tc, proposer: liar, variant: 7 };
      return speak(stage, forger.proposal(options));
    }
  }
}

function speak({ arena, random, lies, say }: Stage, message: Message): void {
  say(
    message,
    arena.nodes.filter(() => random.chance(lies.atOnce)),
  );
}

/** A view that some node is in, or one next to it. */
function viewNear({ arena, random }: Stage): number {
  const { view } = random.pick(arena.nodes);
  return Math.max(1, view + random.pick([0, 0, 0, -1, 1]));
}

function recentBlocks({ forger }: Stage): readonly Block[] {
  return forger.proposals.slice(-4).map(({ block }) => block);
}

function recentQc({ forger, random }: Stage): QuorumCert {
  const { qcs } = forger;
  return random.chance(0.6) ? (qcs.at(-1) as QuorumCert) : random.pick(qcs);
}

function highest(qcs: readonly QuorumCert[]): QuorumCert | undefined {
  return qcs.reduce<QuorumCert | undefined>(
    (high, qc) => (high === undefined || qc.view >= high.view ? qc : high),
    undefined,
  );
}
