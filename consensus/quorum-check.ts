// Whether a certificate bears a quorum's signatures: the part of verification that light clients need, too.

import {
  ByteMap,
  type Codec,
  domain,
  encode,
  hashIn,
  type PublicKey,
  type Signature,
  type SignatureList,
  type SignatureScheme,
} from "../crypto/index.ts";
import { type CommitCert, commitCertCodec, commitVoteBytes } from "./certificates.ts";
import { powerOf, type ValidatorSet } from "./validators.ts";

export type QuorumRefusal =
  | "wrong-epoch"
  | "unknown-validator"
  | "bad-signature"
  | "below-quorum"
  | "unknown-signer"
  | "repeated-signer"
  | "signatures-without-signers";

/** Certificates whose signatures were checked already, by digest; the oldest goes first. */
const MAX_REMEMBERED_CERTIFICATES = 256;

const rememberedDomain = domain("quorate/verified-certificate/1");

/** Checks certificates of one epoch. Deterministic; remembers those that it has checked. */
export class QuorumCheck {
  readonly #validators: ValidatorSet;
  readonly #scheme: SignatureScheme;
  readonly #remembered = new ByteMap<true>();
  readonly #rememberedOrder: Uint8Array[] = [];

  constructor(validators: ValidatorSet, scheme: SignatureScheme) {
    this.#validators = validators;
    this.#scheme = scheme;
  }

  /** For a certificate that has an encoding, as what was decoded has. */
  commitCertRefusal(cert: CommitCert): QuorumRefusal | undefined {
    if (cert.epoch !== this.#validators.epoch) return "wrong-epoch";
    const signedBytes = () => {
      const signed = commitVoteBytes(this.#validators.chainId, cert);
      return () => signed;
    };
    return (
      this.quorumRefusal(cert.signatures) ??
      this.signaturesRefusal(commitCertCodec, cert, signedBytes)
    );
  }

  /** Each signature of a certificate of sound shape, which has an encoding to remember it by, once. */
  signaturesRefusal<T extends { readonly signatures: SignatureList }>(
    codec: Codec<T>,
    cert: T,
    signedBytes: () => (position: number) => Uint8Array,
  ): QuorumRefusal | undefined {
    const { signers, signatures } = cert.signatures;
    const digest = hashIn(rememberedDomain, encode(codec, cert));
    if (this.#remembered.has(digest)) return undefined;
    const signedBy = signedBytes();
    for (const [position, signature] of signatures.entries()) {
      const signer = signers[position] ?? -1;
      const refusal = this.signatureRefusal(signer, signedBy(position), signature);
      if (refusal !== undefined) return refusal;
    }
    this.#remember(digest);
    return undefined;
  }

  /** A signature for each signer, distinct known signers in ascending order, a quorum's power. */
  quorumRefusal({ signers, signatures }: SignatureList): QuorumRefusal | undefined {
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

  signatureRefusal(
    signer: number,
    message: Uint8Array,
    signature: Signature,
  ): QuorumRefusal | undefined {
    const publicKey: PublicKey | undefined = this.#validators.members[signer]?.publicKey;
    if (publicKey === undefined) return "unknown-validator";
    return this.#scheme.verify({ publicKey, message, signature }) ? undefined : "bad-signature";
  }

  #remember(digest: Uint8Array): void {
    this.#remembered.set(digest, true);
    this.#rememberedOrder.push(digest);
    if (this.#rememberedOrder.length <= MAX_REMEMBERED_CERTIFICATES) return;
    const oldest = this.#rememberedOrder.shift();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}
