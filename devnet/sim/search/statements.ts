// Everything that can be said in an exhaustive search, by number: blocks, and the one QC, TC or ballot that stands for
// all with the same meaning. The search owns every key; what may be said is for it to decide.

import {
  type Block,
  blockHash,
  type CommitVote,
  type Message,
  type Proposal,
  type QuorumCert,
  type TimeoutCert,
} from "../../../consensus/index.ts";
import type { Hash, Signature, View } from "../../../crypto/index.ts";
import { signatureList } from "../../../crypto/index.ts";
import { Forger } from "./forger.ts";
import { Judge } from "./judge.ts";
import { GENESIS_ROOT, type Setting, stateAfter, wordOf } from "./setting.ts";

/** Number 0 is genesis. */
export type BlockNumber = number;
/** A TC by what matters of it: its view and the highest certificate in it. */
export type TcNumber = number;

export type KnownBlock = {
  readonly view: number;
  readonly height: number;
  readonly parent: BlockNumber;
  readonly block: Block | undefined;
  readonly hash: Hash;
  readonly root: Hash;
};

export type KnownTc = { readonly view: number; readonly high: BlockNumber };

/** More than any search makes; two block numbers fit into one. */
const MAX_BLOCKS = 2 ** 24;

export class Statements {
  readonly setting: Setting;
  readonly liar: number;
  readonly made = new Map<string, Signature>();
  readonly blocks: KnownBlock[] = [];
  readonly tcs: KnownTc[] = [];
  readonly #compared = new Map<number, boolean>();
  readonly #numbers = new Map<string, BlockNumber>();
  readonly #tcNumbers = new Map<string, TcNumber>();
  readonly #messages = new Map<string, Message>();
  readonly #qcs = new Map<string, QuorumCert>();
  readonly #certs = new Map<TcNumber, TimeoutCert>();
  readonly #forger: Forger;

  constructor(setting: Setting, liar: number) {
    this.setting = setting;
    this.liar = liar;
    const clerk = new Judge(setting, setting.validators.members.length, this.made);
    this.#forger = new Forger(setting, [liar], (message) => clerk.sealed(message));
    const { block: hash } = setting.genesisQc;
    this.blocks.push({ view: 0, height: 0, parent: 0, block: undefined, hash, root: GENESIS_ROOT });
    this.#numbers.set(wordOf(hash), 0);
  }

  numberOf(hash: Hash): BlockNumber {
    const number = this.#numbers.get(wordOf(hash));
    if (number === undefined) throw new Error("a block that nobody proposed");
    return number;
  }

  /** Takes note of a block, whoever made it. */
  add(block: Block): BlockNumber {
    const hash = blockHash(block);
    const known = this.#numbers.get(wordOf(hash));
    if (known !== undefined) return known;
    const parent = this.numberOf(block.parent);
    const { view, height, payload } = block;
    const root = stateAfter((this.blocks[parent] as KnownBlock).root, payload);
    this.blocks.push({ view, height, parent, block, hash, root });
    this.#numbers.set(wordOf(hash), this.blocks.length - 1);
    return this.blocks.length - 1;
  }

  block(number: BlockNumber): KnownBlock {
    return this.blocks[number] as KnownBlock;
  }

  isAncestor(older: BlockNumber, of: BlockNumber): boolean {
    const { height } = this.block(older);
    let at = of;
    while (this.block(at).height > height) at = this.block(at).parent;
    return at === older;
  }

  /** Two of these blocks that cannot both be final, in words. */
  conflictIn(final: readonly BlockNumber[]): string | undefined {
    for (const left of final) {
      for (const right of final) {
        if (left >= right || this.#areOnOneChain(left, right)) continue;
        const named = [left, right].map((number) => {
          const { view, height } = this.block(number);
          return `block ${number} (view ${view}, height ${height})`;
        });
        return `both final: ${named.join(" and ")}`;
      }
    }
    return undefined;
  }

  #areOnOneChain(left: BlockNumber, right: BlockNumber): boolean {
    const key = left * MAX_BLOCKS + right;
    const known = this.#compared.get(key);
    if (known !== undefined) return known;
    const isOne = this.isAncestor(left, right) || this.isAncestor(right, left);
    this.#compared.set(key, isOne);
    return isOne;
  }

