// The calls that the built-in ledger understands: the inside of an envelope, for clients that make them and the state
// machine that runs them. Bounds are part of a layout: what exceeds them has no encoding. Portable.

import {
  ADDRESS_BYTES,
  type Address,
  addressCodec,
  assert,
  type Codec,
  constant,
  type Decoded,
  decode,
  encode,
  list,
  optional,
  type PublicKey,
  publicKeyCodec,
  refuseDecoding,
  struct,
  uint32,
  uint53,
  uint64,
  union,
  variableBytes,
} from "../../crypto/index.ts";

export const MAX_MEMO_BYTES = 64;
export const MAX_PAYMENTS = 256;
/** Of a record, and of a lease; the least is 1. */
export const MAX_RECORD_KEY_BYTES = 128;
export const MAX_RECORD_BYTES = 8 * 1024;
export const MAX_LEASE_HEIGHTS = 1_000_000;
/** Two of them, their lengths and the tag fill a call. */
export const MAX_EVIDENCE_MESSAGE_BYTES = 8_184;

/** Moves `amount` (1 .. 2^64-1) from the sender to `to`, whose account comes into being if need be. */
export type TransferCall = {
  readonly type: "transfer";
  readonly to: Address;
  readonly amount: bigint;
  /** At most MAX_MEMO_BYTES; the ledger keeps no copy. */
  readonly memo: Uint8Array;
};

export type Payment = { readonly to: Address; readonly amount: bigint };

/** Transfers in their order, all of them or none. */
export type PayManyCall = {
  readonly type: "pay-many";
  /** 1 .. MAX_PAYMENTS, each of 1 .. 2^64-1, and so all together. */
  readonly payments: readonly Payment[];
  readonly memo: Uint8Array;
};

/** From the next transaction on the sender's account obeys this key and no other. */
export type RotateKeyCall = { readonly type: "rotate-key"; readonly publicKey: PublicKey };

/** Writes a record, which is the sender's from its first write on. */
export type PutRecordCall = {
  readonly type: "put-record";
  /** 1 .. MAX_RECORD_KEY_BYTES. */
  readonly key: Uint8Array;
  /** At most MAX_RECORD_BYTES. */
  readonly value: Uint8Array;
  /** The version that it must have now; 0: there must be none. Absent: whatever it has. */
  readonly expectedVersion?: number;
};

export type DeleteRecordCall = { readonly type: "delete-record"; readonly key: Uint8Array };

/** Makes `to` the owner of a record of the sender's. */
export type GiveRecordCall = {
  readonly type: "give-record";
  readonly key: Uint8Array;
  readonly to: Address;
};

/** Takes or renews a lease, to be held by the sender through this height and `heights` more. */
export type AcquireLeaseCall = {
  readonly type: "acquire-lease";
  /** 1 .. MAX_RECORD_KEY_BYTES. */
  readonly key: Uint8Array;
  /** 1 .. MAX_LEASE_HEIGHTS. */
  readonly heights: number;
};

export type ReleaseLeaseCall = { readonly type: "release-lease"; readonly key: Uint8Array };

/** Puts on record that one validator signed two consensus messages which contradict each other. */
export type ReportEvidenceCall = {
  readonly type: "report-evidence";
  /** Encoded messages of at most MAX_EVIDENCE_MESSAGE_BYTES each. */
  readonly first: Uint8Array;
  readonly second: Uint8Array;
};

export type Call =
  | TransferCall
  | PayManyCall
  | RotateKeyCall
  | PutRecordCall
  | DeleteRecordCall
  | GiveRecordCall
  | AcquireLeaseCall
  | ReleaseLeaseCall
  | ReportEvidenceCall;

const TRANSFER_TAG = 1;

const memoCodec = variableBytes(MAX_MEMO_BYTES);
const keyCodec = checked(variableBytes(MAX_RECORD_KEY_BYTES), ({ length }) => length > 0);
const paymentCodec = struct<Payment>({ to: addressCodec, amount: uint64 });
const paymentsCodec = checked(list(paymentCodec, MAX_PAYMENTS), ({ length }) => length > 0);
const heightsCodec = checked(uint32, (heights) => heights >= 1 && heights <= MAX_LEASE_HEIGHTS);
const evidenceMessageCodec = variableBytes(MAX_EVIDENCE_MESSAGE_BYTES);

