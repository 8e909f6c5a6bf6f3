// Equivocation on record: that a validator signed two messages which contradict each other, once for each validator, kind
// of message and view. The state keeps who and when, and hashes; the messages stand in the transaction that reported them.

import {
  type EvidenceRefusal,
  messageCodec,
  type Offence,
  type OffenceKind,
  type ValidatorSet,
  verifyEvidence,
} from "../../../consensus/index.ts";
import {
  type Address,
  addressCodec,
  type Codec,
  concatBytes,
  decode,
  domain,
  encode,
  type Hash,
  type Height,
  hashCodec,
  hashIn,
  heightCodec,
  type PublicKey,
  type SignatureScheme,
  struct,
  type View,
  viewCodec,
} from "../../../crypto/index.ts";
import type { ReportEvidenceCall } from "../../transaction/index.ts";
import type { CallContext, CallResult, DecodedCall, StateWriter } from "../state-machine.ts";
import { stateKey } from "./state-key.ts";

/** By whom evidence is judged. */
export type EvidenceRules = {
  readonly validators: ValidatorSet;
  readonly scheme: SignatureScheme;
};

/** A report whose evidence holds. */
export type OffenceReport = {
  readonly type: "report-offence";
  readonly offence: Offence;
  readonly first: Hash;
  readonly second: Hash;
};

/** What stands under an offence's key, laid out in this order. */
export type RecordedOffence = {
  readonly reporter: Address;
  readonly height: Height;
  /** The transaction that carries the messages. */
  readonly transaction: Hash;
  /** `evidenceHash` of the messages, in its order. */
  readonly first: Hash;
  readonly second: Hash;
};

/** Why no block may carry a report. */
export type ReportRefusal = "evidence-not-supported" | "malformed-evidence" | EvidenceRefusal;
export type ReportFailure = "already-recorded";

export const recordedOffenceCodec: Codec<RecordedOffence> = struct<RecordedOffence>({
  reporter: addressCodec,
  height: heightCodec,
  transaction: hashCodec,
  first: hashCodec,
  second: hashCodec,
});

const OFFENCE_KEY_KIND = 0x65;
const EVIDENCE_DOMAIN = domain("quorate/evidence/1");

/** As the tags of the messages themselves. */
const KIND_BYTES: Readonly<Record<OffenceKind, number>> = {
  proposal: 1,
  vote: 2,
  "commit-vote": 3,
  timeout: 4,
};

/** The byte `e`, the validator's public key, the byte of the kind, the view in eight bytes. */
export function offenceKey(offence: {
  readonly publicKey: PublicKey;
  readonly kind: OffenceKind;
  readonly view: View;
}): Uint8Array {
  const { publicKey, kind, view } = offence;
  const name = concatBytes(publicKey, Uint8Array.of(KIND_BYTES[kind]), encode(viewCodec, view));
  return stateKey(OFFENCE_KEY_KIND, name);
}

/** Of an encoded message, as a report carries it. */
export function evidenceHash(message: Uint8Array): Hash {
  return hashIn(EVIDENCE_DOMAIN, message);
}

/**
 * Judges the evidence before any block carries it: the verdict needs no state, and a forgery must not cost a whole
 * block's time on all validators for the price of a fee.
 */
export function judged(
  { first, second }: Pick<ReportEvidenceCall, "first" | "second">,
  rules: EvidenceRules | undefined,
): DecodedCall<OffenceReport> {
  if (rules === undefined) return refused("evidence-not-supported");
  const [left, right] = [decode(messageCodec, first), decode(messageCodec, second)];
  if (!left.ok || !right.ok) return refused("malformed-evidence");
  const evidence = { first: left.value, second: right.value };
  const verdict = verifyEvidence(rules.validators, rules.scheme, evidence);
  if (!verdict.ok) return refused(verdict.refusal);
  const hashes = { first: evidenceHash(first), second: evidenceHash(second) };
  return { ok: true, call: { type: "report-offence", offence: verdict.offence, ...hashes } };
}

export function recordOffence(
  { offence, first, second }: Pick<OffenceReport, "offence" | "first" | "second">,
  { sender, height, transaction }: CallContext,
  state: StateWriter,
): CallResult {
  const key = offenceKey(offence);
  if (state.get(key) !== undefined) return failed("already-recorded");
  const recorded = { reporter: sender, height, transaction, first, second };
  state.set(key, encode(recordedOffenceCodec, recorded));
  return { ok: true };
}

function refused(code: ReportRefusal): DecodedCall<OffenceReport> {
  return { ok: false, code };
}

function failed(code: ReportFailure): CallResult {
  return { ok: false, code };
}
