// The gate before the engine: every refusal of a message that arrives from outside, one literal each. What passes is
// branded `Verified`; the engine takes nothing else.

import { type Brand, equalBytes, type SignatureScheme } from "../crypto/index.ts";
import {
  type Certificates,
  type CommitCert,
  commitVoteBytes,
  highQcViewOf,
  type QuorumCert,
  quorumCertCodec,
  sameVote,
  type TimeoutCert,
  timeoutBytes,
  timeoutCertCodec,
  voteBytes,
} from "./certificates.ts";
import { LEADER_CHOICES, type LeaderChoice } from "./leaders.ts";
import {
  type Block,
  type CommitVote,
  type Message,
  type Proposal,
  proposalBytes,
  type Timeout,
  type Vote,
} from "./messages.ts";
import { QuorumCheck, type QuorumRefusal } from "./quorum-check.ts";
import { isCertificates, isCommitCert, isMessage } from "./shape.ts";
import type { ValidatorSet } from "./validators.ts";

export type Verified<T> = Brand<T, "Verified">;

export type MessageRefusal =
  | "malformed"
  | QuorumRefusal
  | "not-the-genesis-certificate"
  | "not-the-leader"
  | "parent-is-not-certified"
  | "height-does-not-follow"
  | "view-does-not-follow"
  | "skips-a-view-without-proof"
  | "needless-timeout-certificate"
  | "forgets-a-certified-block"
  | "certificate-of-another-view"
  | "certificate-of-another-block"
  | "highest-certificate-missing"
  | "certificate-from-the-future"
  | "vote-of-another";

export type Verification<T> =
  | { readonly ok: true; readonly message: Verified<T> }
  | { readonly ok: false; readonly refusal: MessageRefusal };

/** Checks messages of one epoch. Deterministic; remembers the certificates that it has checked. */
export class Verifier {
  readonly #validators: ValidatorSet;
  readonly #quorums: QuorumCheck;
  readonly #genesisQc: QuorumCert;
  readonly #leaders: LeaderChoice;

  constructor(
    validators: ValidatorSet,
    scheme: SignatureScheme,
    genesisQc: QuorumCert,
    leaders: LeaderChoice = LEADER_CHOICES["round-robin"],
  ) {
    this.#validators = validators;
    this.#leaders = leaders;
    this.#quorums = new QuorumCheck(validators, scheme);
    this.#genesisQc = genesisQc;
  }

  /** `known` is the receiver's highest certificate: one attached to a commit vote that adds nothing to it is dropped unread. */
  verify(message: Message, known: QuorumCert): Verification<Message> {
    const refusal = isMessage(message) ? this.#refusalOf(message, known) : "malformed";
    if (refusal !== undefined) return { ok: false, refusal };
    if (
      message.type === "commit-vote" &&
      message.qc !== undefined &&
      message.qc.view <= known.view
    ) {
      const { qc: _, ...bare } = message;
      return { ok: true, message: bare as Verified<Message> };
    }
    return { ok: true, message: message as Verified<Message> };
  }

  verifyCommitCert(cert: CommitCert): Verification<CommitCert> {
    const refusal = isCommitCert(cert) ? this.#quorums.commitCertRefusal(cert) : "malformed";
    return refusal === undefined
      ? { ok: true, message: cert as Verified<CommitCert> }
      : { ok: false, refusal };
  }

  /** The certificates that somebody says are the highest they hold. */
  verifyCertificates(given: Certificates): Verification<Certificates> {
    const refusal = isCertificates(given) ? this.#certificatesRefusal(given) : "malformed";
    return refusal === undefined
      ? { ok: true, message: given as Verified<Certificates> }
      : { ok: false, refusal };
  }

  #certificatesRefusal({ highQc, highTc }: Certificates): MessageRefusal | undefined {
    return (
      this.#quorumCertRefusal(highQc) ??
      (highTc === undefined ? undefined : this.#timeoutCertRefusal(highTc))
    );
  }

