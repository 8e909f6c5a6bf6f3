// Final blocks in their order, from JSON that nobody vouches for. Upon a block:
//   its hash is recomputed from its header, its payload from the transaction ids, its parent is the block before;
//   with a sound certificate of its own it is believed, and with it, by the chain of hashes, all that were held back;
//   without one it is held back, at most MAX_HELD of them, until such a block comes.

import { type Block, blockHash, type CommitCert, type QuorumCert } from "../../consensus/index.ts";
import {
  type Epoch,
  equalBytes,
  type Hash,
  type Height,
  MAX_VALIDATORS,
  merkleRoot,
  next,
  type SignatureList,
  type View,
} from "../../crypto/index.ts";
import type { Belief } from "./belief.ts";
import { counter, hashFrom, list, record, signatureFrom } from "./json-values.ts";
import { Lie } from "./problem.ts";

/** A block that a quorum made final, itself or through a later one. */
export type FinalBlock = {
  readonly height: Height;
  readonly hash: Hash;
  readonly parent: Hash;
  readonly view: View;
  /** Milliseconds since 1970, by the proposer's clock. */
  readonly timestampMs: number;
  /** Index in genesis. */
  readonly proposer: number;
  /** Ids, in the order of execution. */
  readonly transactions: readonly Hash[];
  /** Of the state after the block; undefined for one that a later block made final. */
  readonly stateRoot: Hash | undefined;
};

/** As many as a node executes ahead of finality. */
export const MAX_HELD = 1_024;

export class FinalBlocks {
  readonly #belief: Belief;
  #next: Height;
  #parent: Hash | undefined;
  #held: FinalBlock[] = [];

  /** `from`, 1 or more, is the first height that is wanted. */
  constructor(belief: Belief, from: Height) {
    this.#belief = belief;
    this.#next = from;
    this.#parent = from === 1 ? belief.root.genesisBlock : undefined;
  }

  /** The first height that was not handed out yet. */
  get next(): Height {
    return this.#next;
  }

  /** The blocks that are believed by now and were not handed out before. Throws a Lie, or a TypeError for what is no block. */
  take(json: unknown): readonly FinalBlock[] {
    const { block, hash: named, transactions, cert } = blockFrom(json);
    const expected = this.#next + this.#held.length;
    if (block.height < expected) throw new Lie("BLOCK_REPEATED", `height ${block.height} again`);
    if (block.height > expected) {
      throw new Lie("BLOCK_GAP", `height ${block.height}, where ${expected} is next`);
    }
    const hash = blockHash(block);
    if (!equalBytes(hash, named)) throw new Lie("FORGED_BLOCK", "wrong-hash");
    if (!equalBytes(merkleRoot(transactions), block.payload)) {
      throw new Lie("FORGED_BLOCK", "wrong-payload");
    }
    const parent = this.#held.at(-1)?.hash ?? this.#parent;
    if (parent !== undefined && !equalBytes(parent, block.parent)) {
      throw new Lie("FORGED_BLOCK", "wrong-parent");
    }
    if (cert !== undefined) {
      if (!equalBytes(cert.block, hash) || cert.height !== block.height) {
        throw new Lie("BAD_CERTIFICATE", "of-another-block");
      }
      this.#belief.certificate(cert);
    }
    const { height, view, timestampMs, proposer } = block;
    const stateRoot = cert?.stateRoot;
    this.#held.push({
      height,
      hash,
      parent: block.parent,
      view,
      timestampMs,
      proposer,
      transactions,
      stateRoot,
    });
    return cert === undefined ? this.#waiting() : this.#release();
  }

  /** Forgets what was held back: another validator is asked for it again. */
  forget(): void {
    this.#held = [];
  }

  #waiting(): readonly FinalBlock[] {
    if (this.#held.length < MAX_HELD) return [];
    throw new Lie("UNCERTIFIED_BLOCKS", `${this.#held.length} in a row`);
  }

  #release(): readonly FinalBlock[] {
    const believed = this.#held;
    const last = believed.at(-1) as FinalBlock;
    this.#held = [];
    this.#next = next(last.height);
    this.#parent = last.hash;
    this.#belief.note(last);
    return believed;
  }
}

type GivenBlock = {
  readonly block: Block;
  readonly hash: Hash;
  readonly transactions: readonly Hash[];
  readonly cert: CommitCert | undefined;
};

const MAX_PROPOSER = 65_535;

function blockFrom(json: unknown): GivenBlock {
  const raw = record(json, "block");
  const certificates = record(raw.certificates, "certificates");
  const proposer = counter(raw.proposer, "proposer");
  if (proposer > MAX_PROPOSER) throw new TypeError("proposer is no index");
  return {
    hash: hashFrom(raw.hash, "hash"),
    transactions: list(raw.transactions, "transactions").map((id) => hashFrom(id, "transaction")),
    block: {
      epoch: counter<Epoch>(raw.epoch, "epoch"),
      view: counter<View>(raw.view, "view"),
      height: counter<Height>(raw.height, "height"),
      parent: hashFrom(raw.parent, "parent"),
      justify: quorumCertFrom(certificates.justify),
      payload: hashFrom(raw.payload, "payload"),
      timestampMs: counter(raw.timestampMs, "timestampMs"),
      proposer,
    },
    cert: certificates.commit === undefined ? undefined : commitCertFrom(certificates.commit),
  };
}

function quorumCertFrom(json: unknown): QuorumCert {
  const raw = record(json, "certificate");
  return {
    epoch: counter<Epoch>(raw.epoch, "epoch"),
    view: counter<View>(raw.view, "view"),
    height: counter<Height>(raw.height, "height"),
    block: hashFrom(raw.block, "block"),
    signatures: signaturesFrom(raw),
  };
}

function commitCertFrom(json: unknown): CommitCert {
  const { stateRoot } = record(json, "certificate");
  return { ...quorumCertFrom(json), stateRoot: hashFrom(stateRoot, "stateRoot") };
}

/** What has no encoding is refused here: only what has can be hashed. */
function signaturesFrom(raw: Readonly<Record<string, unknown>>): SignatureList {
  const signers = list(raw.signers, "signers").map((signer) => counter(signer, "signer"));
  const signatures = list(raw.signatures, "signatures").map(signatureFrom);
  const ascends = signers.every((signer, at) => at === 0 || signer > (signers[at - 1] ?? 0));
  if (!ascends || signers.length !== signatures.length || (signers.at(-1) ?? 0) >= MAX_VALIDATORS) {
    throw new TypeError("signers and signatures make no list");
  }
  return { signers, signatures };
}
