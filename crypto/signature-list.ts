// Who signed, as a bitmap, and the signatures in the order of its bits: what certificates carry. Promises distinct,
// ascending signers and one encoding for each list; whether the signatures are valid is the verifier's question.

import { assert } from "./assert.ts";
import type { Signature } from "./brands.ts";
import { type Codec, refuseDecoding, signatureCodec } from "./codec.ts";

/** The largest validator set; validator indices are 0 .. MAX_VALIDATORS-1. */
export const MAX_VALIDATORS = 256;

const MAX_BITMAP_BYTES = MAX_VALIDATORS / 8;

export type SignatureList = {
  /** Validator indices, strictly ascending. */
  readonly signers: readonly number[];
  /** One for each signer, in the same order. */
  readonly signatures: readonly Signature[];
};

export type SignatureEntry = { readonly signer: number; readonly signature: Signature };

/** The entries sorted by signer. A signer named twice is our bug: whoever collects votes keeps one a validator. */
export function signatureList(entries: Iterable<SignatureEntry>): SignatureList {
  const sorted = [...entries].sort((left, right) => left.signer - right.signer);
  const made = {
    signers: sorted.map((entry) => entry.signer),
    signatures: sorted.map((entry) => entry.signature),
  };
  assertSound(made);
  return made;
}

/**
 * uint8 length of the bitmap, the bitmap (bit i of it is bit i&7 of byte i>>3; its last byte is never zero), then 64
 * bytes for each bit that is set.
 */
export const signatureListCodec: Codec<SignatureList> = {
  write: (writer, value) => {
    assertSound(value);
    const last = value.signers.at(-1);
    const bitmap = new Uint8Array(last === undefined ? 0 : (last >> 3) + 1);
    for (const signer of value.signers) {
      bitmap[signer >> 3] = (bitmap[signer >> 3] as number) | (1 << (signer & 7));
    }
    writer.uint8(bitmap.length);
    writer.bytes(bitmap);
    for (const signature of value.signatures) signatureCodec.write(writer, signature);
  },
  read: (reader) => {
    const length = reader.uint8();
    if (length > MAX_BITMAP_BYTES) refuseDecoding("too-long");
    const bitmap = reader.bytes(length);
    if (length > 0 && bitmap[length - 1] === 0) refuseDecoding("out-of-range");
    const signers: number[] = [];
    for (let index = 0; index < 8 * length; index++) {
      if (((bitmap[index >> 3] as number) & (1 << (index & 7))) !== 0) signers.push(index);
    }
    return { signers, signatures: signers.map(() => signatureCodec.read(reader)) };
  },
};

function assertSound({ signers, signatures }: SignatureList): void {
  assert(signers.length === signatures.length, "each signer of a list has one signature");
  let previous = -1;
  for (const signer of signers) {
    assert(
      Number.isInteger(signer) && signer > previous && signer < MAX_VALIDATORS,
      `signers are distinct validator indices, ascending: ${previous}, then ${signer}`,
    );
    previous = signer;
  }
}
