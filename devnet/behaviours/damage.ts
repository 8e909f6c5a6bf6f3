// What can be wrong with a certificate: one function each, from a sound certificate to one that nobody may accept; and the
// encodings of certificates that nobody may decode.

import {
  type CommitCert,
  commitVoteBytes,
  type Message,
  messageCodec,
  type QuorumCert,
  type TimeoutCert,
  timeoutBytes,
  voteBytes,
} from "../../consensus/index.ts";
import {
  concatBytes,
  domain,
  type Epoch,
  encode,
  type Hash,
  type Height,
  hashIn,
  MAX_VALIDATORS,
  type Signature,
  type SignatureEntry,
  type SignatureList,
  signatureList,
  signatureListCodec,
  type View,
} from "../../crypto/index.ts";
import { type BallotBox, powerOf } from "./ballot-box.ts";
import type { Control } from "./behaviour.ts";

export type Certificate = QuorumCert | CommitCert | TimeoutCert;

type Entry = SignatureEntry & { readonly highQcView: View };
type Damage = (cert: Certificate, control: Control, box: BallotBox) => Certificate;

const OTHER_CHAIN = domain("quorate/simulated-other-chain/1");

const DAMAGES: readonly Damage[] = [
  belowQuorum,
  signerTwice,
  unknownSigner,
  wrongDomain,
  wrongChain,
];
const CLAIMS: readonly Damage[] = [
  (cert) => withEntries(cert, []),
  (cert) => ({ ...cert, epoch: following(cert.epoch) }),
  (cert) => ({ ...cert, view: following(cert.view) }),
];
const PROOF_DAMAGES: readonly ((cert: TimeoutCert, box: BallotBox) => TimeoutCert)[] = [
  (tc) => ({ ...tc, highQcViews: tc.highQcViews.slice(1) }),
  /** Not the highest that a signer claimed. */
  (tc, box) => ({ ...tc, highQc: box.certificates.qcs[0] ?? tc.highQc }),
  /** The claims lowered under the signatures. */
  (tc, box) => {
    const highQc = box.certificates.qcs[0] ?? tc.highQc;
    return { ...tc, highQc, highQcViews: tc.highQcViews.map(() => highQc.view) };
  },
];

/** The certificate with something wrong about it. */
export function damaged<C extends Certificate>(cert: C, control: Control, box: BallotBox): C {
  const { random } = control;
  if ("highQcViews" in cert && random.chance(0.4)) {
    return random.pick(PROOF_DAMAGES)(cert, box) as C;
  }
  return random.pick([...DAMAGES, ...CLAIMS])(cert, control, box) as C;
}

/** All liars vouch for it, and nobody else: a quorum that nobody counts. */
export function signedByLiars<C extends Certificate>(
  cert: C,
  { keys, validators }: Control,
  chainId: Hash = validators.chainId,
): C {
  const highQcView = "highQcViews" in cert ? cert.highQc.view : cert.view;
  const entries = [...keys].map(([signer, { sign }]) => {
    return { signer, highQcView, signature: sign(signedBytes(cert, chainId, highQcView)) };
  });
  return withEntries(cert, entries) as C;
}

function belowQuorum(cert: Certificate, { validators }: Control): Certificate {
  // What claims most stays, so that nothing but the quorum is missing.
  const entries = entriesOf(cert).sort((left, right) => right.highQcView - left.highQcView);
  while (
    powerOf(
      validators,
      entries.map(({ signer }) => signer),
    ) >= validators.quorumPower
  ) {
    entries.pop();
  }
  return withEntries(cert, entries);
}

/** One signature under two bits: two bits for one signer have no encoding. */
function signerTwice(cert: Certificate): Certificate {
  const entries = entriesOf(cert);
  const first = entries[0];
  if (first === undefined) return cert;
  return withEntries(cert, [
    first,
    ...entries.slice(1).map(({ signer }) => ({ ...first, signer })),
  ]);
}

