// What the client believes, and why: proofs under certificates of the validators in genesis, and, where the question is
// about now, no state that is old or older than one proven before. Everything else is a Lie, which is thrown.

import type { CommitCert } from "../../consensus/index.ts";
import { type Hash, type Height, nobleScheme, type SignatureScheme } from "../../crypto/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import {
  type CertifiedBlock,
  checkReceiptProof,
  checkStateProof,
  type ProofRefusal,
  type ProvenReceipt,
  type ProvenState,
  type Trust,
  trustIn,
} from "../proof/index.ts";

import { bytes } from "./json-values.ts";
import { Lie, type LieCode } from "./problem.ts";

export type BeliefOptions = {
  readonly root: ChainRoot;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** How old the block of a state that holds "now" may be. */
  readonly maxStalenessMs: number;
  /** The portable one unless a faster one is at hand. */
  readonly scheme?: SignatureScheme | undefined;
};

const CERTIFICATE_REFUSALS: readonly string[] = [
  "wrong-epoch",
  "unknown-validator",
  "unknown-signer",
  "repeated-signer",
  "signatures-without-signers",
  "below-quorum",
  "bad-signature",
  "genesis-certificate",
] satisfies ProofRefusal[];

const SUBJECT_REFUSALS: readonly string[] = [
  "wrong-key",
  "wrong-transaction",
] satisfies ProofRefusal[];

export class Belief {
  readonly root: ChainRoot;
  readonly maxStalenessMs: number;
  readonly #clock: () => number;
  readonly #trust: Trust;
  #height = 0 as Height;
  #learnedMs = Number.NEGATIVE_INFINITY;

  constructor({ root, clock, maxStalenessMs, scheme = nobleScheme }: BeliefOptions) {
    this.root = root;
    this.maxStalenessMs = maxStalenessMs;
    this.#clock = clock;
    this.#trust = trustIn({ validators: root.validators, scheme });
  }

  /** The highest that any validator proved so far. */
  get height(): Height {
    return this.#height;
  }

  /** Since that height was learnt; infinite before. */
  get ageMs(): number {
    return this.#clock() - this.#learnedMs;
  }

  /** What `key` holds now. `floor` is `height` as it was when the question was asked: the answer comes after that. */
  stateNow(proof: Uint8Array, { key, floor }: StateQuestion): ProvenState {
    const verdict = checkStateProof(proof, this.#trust, key);
    if (!verdict.ok) throw lieOf(verdict.refusal);
    this.note(verdict);
    if (verdict.height < floor) {
      throw new Lie("BEHIND", `height ${verdict.height}, when ${floor} was proven before`);
    }
    const ageMs = this.#clock() - verdict.timestampMs;
    if (ageMs > this.maxStalenessMs) {
      throw new Lie("STALE", `height ${verdict.height} is ${ageMs} ms old`);
    }
    return verdict;
  }

  /** What came of a transaction: once proven, for ever. */
  receipt(proof: Uint8Array, transaction: Hash): ProvenReceipt {
    const verdict = checkReceiptProof(proof, this.#trust, transaction);
    if (!verdict.ok) throw lieOf(verdict.refusal);
    this.note(verdict.certified);
    return verdict;
  }

  certificate(cert: CommitCert): void {
    const refusal = this.#trust.quorums.commitCertRefusal(cert);
    if (refusal !== undefined) throw new Lie("BAD_CERTIFICATE", refusal);
  }

  note({ height }: Pick<CertifiedBlock, "height">): void {
    if (height <= this.#height) return;
    this.#height = height;
    this.#learnedMs = this.#clock();
  }
}

export type StateQuestion = { readonly key: Uint8Array; readonly floor: Height };

function lieOf(refusal: ProofRefusal): Lie {
  const code: LieCode = CERTIFICATE_REFUSALS.includes(refusal)
    ? "BAD_CERTIFICATE"
    : SUBJECT_REFUSALS.includes(refusal)
      ? "WRONG_SUBJECT"
      : "BAD_PROOF";
  return new Lie(code, refusal);
}

/** The bytes of the proof that an answer carries. */
export function proofIn({ proof }: Readonly<Record<string, unknown>>): Uint8Array {
  if (proof === undefined) throw new Lie("MISSING_PROOF", "no-proof");
  return bytes(proof, "proof");
}
