// The gate before the engine: every refusal of a message that arrives from outside, one literal each. What passes is
// branded `Verified`; the engine takes nothing else.

import {
  type Brand,
  ByteMap,
  type Codec,
  domain,
  encode,
  equalBytes,
  hashIn,
  type PublicKey,
  type Signature,
  type SignatureList,
  type SignatureScheme,
} from "../crypto/index.ts";
import {
  type Certificates,
  type CommitCert,
  commitCertCodec,
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
import { isCertificates, isCommitCert, isMessage } from "./shape.ts";
import { powerOf, type ValidatorSet } from "./validators.ts";

export type Verified<T> = Brand<T, "Verified">;

export type MessageRefusal =
  | "malformed"
  | "wrong-epoch"
  | "unknown-validator"
  | "bad-signature"
  | "below-quorum"
  | "unknown-signer"
  | "repeated-signer"
  | "signatures-without-signers"
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

/** Certificates whose signatures were checked already, by digest; the oldest goes first. */
const MAX_REMEMBERED_CERTIFICATES = 256;

const rememberedDomain = domain("quorate/verified-certificate/1");

/** Checks messages of one epoch. Deterministic; remembers the certificates that it has checked. */
export class Verifier {
  readonly #validators: ValidatorSet;
  readonly #scheme: SignatureScheme;
  readonly #genesisQc: QuorumCert;
  readonly #leaders: LeaderChoice;
  readonly #remembered = new ByteMap<true>();
  readonly #rememberedOrder: Uint8Array[] = [];

  constructor(
    validators: ValidatorSet,
    scheme: SignatureScheme,
    genesisQc: QuorumCert,
    leaders: LeaderChoice = LEADER_CHOICES["round-robin"],
  ) {
    this.#validators = validators;
    this.#leaders = leaders;
    this.#scheme = scheme;
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
    const refusal = isCommitCert(cert) ? this.#commitCertRefusal(cert) : "malformed";
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
        return this.#commitCertRefusal(message.cert);
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
      this.#signatureRefusal(block.proposer, proposalBytes(chainId, block), signature) ??
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
    return this.#signatureRefusal(voter, signed, signature);
  }

  #commitVoteRefusal(vote: CommitVote, known: QuorumCert): MessageRefusal | undefined {
    const { content, voter, signature, qc } = vote;
    if (content.epoch !== this.#validators.epoch) return "wrong-epoch";
    if (qc !== undefined && !sameVote(qc, content)) return "certificate-of-another-block";
    const signed = commitVoteBytes(this.#validators.chainId, content);
    return (
      this.#signatureRefusal(voter, signed, signature) ??
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
      this.#signatureRefusal(voter, signed, signature) ??
      (vote === undefined ? undefined : this.#voteRefusal(vote)) ??
      this.#quorumCertRefusal(highQc) ??
      (highTc === undefined ? undefined : this.#timeoutCertRefusal(highTc))
    );
  }

  #quorumCertRefusal(qc: QuorumCert): MessageRefusal | undefined {
    const shape = this.#quorumCertShape(qc);
    if (shape !== undefined || qc.view === 0) return shape;
    return this.#signaturesRefusal(quorumCertCodec, qc, () => {
      const signed = voteBytes(this.#validators.chainId, qc);
      return () => signed;
    });
  }

  #quorumCertShape(qc: QuorumCert): MessageRefusal | undefined {
    if (qc.epoch !== this.#validators.epoch) return "wrong-epoch";
    if (qc.view !== 0 && qc.height !== 0) return this.#quorumRefusal(qc.signatures);
    const { signers, signatures } = qc.signatures;
    const isUnsigned = signers.length === 0 && signatures.length === 0;
    const isGenesis = sameVote(qc, this.#genesisQc) && isUnsigned;
    return isGenesis ? undefined : "not-the-genesis-certificate";
  }

  #commitCertRefusal(cert: CommitCert): MessageRefusal | undefined {
    if (cert.epoch !== this.#validators.epoch) return "wrong-epoch";
    const signedBytes = () => {
      const signed = commitVoteBytes(this.#validators.chainId, cert);
      return () => signed;
    };
    return (
      this.#quorumRefusal(cert.signatures) ??
      this.#signaturesRefusal(commitCertCodec, cert, signedBytes)
    );
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
      this.#quorumRefusal(signatures) ??
      this.#quorumCertShape(highQc) ??
      this.#signaturesRefusal(timeoutCertCodec, tc, signedBytes) ??
      this.#quorumCertRefusal(highQc)
    );
  }

  /** Each signature of a certificate of sound shape, which has an encoding to remember it by, once. */
  #signaturesRefusal<T extends { readonly signatures: SignatureList }>(
    codec: Codec<T>,
    cert: T,
    signedBytes: () => (position: number) => Uint8Array,
  ): MessageRefusal | undefined {
    const { signers, signatures } = cert.signatures;
    const digest = hashIn(rememberedDomain, encode(codec, cert));
    if (this.#remembered.has(digest)) return undefined;
    const signedBy = signedBytes();
    for (const [position, signature] of signatures.entries()) {
      const signer = signers[position] ?? -1;
      const refusal = this.#signatureRefusal(signer, signedBy(position), signature);
      if (refusal !== undefined) return refusal;
    }
    this.#remember(digest);
    return undefined;
  }

  /** A signature for each signer, distinct known signers in ascending order, a quorum's power. */
  #quorumRefusal({ signers, signatures }: SignatureList): MessageRefusal | undefined {
    if (signers.length !== signatures.length) return "signatures-without-signers";
    let power = 0;
    let previous = -1;
    for (const signer of signers) {
      if (signer <= previous) return "repeated-signer";
      if (powerOf(this.#validators, signer) === 0) return "unknown-signer";
      previous = signer;
      power += powerOf(this.#validators, signer);
    }
    return power < this.#validators.quorumPower ? "below-quorum" : undefined;
  }

  #remember(digest: Uint8Array): void {
    this.#remembered.set(digest, true);
    this.#rememberedOrder.push(digest);
    if (this.#rememberedOrder.length <= MAX_REMEMBERED_CERTIFICATES) return;
    const oldest = this.#rememberedOrder.shift();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  #signatureRefusal(
    signer: number,
    message: Uint8Array,
    signature: Signature,
  ): MessageRefusal | undefined {
    const publicKey: PublicKey | undefined = this.#validators.members[signer]?.publicKey;
    if (publicKey === undefined) return "unknown-validator";
    return this.#scheme.verify({ publicKey, message, signature }) ? undefined : "bad-signature";
  }
}
