// From certificates to final blocks: which block is to become final, what must be fetched and executed before, and the
// two discoveries after which this validator never goes on (conflicting commits, another state than the certified one).
//
// Upon a CommitCert, or a QC that makes a block final by the rule set: aim at that block.
// Upon each new block, body or state root: commit what is executed of the path from the tip to the highest aim that can
//   be reached, oldest first; ask for what is missing on the way.

import { assert, equalBytes, type Hash, type Height, toHex, type View } from "../crypto/index.ts";
import type { CommitCert, QuorumCert } from "./certificates.ts";
import { Chain, type ChainNode, MAX_REMEMBERED_COMMITS, type Tip } from "./chain.ts";
import { type Block, blockHash } from "./messages.ts";
import type { Effect, Halt } from "./protocol.ts";
import { RULE_SETS, type RuleSet } from "./rules.ts";
import type { ValidatorIndex } from "./validators.ts";

/** A gap to the tip above this is left to catch-up; single blocks of it are fetched all the same. */
export const MAX_FETCH_DEPTH = 8;
/** Gaps asked for since the view began or the tip moved; beyond it all may be asked for again. */
const MAX_ASKED = 64;

/** A block to reach, and who should have it. */
export type Target = {
  readonly hash: Hash;
  readonly height: Height;
  readonly view: View;
  readonly holders: readonly ValidatorIndex[];
  readonly cert?: CommitCert;
};

export class Commitment {
  readonly #chain: Chain;
  readonly #emit: (effect: Effect) => void;
  /** Certificates above the tip, by height; at most MAX_REMEMBERED_COMMITS: the lowest are needed first and stay. */
  readonly #certs = new Map<Height, CommitCert>();
  readonly #asked = new Set<string>();
  /** The highest block that is known to be final, and not committed yet. */
  #target: Target | undefined;
  #halted = false;
  readonly #rules: RuleSet;

  constructor(
    tip: Tip,
    emit: (effect: Effect) => void,
    rules: RuleSet = RULE_SETS["commit-votes"],
  ) {
    this.#chain = new Chain(tip);
    this.#emit = emit;
    this.#rules = rules;
  }

  get tip(): Tip {
    return this.#chain.tip;
  }

  get halted(): boolean {
    return this.#halted;
  }

  node(hash: Hash): ChainNode | undefined {
    return this.#chain.get(hash);
  }

  /** The block that `qc` certifies, if it is held or the tip; genesis is no block. */
  certified(qc: QuorumCert): Block | undefined {
    const { hash, block } = this.#chain.tip;
    return equalBytes(qc.block, hash) ? block : this.#chain.get(qc.block)?.block;
  }

  /** The time of the block that `qc` certifies, if it is held or the tip. */
  timestampOf(qc: QuorumCert): number | undefined {
    const { hash, timestampMs } = this.#chain.tip;
    if (equalBytes(qc.block, hash)) return timestampMs;
    return this.#chain.get(qc.block)?.block.timestampMs;
  }

  /** Asks for the block that `qc` certifies; not for one that the tip has overtaken. */
  want(qc: QuorumCert): void {
    const { hash, height } = this.#chain.tip;
    assert(!equalBytes(qc.block, hash), "a tip above genesis comes with its block");
    if (qc.height > height) this.heldPath(targetOf(qc));
  }

  /** Adds a block and asks for its bodies unless they are `held`; undefined if it cannot matter any more. */
  insert(
    block: Block,
    known: { readonly highQc: QuorumCert; readonly held: boolean },
  ): ChainNode | undefined {
    const inserted = this.#chain.get(blockHash(block));
    if (inserted !== undefined) {
      inserted.payloadHeld ||= known.held;
      return inserted;
    }
    const node = this.#chain.insert(block, known.held);
    if (node === undefined) return undefined;
    if (!known.held) this.#emit({ type: "obtain-payload", block, hash: node.hash });
    this.applyQc(block.justify);
    this.applyQc(known.highQc);
    return node;
  }

