// What liars can put together from all that was ever signed, and their own keys: any block on any certificate, any
// certificate that the signatures at hand allow, and attempts at those they do not.

import type {
  Block,
  CommitCert,
  CommitVote,
  CommitVoteContent,
  Draft,
  Message,
  Proposal,
  QuorumCert,
  Timeout,
  TimeoutCert,
  Vote,
  VoteContent,
} from "../../../consensus/index.ts";
import { blockHash } from "../../../consensus/index.ts";
import {
  type Hash,
  type Height,
  type Signature,
  signatureList,
  type View,
} from "../../../crypto/index.ts";
import type { Random } from "../../random/index.ts";
import { GENESIS_ROOT, hashOfText, type Setting, stateAfter, wordOf } from "./setting.ts";

type Poll<C, B> = { readonly content: C; readonly ballots: Map<number, B> };

/** A certificate with fewer signatures than a quorum, to be refused. */
export type Shortfall = { readonly missing: number };
const NONE: Shortfall = { missing: 0 };
/** `understates`: of all TCs that can be made, one whose highest certificate is oldest. */
export type TimeoutCertWish = { readonly missing?: number; readonly understates?: boolean };

export class Forger {
  readonly #setting: Setting;
  readonly liars: readonly number[];
  readonly #onSealed: (message: Message) => void;
  readonly #blocks = new Map<string, Block>();
  readonly #votes = new Map<string, Poll<VoteContent, Vote>>();
  readonly #commitVotes = new Map<string, Poll<CommitVoteContent, CommitVote>>();
  readonly #timeouts = new Map<number, Timeout[]>();
  readonly #qcs = new Map<string, QuorumCert>();
  readonly #tcs = new Map<string, TimeoutCert>();
  readonly #proposals: Proposal[] = [];

  /** `onSealed` hears of each signature that is made, even if only a certificate ever shows it. */
  constructor(
    setting: Setting,
    liars: readonly number[],
    onSealed: (message: Message) => void = () => {},
  ) {
    this.#setting = setting;
    this.#onSealed = onSealed;
    this.liars = liars;
    this.#noteQc(setting.genesisQc);
  }