  #refusalOf(message: Message, known: QuorumCert): MessageRefusal | undefined {
    switch (message.type) {
      case "proposal":
        return this.#proposalRefusal(message);
      case "vote":
        return this.#voteRefusal(message);
      case "commit-vote":
        return this.#commitVoteRefusal(message, known);
      case "timeout":
        return this.#timeoutRefusal(message);
      case "decision":
        return this.#quorums.commitCertRefusal(message.cert);
    }
  }

  #proposalRefusal({ block, tc, signature }: Proposal): MessageRefusal | undefined {
    const { chainId, epoch } = this.#validators;
    const { justify } = block;
    if (block.epoch !== epoch) return "wrong-epoch";
    if (!this.#mayLead(block)) return "not-the-leader";
    if (!equalBytes(block.parent, justify.block)) return "parent-is-not-certified";
    if (block.height !== justify.height + 1) return "height-does-not-follow";
    if (block.view <= justify.view) return "view-does-not-follow";
    if (block.view === justify.view + 1) {
      if (tc !== undefined) return "needless-timeout-certificate";
    } else {
      if (tc === undefined || tc.view + 1 !== block.view) return "skips-a-view-without-proof";
      if (justify.view < highQcViewOf(tc)) return "forgets-a-certified-block";
    }
    // Only what has a sound certificate has bytes that can be signed.
    const shape = this.#quorumCertShape(justify);
    if (shape !== undefined) return shape;
    return (
      this.#quorums.signatureRefusal(block.proposer, proposalBytes(chainId, block), signature) ??
      this.#quorumCertRefusal(justify) ??
      (tc === undefined ? undefined : this.#timeoutCertRefusal(tc))
    );
  }

  /** False if somebody else leads whatever the parent is; if that matters, the engine goes on to check. */
  #mayLead({ view, justify, proposer }: Block): boolean {
    const question = { validators: this.#validators, view, justify, parent: undefined };
    const leader = this.#leaders(question);
    return leader === undefined || leader === proposer;
  }

  #voteRefusal({ content, voter, signature }: Vote): MessageRefusal | undefined {
    if (content.epoch !== this.#validators.epoch) return "wrong-epoch";
    const signed = voteBytes(this.#validators.chainId, content);
    return this.#quorums.signatureRefusal(voter, signed, signature);
  }

  #commitVoteRefusal(vote: CommitVote, known: QuorumCert): MessageRefusal | undefined {
    const { content, voter, signature, qc } = vote;
    if (content.epoch !== this.#validators.epoch) return "wrong-epoch";
    if (qc !== undefined && !sameVote(qc, content)) return "certificate-of-another-block";
    const signed = commitVoteBytes(this.#validators.chainId, content);
    return (
      this.#quorums.signatureRefusal(voter, signed, signature) ??
      (qc === undefined || qc.view <= known.view ? undefined : this.#quorumCertRefusal(qc))
    );
  }

  #timeoutRefusal(timeout: Timeout): MessageRefusal | undefined {
    const { content, voter, signature, highQc, highTc, vote } = timeout;
    if (content.epoch !== this.#validators.epoch) return "wrong-epoch";
    if (highQc.view !== content.highQcView) return "certificate-of-another-view";
    if (highQc.view >= content.view) return "certificate-from-the-future";
    if (highQc.view + 1 !== content.view && highTc === undefined)
      return "skips-a-view-without-proof";
    if (highTc !== undefined && highTc.view + 1 !== content.view)
      return "certificate-of-another-view";
    if (vote !== undefined && (vote.voter !== voter || vote.content.view !== content.view)) {
      return "vote-of-another";
    }
    const signed = timeoutBytes(this.#validators.chainId, content);
    return (
      this.#quorums.signatureRefusal(voter, signed, signature) ??
      (vote === undefined ? undefined : this.#voteRefusal(vote)) ??
      this.#quorumCertRefusal(highQc) ??
      (highTc === undefined ? undefined : this.#timeoutCertRefusal(highTc))
    );
  }

  #quorumCertRefusal(qc: QuorumCert): MessageRefusal | undefined {
    const shape = this.#quorumCertShape(qc);
    if (shape !== undefined || qc.view === 0) return shape;
    return this.#quorums.signaturesRefusal(quorumCertCodec, qc, () => {
      const signed = voteBytes(this.#validators.chainId, qc);
      return () => signed;
    });
  }

  #quorumCertShape(qc: QuorumCert): MessageRefusal | undefined {
    if (qc.epoch !== this.#validators.epoch) return "wrong-epoch";
    if (qc.view !== 0 && qc.height !== 0) return this.#quorums.quorumRefusal(qc.signatures);
    const { signers, signatures } = qc.signatures;
    const isUnsigned = signers.length === 0 && signatures.length === 0;
    const isGenesis = sameVote(qc, this.#genesisQc) && isUnsigned;
    return isGenesis ? undefined : "not-the-genesis-certificate";
  }

  #timeoutCertRefusal(tc: TimeoutCert): MessageRefusal | undefined {
    const { epoch, view, highQcViews, highQc, signatures } = tc;
    if (epoch !== this.#validators.epoch) return "wrong-epoch";
    if (highQcViews.length !== signatures.signers.length) return "signatures-without-signers";
    if (highQc.view !== highQcViewOf(tc)) return "highest-certificate-missing";
    if (highQc.view >= view) return "certificate-from-the-future";
    const signedBytes = () => (position: number) => {
      const highQcView = highQcViews[position] ?? view;
      return timeoutBytes(this.#validators.chainId, { epoch, view, highQcView });
    };
    return (
      this.#quorums.quorumRefusal(signatures) ??
      this.#quorumCertShape(highQc) ??
      this.#quorums.signaturesRefusal(timeoutCertCodec, tc, signedBytes) ??
      this.#quorumCertRefusal(highQc)
    );
  }
}
