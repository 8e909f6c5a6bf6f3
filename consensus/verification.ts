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
import {
  type CommitVote,
  type Message,
  type Proposal,
  proposalBytes,
  type Timeout,
  type Vote,
} from "./messages.ts";
import { leaderOf, powerOf, type ValidatorSet } from "./validators.ts";

export type Verified<T> = Brand<T, "Verified">;

export type MessageRefusal =
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
  readonly #remembered = new ByteMap<true>();
  readonly #rememberedOrder: Uint8Array[] = [];

  constructor(validators: ValidatorSet, scheme: SignatureScheme, genesisQc: QuorumCert) {
    this.#validators = validators;
    this.#scheme = scheme;
    this.#genesisQc = genesisQc;
  }

  /** `known` is the receiver's highest certificate: one attached to a commit vote that adds nothing to it is dropped unread. */
  verify(message: Message, known: QuorumCert): Verification<Message> {
    const refusal = this.#refusalOf(message, known);
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
    const refusal = this.#commitCertRefusal(cert);
    return refusal === undefined
      ? { ok: true, message: cert as Verified<CommitCert> }
      : { ok: false, refusal };
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
    if (block.proposer !== leaderOf(this.#validators, block.view)) return "not-the-leader";
    if (!equalBytes(block.parent, justify.block)) return "parent-is-not-certified";
    if (block.height !== justify.height + 1) return "height-does-not-follow";
    if (block.view <= justify.view) return "view-does-not-follow";
    if (block.view === justify.view + 1) {
      if (tc !== undefined) return "needless-timeout-certificate";
    } else {
      if (tc === undefined || tc.view + 1 !== block.view) return "skips-a-view-without-proof";
      if (justify.view < highQcViewOf(tc)) return "forgets-a-certified-block";
    }
    return (
      this.#signatureRefusal(block.proposer, proposalBytes(chainId, block), signature) ??
      this.#quorumCertRefusal(justify) ??
      (tc === undefined ? undefined : this.#timeoutCertRefusal(tc))
    );
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
    if (qc.epoch !== this.#validators.epoch) return "wrong-epoch";
    if (qc.view === 0 || qc.height === 0) {
      const isGenesis = sameVote(qc, this.#genesisQc) && qc.signatures.signers.length === 0;
      return isGenesis ? undefined : "not-the-genesis-certificate";
    }
    return this.#certRefusal(quorumCertCodec, qc, () => {
      const signed = voteBytes(this.#validators.chainId, qc);
      return () => signed;
    });
  }

  #commitCertRefusal(cert: CommitCert): MessageRefusal | undefined {
    if (cert.epoch !== this.#validators.epoch) return "wrong-epoch";
    return this.#certRefusal(commitCertCodec, cert, () => {
      const signed = commitVoteBytes(this.#validators.chainId, cert);
      return () => signed;
    });
  }

  #timeoutCertRefusal(tc: TimeoutCert): MessageRefusal | undefined {
    const { epoch, view, highQcViews, highQc, signatures } = tc;
    if (epoch !== this.#validators.epoch) return "wrong-epoch";
    if (highQcViews.length !== signatures.signers.length) return "signatures-without-signers";
    if (highQc.view !== highQcViewOf(tc)) return "highest-certificate-missing";
    if (highQc.view >= view) return "certificate-from-the-future";
    const refusal = this.#certRefusal(timeoutCertCodec, tc, () => (position) => {
      const highQcView = highQcViews[position] ?? view;
      return timeoutBytes(this.#validators.chainId, { epoch, view, highQcView });
    });
    return refusal ?? this.#quorumCertRefusal(highQc);
  }

  /** Shape first, for only a sound list has an encoding to remember it by; then each signature, once. */
  #certRefusal<T extends { readonly signatures: SignatureList }>(
    codec: Codec<T>,
    cert: T,
    signedBytes: () => (position: number) => Uint8Array,
  ): MessageRefusal | undefined {
    const { signers, signatures } = cert.signatures;
    const shape = this.#quorumRefusal(cert.signatures);
    if (shape !== undefined) return shape;
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