/** A tag, once given, is never given to another call. */
export const callCodec: Codec<Call> = union<Call>({
  transfer: [
    TRANSFER_TAG,
    struct<TransferCall>({
      type: constant("transfer"),
      to: addressCodec,
      amount: uint64,
      memo: memoCodec,
    }),
  ],
  "pay-many": [
    2,
    struct<PayManyCall>({ type: constant("pay-many"), payments: paymentsCodec, memo: memoCodec }),
  ],
  "rotate-key": [
    3,
    struct<RotateKeyCall>({ type: constant("rotate-key"), publicKey: publicKeyCodec }),
  ],
  "put-record": [
    4,
    struct<PutRecordCall>({
      type: constant("put-record"),
      key: keyCodec,
      value: variableBytes(MAX_RECORD_BYTES),
      expectedVersion: optional(uint53),
    }),
  ],
  "delete-record": [
    5,
    struct<DeleteRecordCall>({ type: constant("delete-record"), key: keyCodec }),
  ],
  "give-record": [
    6,
    struct<GiveRecordCall>({ type: constant("give-record"), key: keyCodec, to: addressCodec }),
  ],
  "acquire-lease": [
    7,
    struct<AcquireLeaseCall>({
      type: constant("acquire-lease"),
      key: keyCodec,
      heights: heightsCodec,
    }),
  ],
  "release-lease": [
    8,
    struct<ReleaseLeaseCall>({ type: constant("release-lease"), key: keyCodec }),
  ],
  "report-evidence": [
    9,
    struct<ReportEvidenceCall>({
      type: constant("report-evidence"),
      first: evidenceMessageCodec,
      second: evidenceMessageCodec,
    }),
  ],
});

/** @throws an assertion for a call that exceeds its bounds */
export function encodeCall(call: Call): Uint8Array {
  return encode(callCodec, call);
}

const AMOUNT_OFFSET = 1 + ADDRESS_BYTES;
const MEMO_LENGTH_OFFSET = AMOUNT_OFFSET + 8;
const MEMO_OFFSET = MEMO_LENGTH_OFFSET + 4;

/** As `callCodec` does, transfers by hand: every transaction is looked into twice on every validator. */
export function decodeCall(bytes: Uint8Array): Decoded<Call> {
  if (bytes.length < MEMO_OFFSET || bytes[0] !== TRANSFER_TAG) return decode(callCodec, bytes);
  const memoBytes = uint32At(bytes, MEMO_LENGTH_OFFSET);
  if (memoBytes > MAX_MEMO_BYTES) return { ok: false, refusal: "too-long" };
  if (bytes.length < MEMO_OFFSET + memoBytes) return { ok: false, refusal: "truncated" };
  if (bytes.length > MEMO_OFFSET + memoBytes) return { ok: false, refusal: "trailing-bytes" };
  const high = BigInt(uint32At(bytes, AMOUNT_OFFSET));
  const amount = (high << 32n) | BigInt(uint32At(bytes, AMOUNT_OFFSET + 4));
  const to = copyOf(bytes, 1, AMOUNT_OFFSET) as Address;
  return { ok: true, value: { type: "transfer", to, amount, memo: copyOf(bytes, MEMO_OFFSET) } };
}

/** The values of a layout that keep a bound which the layout alone does not. */
function checked<T>(inner: Codec<T>, isInBounds: (value: T) => boolean): Codec<T> {
  return {
    write: (writer, value) => {
      assert(isInBounds(value), "a call keeps its bounds");
      inner.write(writer, value);
    },
    read: (reader) => {
      const value = inner.read(reader);
      return isInBounds(value) ? value : refuseDecoding("out-of-range");
    },
  };
}

function uint32At(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  const low = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return high * 0x1_0000 + low;
}

/** A copy even of a Buffer, whose own slice() would alias. */
function copyOf(bytes: Uint8Array, start: number, end = bytes.length): Uint8Array {
  const copy = new Uint8Array(end - start);
  for (let index = 0; index < copy.length; index++) copy[index] = bytes[start + index] ?? 0;
  return copy;
}
