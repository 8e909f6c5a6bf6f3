// Calls and signed transactions, and what is refused of both.

import { ascii, decode, toHex } from "../../crypto/index.ts";
import {
  type Call,
  callCodec,
  encodeCall,
  type SignedTransaction,
  signatureCheck,
} from "../../node/transaction/index.ts";
import type { SmallChain } from "./small-chain.ts";
import { type Encoding, encodingOf, patched, plain, type Refusal, turned } from "./vector.ts";

const NONCE_OFFSET = 85;
const CALL_LENGTH_OFFSET = 109;

/** The first call of each type in the chain, and the bounds. */
export function callEncodings(chain: SmallChain): readonly Encoding[] {
  const made = new Map<string, Encoding>();
  for (const { transaction } of transactionsOf(chain)) {
    const decoded = decode(callCodec, transaction.call);
    if (!decoded.ok) throw new Error("the chain has no broken call");
    const { type } = decoded.value;
    if (!made.has(type)) made.set(type, encodingOf(callCodec, type, decoded.value));
  }
  const key = ascii("draft");
  const anyVersion: Call = { type: "put-record", key, value: new Uint8Array(0) };
  const longest: Call = {
    type: "transfer",
    to: chain.people.bob.address,
    amount: 2n ** 64n - 1n,
    memo: new Uint8Array(64).fill(0x6d),
  };
  return [
    ...made.values(),
    encodingOf(callCodec, "put-record, whatever the version", anyVersion),
    encodingOf(callCodec, "transfer, the largest amount and memo", longest),
  ];
}

export function callRefusals({ people }: SmallChain): readonly Refusal[] {
  const to = people.bob.address;
  const transfer = encodeCall({ type: "transfer", to, amount: 1n, memo: new Uint8Array(0) });
  const lease = encodeCall({ type: "acquire-lease", key: ascii("k"), heights: 1 });
  const memo = (length: number) => Uint8Array.of(...transfer.slice(0, 29), 0, 0, 0, length);
  const noPayments = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0);
  return [
    refused("no tag", new Uint8Array(0), "truncated"),
    refused("tag 0", patched(transfer, 0, 0), "unknown-tag"),
    refused("tag 10", patched(transfer, 0, 10), "unknown-tag"),
    refused("a transfer with a byte more", Uint8Array.of(...transfer, 0), "trailing-bytes"),
    refused("a transfer cut short", transfer.slice(0, -1), "truncated"),
    refused("a memo of 65 bytes", Uint8Array.of(...memo(65), ...new Uint8Array(65)), "too-long"),
    refused("pay-many without a payment", noPayments, "out-of-range"),
    refused("an empty key", Uint8Array.of(5, 0, 0, 0, 0), "out-of-range"),
    refused("a lease for no height", patched(lease, -4, 0, 0, 0, 0), "out-of-range"),
    refused("a lease for 1,000,001 heights", patched(lease, -4, 0, 15, 66, 65), "out-of-range"),
  ];
}

/** Every transaction of the chain, with the bytes that its signature covers. */
export function transactionVectors(chain: SmallChain) {
  return transactionsOf(chain).map((signed) => {
    const { call, signature, ...fields } = signed.transaction;
    const { message } = signatureCheck(signed);
    return {
      about: callType(call),
      signer: signerOf(chain, signed),
      value: plain({ version: 1, ...fields, call }),
      signedBytes: toHex(message),
      signature: toHex(signature),
      bytes: toHex(signed.bytes),
      id: toHex(signed.id),
    };
  });
}

/** What does not decode, and what decodes with a signature that does not verify. */
export function transactionRefusals(chain: SmallChain): readonly Refusal[] {
  const [first] = transactionsOf(chain);
  if (first === undefined) throw new Error("the chain has transactions");
  const { bytes } = first;
  const hugeNonce = patched(bytes, NONCE_OFFSET, 0, 32, 0, 0, 0, 0, 0, 0);
  return [
    refused("176 bytes", bytes.slice(0, 176), "truncated"),
    refused("version 2", patched(bytes, 0, 2), "unknown-tag"),
    refused("nonce 2^53", hugeNonce, "out-of-range"),
    refused("a call of 16,385 bytes", patched(bytes, CALL_LENGTH_OFFSET, 0, 0, 64, 1), "too-long"),
    refused("a byte less", bytes.slice(0, -1), "truncated"),
    refused("a byte more", Uint8Array.of(...bytes, 0), "trailing-bytes"),
    refused("another fee than was signed", turned(bytes, NONCE_OFFSET + 15), "bad-signature"),
    refused("a turned bit in the signature", turned(bytes, -1), "bad-signature"),
  ];
}

export function transactionsOf(chain: SmallChain): readonly SignedTransaction[] {
  return [chain.first, chain.second, chain.third].flatMap((step) => step.transactions);
}

function callType(call: Uint8Array): string {
  const decoded = decode(callCodec, call);
  return decoded.ok ? decoded.value.type : "no call";
}

function signerOf({ people }: SmallChain, { transaction }: SignedTransaction): string {
  const { alice, bob, newKey } = people;
  const key = toHex(transaction.publicKey);
  const signer = [alice, bob, newKey].find((person) => toHex(person.signer.publicKey) === key);
  if (signer === undefined) throw new Error("somebody of the cast signed");
  return signer.name;
}

function refused(about: string, bytes: Uint8Array, refusal: string): Refusal {
  return { about, bytes: toHex(bytes), refusal };
}