function unknownSigner(cert: Certificate, { random, validators }: Control): Certificate {
  const entries = entriesOf(cert);
  const signer = random.pick([validators.members.length, MAX_VALIDATORS - 1]);
  const signature = entries[0]?.signature ?? (new Uint8Array(64) as Signature);
  const highQcView = entries[0]?.highQcView ?? cert.view;
  return withEntries(cert, [...entries, { signer, signature, highQcView }]);
}

/** Signatures of the same view, and of another kind of message. */
function wrongDomain(cert: Certificate, _: Control, box: BallotBox): Certificate {
  const ballots = "stateRoot" in cert ? box.votes(cert.view) : box.commitVotes(cert.view);
  const others = ballots.size > 0 ? ballots : box.timeouts(cert.view);
  const highQcView = "highQcViews" in cert ? cert.highQc.view : cert.view;
  const entries = [...others.values()].map(({ voter: signer, signature }) => {
    return { signer, signature, highQcView };
  });
  return withEntries(cert, entries);
}

/** What liars would sign on another chain, in the place of what they signed on this one. */
function wrongChain(cert: Certificate, control: Control): Certificate {
  const elsewhere = hashIn(OTHER_CHAIN, control.validators.chainId);
  const theirs = entriesOf(signedByLiars(cert, control, elsewhere));
  const ours = entriesOf(cert).filter(({ signer }) => !control.keys.has(signer));
  return withEntries(cert, [...ours, ...theirs]);
}

function entriesOf(cert: Certificate): Entry[] {
  const { signers, signatures } = cert.signatures;
  const views = "highQcViews" in cert ? cert.highQcViews : [];
  return signatures.map((signature, at) => {
    return { signer: signers[at] ?? 0, signature, highQcView: views[at] ?? cert.view };
  });
}

function withEntries(cert: Certificate, entries: readonly Entry[]): Certificate {
  // Other liars' certificates come through here too; what has no encoding cannot be sent.
  const bySigner = new Map(entries.map((entry) => [entry.signer, entry]));
  const sorted = [...bySigner.values()].sort((left, right) => left.signer - right.signer);
  const signatures = signatureList(sorted);
  if (!("highQcViews" in cert)) return { ...cert, signatures };
  return { ...cert, signatures, highQcViews: sorted.map(({ highQcView }) => highQcView) };
}

function signedBytes(cert: Certificate, chainId: Hash, highQcView: View): Uint8Array {
  const { epoch, view } = cert;
  if ("highQcViews" in cert) return timeoutBytes(chainId, { epoch, view, highQcView });
  return "stateRoot" in cert ? commitVoteBytes(chainId, cert) : voteBytes(chainId, cert);
}

/** One more, as far as numbers go. */
export function following<T extends Epoch | View | Height>(value: T): T {
  return Math.min(value + 1, Number.MAX_SAFE_INTEGER) as T;
}

/** The bytes of a message in which one list of signatures is spelled as none may be; undefined if it is not in there. */
export function misspelt(
  message: Message,
  list: SignatureList,
  { random }: Control,
): Uint8Array | undefined {
  if (list.signers.length === 0) return undefined;
  const whole = encode(messageCodec, message);
  const part = encode(signatureListCodec, list);
  const at = whole.findIndex((_, from) =>
    part.every((byte, index) => whole[from + index] === byte),
  );
  if (at < 0) return undefined;
  const end = 1 + (part[0] ?? 0);
  const bitmap = part.subarray(1, end);
  const tooLong = new Uint8Array(MAX_VALIDATORS / 8 + 1).fill(0xff);
  // One bit more than there are signatures.
  const crowded = Uint8Array.from([...bitmap.subarray(0, -1), (bitmap.at(-1) ?? 0) | 0x80]);
  const spelling = random.pick([tooLong, concatBytes(bitmap, new Uint8Array(1)), crowded]);
  const length = Uint8Array.of(spelling.length);
  const rest = whole.subarray(at + part.length);
  return concatBytes(whole.subarray(0, at), length, spelling, part.subarray(end), rest);
}