  get qcs(): readonly QuorumCert[] {
    return [...this.#qcs.values()];
  }

  get proposals(): readonly Proposal[] {
    return this.#proposals;
  }

  tcsOf(view: number): readonly TimeoutCert[] {
    return [...this.#tcs.values()].filter((tc) => tc.view === view);
  }

  observe(message: Message): void {
    switch (message.type) {
      case "proposal":
        this.#blocks.set(wordOf(blockHash(message.block)), message.block);
        this.#proposals.push(message);
        this.#noteQc(message.block.justify);
        return message.tc === undefined ? undefined : this.#noteTc(message.tc);
      case "vote":
        return collect(
          this.#votes,
          `${message.content.view} ${wordOf(message.content.block)}`,
          message,
        );
      case "commit-vote": {
        const { block, stateRoot } = message.content;
        if (message.qc !== undefined) this.#noteQc(message.qc);
        return collect(this.#commitVotes, `${wordOf(block)} ${wordOf(stateRoot)}`, message);
      }
      case "timeout": {
        const { view } = message.content;
        this.#timeouts.set(view, [...(this.#timeouts.get(view) ?? []), message]);
        this.#noteQc(message.highQc);
        if (message.highTc !== undefined) this.#noteTc(message.highTc);
        return message.vote === undefined ? undefined : this.observe(message.vote);
      }
      case "decision":
        return;
    }
  }

  /** Votes of all liars and whoever else voted, for every block with the votes for a certificate. */
  assembleQcs(): void {
    for (const { content } of this.#votes.values()) this.qcFor(content);
  }

  /** The certificate of a block, if the votes suffice; with a shortfall, one that must be refused. */
  qcFor(content: VoteContent, { missing }: Shortfall = NONE): QuorumCert | undefined {
    const name = `${content.view} ${wordOf(content.block)}`;
    const known = missing === 0 ? this.#qcs.get(name) : undefined;
    if (known !== undefined) return known;
    const cast = new Map(this.#votes.get(name)?.ballots);
    for (const voter of this.liars) cast.set(voter, this.vote(content, voter));
    const signatures = this.#quorumOf(cast, missing);
    if (signatures === undefined) return undefined;
    const { epoch, view, height, block } = content;
    const qc = { epoch, view, height, block, signatures };
    if (missing === 0) this.#noteQc(qc);
    return qc;
  }

  commitCertFor(content: CommitVoteContent, { missing }: Shortfall = NONE): CommitCert | undefined {
    const name = `${wordOf(content.block)} ${wordOf(content.stateRoot)}`;
    const cast = new Map(this.#commitVotes.get(name)?.ballots);
    for (const voter of this.liars) cast.set(voter, this.commitVote(content, voter));
    const signatures = this.#quorumOf(cast, missing);
    if (signatures === undefined) return undefined;
    const { epoch, view, height, block, stateRoot } = content;
    return { epoch, view, height, block, stateRoot, signatures };
  }

  /** A TC from timeouts chosen at random; liars say in it what they like. */
  tcFor(view: number, random: Random, wish: TimeoutCertWish = {}): TimeoutCert | undefined {
    const { missing = 0, understates = false } = wish;
    const older = this.qcs.filter((qc) => qc.view < view);
    const cast = new Map<number, Timeout>();
    for (const timeout of this.#timeouts.get(view) ?? []) {
      if (!cast.has(timeout.voter) || random.chance(0.5)) cast.set(timeout.voter, timeout);
    }
    for (const voter of this.liars) {
      const highQc = understates ? this.#setting.genesisQc : random.pick(older);
      cast.set(voter, this.timeout({ view, highQc, voter }));
    }
    const wanted = this.#setting.quorum - missing;
    if (cast.size < wanted) return undefined;
    const chosen = [...cast.values()];
    if (understates) chosen.sort((left, right) => left.highQc.view - right.highQc.view);
    while (chosen.length > wanted) {
      chosen.splice(understates ? chosen.length - 1 : random.between(0, chosen.length - 1), 1);
    }
    return this.#timeoutCert(view, chosen, missing === 0);
  }

  #timeoutCert(view: number, chosen: readonly Timeout[], isWhole: boolean): TimeoutCert {
    const byVoter = [...chosen].sort((left, right) => left.voter - right.voter);
    const highest = Math.max(...byVoter.map(({ highQc }) => highQc.view));
    const tc = {
      epoch: this.#setting.validators.epoch,
      view: view as View,
      highQcViews: byVoter.map(({ content }) => content.highQcView),
      signatures: listOf(byVoter),
      highQc: byVoter.find(({ highQc }) => highQc.view === highest)?.highQc as QuorumCert,
    };
    if (isWhole) this.#noteTc(tc);
    return tc;
  }

  proposal(options: {
    readonly view: number;
    readonly justify: QuorumCert;
    readonly tc: TimeoutCert | undefined;
    readonly proposer: number;
    /** Tells equivocating blocks apart. */
    readonly variant: number;
  }): Proposal {
    const { view, justify, tc, proposer, variant } = options;
    const block: Block = {
      epoch: this.#setting.validators.epoch,
      view: view as View,
      height: (justify.height + 1) as Height,
      parent: justify.block,
      justify,
      payload: hashOfText(`forged by ${proposer} in ${view}, variant ${variant}`),
      timestampMs: view,
      proposer,
    };
    const bare = { type: "proposal", block } as const;
    return this.#seal(tc === undefined ? bare : { ...bare, tc }) as Proposal;
  }

  vote({ epoch, view, height, block }: VoteContent, voter: number): Vote {
    const content = { epoch, view, height, block };
    return this.#seal({ type: "vote", content, voter }) as Vote;
  }

  commitVote(content: CommitVoteContent, voter: number, qc?: QuorumCert): CommitVote {
    const { epoch, view, height, block, stateRoot } = content;
    const bare = { epoch, view, height, block, stateRoot };
    const draft = { type: "commit-vote", content: bare, voter } as const;
    return this.#seal(qc === undefined ? draft : { ...draft, qc }) as CommitVote;
  }

  timeout(options: {
    readonly view: number;
    readonly highQc: QuorumCert;
    readonly voter: number;
    readonly highTc?: TimeoutCert | undefined;
  }): Timeout {
    const { view, highQc, voter, highTc } = options;
    const epoch = this.#setting.validators.epoch;
    const content = { epoch, view: view as View, highQcView: highQc.view };
    const draft = { type: "timeout", content, voter, highQc } as const;
    return this.#seal(highTc === undefined ? draft : { ...draft, highTc }) as Timeout;
  }

  /** The state after a block that is known with all its ancestors. */
  rootAfter(block: Hash): Hash | undefined {
    if (wordOf(block) === wordOf(this.#setting.genesisQc.block)) return GENESIS_ROOT;
    const known = this.#blocks.get(wordOf(block));
    const below = known && this.rootAfter(known.parent);
    return below && stateAfter(below, (known as Block).payload);
  }

  blockBy(hash: Hash): Block | undefined {
    return this.#blocks.get(wordOf(hash));
  }

  contentOf(block: Block): VoteContent {
    const { epoch, view, height } = block;
    return { epoch, view, height, block: blockHash(block) };
  }

  #seal(draft: Draft): Message {
    const message = this.#setting.sign(draft);
    this.#onSealed(message);
    return message;
  }

  #quorumOf(cast: ReadonlyMap<number, Vote | CommitVote>, missing: number) {
    const chosen = [...cast.values()].slice(0, this.#setting.quorum - missing);
    if (chosen.length < this.#setting.quorum - missing) return undefined;
    return listOf(chosen);
  }

  /** What falls short of a quorum, for it was an attempt, is nothing to build on. */
  #isWhole({ signatures }: QuorumCert | TimeoutCert): boolean {
    return new Set(signatures.signers).size >= this.#setting.quorum;
  }

  #noteQc(qc: QuorumCert): void {
    if (qc.view > 0 && !this.#isWhole(qc)) return;
    const name = `${qc.view} ${wordOf(qc.block)}`;
    if (!this.#qcs.has(name)) this.#qcs.set(name, qc);
  }

  #noteTc(tc: TimeoutCert): void {
    if (!this.#isWhole(tc) || tc.highQc.view !== Math.max(...tc.highQcViews)) return;
    this.#tcs.set(`${tc.view} ${tc.signatures.signers} ${tc.highQcViews}`, tc);
    this.#noteQc(tc.highQc);
  }
}

function collect<C, B extends { readonly content: C; readonly voter: number }>(
  polls: Map<string, Poll<C, B>>,
  name: string,
  ballot: B,
): void {
  const poll = polls.get(name) ?? { content: ballot.content, ballots: new Map<number, B>() };
  polls.set(name, poll);
  poll.ballots.set(ballot.voter, ballot);
}

function listOf(ballots: readonly { readonly voter: number; readonly signature: Signature }[]) {
  return signatureList(ballots.map(({ voter, signature }) => ({ signer: voter, signature })));
}