  tcNumber(view: number, high: BlockNumber): TcNumber {
    const name = `${view} ${high}`;
    const known = this.#tcNumbers.get(name);
    if (known !== undefined) return known;
    this.tcs.push({ view, high });
    this.#tcNumbers.set(name, this.tcs.length - 1);
    return this.tcs.length - 1;
  }

  /** By the liar and so many honest validators; the canonical one has a quorum. */
  qc(number: BlockNumber, honest = this.setting.quorum - 1): QuorumCert {
    if (number === 0) return this.setting.genesisQc;
    return memo(this.#qcs, `${number} ${honest}`, () => {
      const content = this.#contentOf(number);
      const votes = this.#signers(honest).map((voter) => this.#forger.vote(content, voter));
      return { ...content, signatures: listOf(votes) };
    });
  }

  tc(number: TcNumber): TimeoutCert {
    return memo(this.#certs, number, () => this.#timeoutCert(number, this.setting.quorum - 1));
  }

  proposal(options: {
    readonly view: number;
    readonly justify: BlockNumber;
    readonly tc: TcNumber | undefined;
    readonly variant: number;
  }): Proposal {
    const { view, justify, tc, variant } = options;
    return memo(this.#messages, `proposal ${view} ${justify} ${tc} ${variant}`, () => {
      const proposal = this.#forger.proposal({
        view,
        justify: this.qc(justify),
        tc: tc === undefined ? undefined : this.tc(tc),
        proposer: this.liar,
        variant,
      });
      this.add(proposal.block);
      return proposal;
    }) as Proposal;
  }

  vote(number: BlockNumber, voter: number): Message {
    return memo(this.#messages, `vote ${number} ${voter}`, () => {
      return this.#forger.vote(this.#contentOf(number), voter);
    });
  }

  /** With the QC of the block, which lifts whoever hears it. */
  commitVote(number: BlockNumber, voter: number, honest = this.setting.quorum - 1): Message {
    return memo(this.#messages, `commit vote ${number} ${voter} ${honest}`, () => {
      const content = { ...this.#contentOf(number), stateRoot: this.block(number).root };
      return this.#forger.commitVote(content, voter, this.qc(number, honest));
    });
  }

  /** By the liar, of the view that the TC opens. */
  timeoutWith(tc: TcNumber, honest = this.setting.quorum - 1): Message {
    return memo(this.#messages, `timeout ${tc} ${honest}`, () => {
      return this.#forger.timeout({
        view: (this.tcs[tc] as KnownTc).view + 1,
        highQc: this.setting.genesisQc,
        voter: this.liar,
        highTc: this.#timeoutCert(tc, honest),
      });
    });
  }

  decision(number: BlockNumber, honest: number): Message {
    return memo(this.#messages, `decision ${number} ${honest}`, () => {
      const votes = this.#signers(honest).map((voter) => this.commitVote(number, voter));
      const content = { ...this.#contentOf(number), stateRoot: this.block(number).root };
      return {
        type: "decision",
        cert: { ...content, signatures: listOf(votes as CommitVote[]) },
      };
    });
  }

  #timeoutCert(number: TcNumber, honest: number): TimeoutCert {
    const { view, high } = this.tcs[number] as KnownTc;
    const highQc = this.qc(high);
    // One signer knows it, and not the first: who reads only one of the claims shall be found out.
    const timeouts = this.#signers(honest).map((voter, at) => {
      const known = at === Math.min(1, honest) ? highQc : this.setting.genesisQc;
      return this.#forger.timeout({ view, highQc: known, voter });
    });
    return {
      epoch: this.setting.validators.epoch,
      view: view as View,
      highQcViews: timeouts.map(({ content }) => content.highQcView),
      signatures: listOf(timeouts),
      highQc,
    };
  }

  #signers(honest: number): readonly number[] {
    const others = this.setting.validators.members.map((_, index) => index);
    const chosen = others.filter((index) => index !== this.liar).slice(0, honest);
    return [...chosen, this.liar].sort((left, right) => left - right);
  }

  #contentOf(number: BlockNumber) {
    const { block } = this.block(number);
    if (block === undefined) throw new Error("nobody votes for genesis");
    return this.#forger.contentOf(block);
  }
}

function memo<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}

function listOf(ballots: readonly { readonly voter: number; readonly signature: Signature }[]) {
  return signatureList(ballots.map(({ voter, signature }) => ({ signer: voter, signature })));
}
