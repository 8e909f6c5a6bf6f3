// The blocks above the last commit: a tree by hash, what is known of each payload and execution, and the committed tip.
// Bounded: one unasked block a view, MAX_BLOCKS in all; what falls behind the tip is dropped.

import { assert, ByteMap, equalBytes, type Hash, type Height, type View } from "../crypto/index.ts";
import { type Block, blockHash } from "./messages.ts";

/** What is final: the newest block that this validator committed, and the state after it. */
export type Tip = {
  readonly hash: Hash;
  readonly height: Height;
  readonly view: View;
  readonly stateRoot: Hash;
  /** The next block's is later. */
  readonly timestampMs: number;
  /** The block itself, for rules and leader choices that look at the parent of a proposal; genesis has none. */
  readonly block?: Block;
};

export type ChainNode = {
  readonly block: Block;
  readonly hash: Hash;
  /** All bodies are held; without them the block is neither voted for nor executed. */
  payloadHeld: boolean;
  /** Why this validator will not vote for it, if it was told so. */
  refusal: string | undefined;
  stored: boolean;
  executionAsked: boolean;
  stateRoot: Hash | undefined;
};

export type Path =
  /** Oldest first, the target last; empty when the target is the tip. */
  | { readonly type: "whole"; readonly nodes: readonly ChainNode[] }
  | { readonly type: "missing"; readonly hash: Hash }
  | { readonly type: "off-the-chain" };

/** A thousand uncommitted blocks are far more than pipelining can produce. */
export const MAX_BLOCKS = 1024;
/** Commits that are remembered to recognise a conflicting one, or to attach a late certificate. */
export const MAX_REMEMBERED_COMMITS = 128;

/** A commit, and whether a certificate of its own is known. */
export type Commit = { readonly tip: Tip; isCertified: boolean };

export class Chain {
  readonly #nodes = new ByteMap<ChainNode>();
  readonly #recent: Commit[];

  constructor(tip: Tip) {
    this.#recent = [{ tip, isCertified: false }];
  }

  get tip(): Tip {
    return (this.#recent[this.#recent.length - 1] as Commit).tip;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(hash: Hash): ChainNode | undefined {
    return this.#nodes.get(hash);
  }

  /** The commit at this height, if it is among the last MAX_REMEMBERED_COMMITS. */
  committedAt(height: Height): Commit | undefined {
    return this.#recent[height - (this.#recent[0]?.tip.height ?? 0)];
  }

  /**
   * Adds a block; undefined if it cannot matter any more. In a full tree a block that was asked for (`held`, with its
   * bodies) takes the place of the highest one, which can be asked for again; any other is refused.
   */
  insert(block: Block, held: boolean): ChainNode | undefined {
    const hash = blockHash(block);
    if (block.height <= this.tip.height) return undefined;
    if (this.#nodes.size >= MAX_BLOCKS && !(held && this.#dropAbove(block.height))) {
      return undefined;
    }
    const node: ChainNode = {
      block,
      hash,
      payloadHeld: held,
      refusal: undefined,
      stored: false,
      executionAsked: false,
      stateRoot: undefined,
    };
    this.#nodes.set(hash, node);
    return node;
  }

  /** The blocks between the tip and `target`, walked by hash, never by number. */
  pathTo(target: Hash): Path {
    const nodes: ChainNode[] = [];
    let hash = target;
    while (!equalBytes(hash, this.tip.hash)) {
      const node = this.#nodes.get(hash);
      if (node === undefined) {
        return nodes.at(-1)?.block.height === this.tip.height + 1
          ? { type: "off-the-chain" }
          : { type: "missing", hash };
      }
      nodes.push(node);
      hash = node.block.parent;
    }
    return { type: "whole", nodes: nodes.reverse() };
  }

  /** Makes the child of the tip final. */
  commit(node: ChainNode, isCertified: boolean): void {
    const { block, hash, stateRoot } = node;
    assert(equalBytes(block.parent, this.tip.hash), "a commit extends the tip");
    assert(block.height === this.tip.height + 1, "heights are contiguous");
    assert(stateRoot !== undefined, "a block is executed before it is committed");
    const { height, view, timestampMs } = block;
    const tip = { hash, height, view, stateRoot, timestampMs, block };
    this.#recent.push({ tip, isCertified });
    if (this.#recent.length > MAX_REMEMBERED_COMMITS) this.#recent.shift();
  }

  /** Drops all that the tip has overtaken. */
  prune(): void {
    const { height } = this.tip;
    this.#dropWhere((node) => node.block.height <= height);
  }

  /**
   * Drops blocks older than `view` that `certified` does not build on: dead forks, to be had again by hash. Drops
   * nothing while the path to `certified` has gaps, for then nobody can say what is dead.
   */
  pruneForks(certified: Hash, view: View): void {
    const path = this.pathTo(certified);
    if (path.type !== "whole") return;
    const branch = new Set(path.nodes);
    this.#dropWhere((node) => node.block.view < view && !branch.has(node));
  }

  #dropWhere(isDropped: (node: ChainNode) => boolean): void {
    for (const node of [...this.#nodes.values()]) {
      if (isDropped(node)) this.#nodes.delete(node.hash);
    }
  }

  /** Makes room at the expense of the highest block; false if none is higher than this. */
  #dropAbove(height: Height): boolean {
    let highest: ChainNode | undefined;
    for (const node of this.#nodes.values()) {
      if (node.block.height > (highest?.block.height ?? height)) highest = node;
    }
    return highest !== undefined && this.#nodes.delete(highest.hash);
  }
}