  /** What `qc` makes final is to be reached. */
  applyQc(qc: QuorumCert): void {
    const final = this.#rules.finalBy(qc, (hash) => this.#chain.get(hash)?.block);
    if (final !== undefined) this.#aim(targetOf(final));
  }

  onCommitCert(cert: CommitCert): void {
    if (cert.height > this.#chain.tip.height) return this.#expect(cert);
    const committed = this.#chain.committedAt(cert.height);
    if (committed === undefined || !this.#agrees(cert, committed.tip)) return;
    if (committed.isCertified) return;
    committed.isCertified = true;
    this.#emit({ type: "certify", cert });
  }

  onExecuted(hash: Hash, stateRoot: Hash): void {
    const node = this.#chain.get(hash);
    if (node !== undefined) node.stateRoot = stateRoot;
  }

  /** A view began: what was asked for may be asked for again, and old forks can go. */
  onView(highQc: QuorumCert, oldestView: View): void {
    this.#asked.clear();
    this.#chain.pruneForks(highQc.block, oldestView);
  }

  /** Commits all that can be committed. */
  pursue(): void {
    const before = this.#chain.tip;
    const nodes = this.#halted ? undefined : this.#reachable();
    for (const node of nodes ?? []) {
      if (!node.payloadHeld) break;
      this.#execute(node);
      if (node.stateRoot === undefined || !this.#commit(node, node.stateRoot)) break;
    }
    if (this.#chain.tip === before) return;
    this.#chain.prune();
    this.#asked.clear();
    if (this.#target !== undefined && this.#target.height <= this.#chain.tip.height) {
      this.#target = undefined;
    }
  }

  /** The path from the tip to the target, once all of it is executed; until then, asks for what is missing. */
  executedPath(target: Target): readonly ChainNode[] | undefined {
    const nodes = this.heldPath(target);
    if (nodes === undefined) return undefined;
    for (const node of nodes) this.#execute(node);
    return nodes.every((node) => node.stateRoot !== undefined) ? nodes : undefined;
  }

  /** Is this block above the tip held with all its ancestors and their bodies? */
  isHeld(block: Hash): boolean {
    const path = this.#chain.pathTo(block);
    if (path.type !== "whole" || path.nodes.length === 0) return false;
    return path.nodes.every((node) => node.payloadHeld);
  }

  /** The path from the tip to the target, once all blocks and bodies are held; until then, asks for what is missing. */
  heldPath(target: Target): readonly ChainNode[] | undefined {
    const path = this.#chain.pathTo(target.hash);
    if (path.type === "missing") this.#ask(path.hash, target);
    if (path.type !== "whole") return undefined;
    return path.nodes.every((node) => node.payloadHeld) ? path.nodes : undefined;
  }

  /** Before anything is signed that promises to keep the block. */
  store(node: ChainNode): void {
    if (node.stored) return;
    node.stored = true;
    this.#emit({ type: "store", block: node.block, hash: node.hash });
  }

  /** Has a quorum certified another block, or another state, at this height than we are about to vouch for? */
  contradicts(height: Height, ours: Pick<Tip, "hash" | "stateRoot">): boolean {
    const cert = this.#certs.get(height) ?? this.#target?.cert;
    if (cert === undefined || cert.height !== height) return false;
    return !equalBytes(cert.block, ours.hash) || !equalBytes(cert.stateRoot, ours.stateRoot);
  }

  /** The path to the highest block that is known to be final and whose ancestors are all here. */
  #reachable(): readonly ChainNode[] | undefined {
    if (this.#target === undefined) return undefined;
    const path = this.#chain.pathTo(this.#target.hash);
    if (path.type === "whole") return path.nodes;
    if (path.type === "off-the-chain") {
      this.#haltOnFork(this.#target, this.#chain.tip.hash);
      return undefined;
    }
    this.#ask(path.hash, this.#target);
    for (const height of [...this.#certs.keys()].sort((left, right) => right - left)) {
      const lower = this.#chain.pathTo((this.#certs.get(height) as CommitCert).block);
      if (lower.type === "whole") return lower.nodes;
    }
    return undefined;
  }

  #execute(node: ChainNode): void {
    if (node.executionAsked) return;
    node.executionAsked = true;
    this.#emit({ type: "execute", block: node.block, hash: node.hash });
  }

  #expect(cert: CommitCert): void {
    const other = this.#certs.get(cert.height);
    const ours = other && { hash: other.block, stateRoot: other.stateRoot };
    if (ours !== undefined && !this.#agrees(cert, ours)) return;
    this.#certs.set(cert.height, cert);
    const highest = Math.max(...this.#certs.keys()) as Height;
    if (this.#certs.size > MAX_REMEMBERED_COMMITS) this.#certs.delete(highest);
    this.#aim({ ...targetOf(cert), cert });
  }

  #aim(target: Target): void {
    const current = this.#target;
    if (target.height <= this.#chain.tip.height) {
      const final = this.#chain.committedAt(target.height)?.tip.hash;
      if (final !== undefined && !equalBytes(final, target.hash)) this.#haltOnFork(target, final);
      return;
    }
    if (current === undefined || target.height > current.height) this.#target = target;
    if (current === undefined || target.height !== current.height) return;
    if (!equalBytes(target.hash, current.hash)) return this.#haltOnFork(target, current.hash);
    if (current.cert === undefined) this.#target = target;
  }

  /** False, and halted, if a quorum certified another block or another state than ours. */
  #commit(node: ChainNode, stateRoot: Hash): boolean {
    const { block, hash } = node;
    const target = this.#target?.height === block.height ? this.#target.cert : undefined;
    const cert = this.#certs.get(block.height) ?? target;
    if (cert !== undefined && !this.#agrees(cert, { hash, stateRoot })) return false;
    this.#certs.delete(block.height);
    this.store(node);
    this.#chain.commit(node, cert !== undefined);
    const committed = { type: "commit", block, hash, stateRoot } as const;
    this.#emit(cert === undefined ? committed : { ...committed, cert });
    return true;
  }

  #agrees(cert: CommitCert, ours: Pick<Tip, "hash" | "stateRoot">): boolean {
    const { height, view } = cert;
    if (!equalBytes(cert.block, ours.hash)) {
      const theirs = cert.block;
      this.#halt({ reason: "conflicting-commit", height, view, ours: ours.hash, theirs, cert });
      return false;
    }
    if (!equalBytes(cert.stateRoot, ours.stateRoot)) {
      const theirs = cert.stateRoot;
      this.#halt({ reason: "state-diverged", height, view, ours: ours.stateRoot, theirs, cert });
      return false;
    }
    return true;
  }

  #haltOnFork({ hash: theirs, height, view, cert }: Target, ours: Hash): void {
    const halt = { reason: "conflicting-commit", height, view, ours, theirs } as const;
    this.#halt(cert === undefined ? halt : { ...halt, cert });
  }

  #halt(halt: Halt): void {
    this.#halted = true;
    this.#emit({ type: "halt", halt });
  }

  #ask(hash: Hash, target: Target): void {
    const { height, holders } = target;
    const isFar = height > this.#chain.tip.height + MAX_FETCH_DEPTH;
    if (isFar && this.#rules.castsCommitVotes && this.#isNewAsk("catch-up")) {
      this.#emit({ type: "catch-up", height });
    }
    if (this.#isNewAsk(toHex(hash))) this.#emit({ type: "fetch", hash, holders });
  }

  #isNewAsk(key: string): boolean {
    if (this.#asked.has(key)) return false;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.add(key);
    return true;
  }
}

/** The block that a certificate names, as something to reach. */
export function targetOf(cert: QuorumCert): Target {
  const { block: hash, height, view, signatures } = cert;
  return { hash, height, view, holders: signatures.signers };
}
