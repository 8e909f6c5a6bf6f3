// The calls that the built-in ledger understands: the inside of an envelope, for clients that make them and the state
// machine that runs them. Portable.

import {
  ADDRESS_BYTES,
  type Address,
  addressCodec,
  type Codec,
  constant,
  type Decoded,
  decode,
  encode,
  struct,
  uint64,
  union,
  variableBytes,
} from "../../crypto/index.ts";

export const MAX_MEMO_BYTES = 64;

/** Moves `amount` (1 .. 2^64-1) from the sender to `to`, whose account comes into being if need be. */
export type TransferCall = {
  readonly type: "transfer";
  readonly to: Address;
  readonly amount: bigint;
  /** At most MAX_MEMO_BYTES; the ledger keeps no copy. */
  readonly memo: Uint8Array;
};

export type Call = TransferCall;

const TRANSFER_TAG = 1;

/** A tag, once given, is never given to another call. */
export const callCodec: Codec<Call> = union<Call>({
  transfer: [
    TRANSFER_TAG,
    struct<TransferCall>({
      type: constant("transfer"),
      to: addressCodec,
      amount: uint64,
      memo: variableBytes(MAX_MEMO_BYTES),
    }),
  ],
});

export function encodeCall(call: Call): Uint8Array {
  return encode(callCodec, call);
}

const AMOUNT_OFFSET = 1 + ADDRESS_BYTES;
const MEMO_LENGTH_OFFSET = AMOUNT_OFFSET + 8;
const MEMO_OFFSET = MEMO_LENGTH_OFFSET + 4;

/** As `callCodec` does, by hand: every transaction is looked into twice on every validator. */
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
