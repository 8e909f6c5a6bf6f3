// Transactions and accounts read from their bytes a second time, from the documented layouts.
//
//   transaction  version 1 ‖ chain id 32 ‖ sender 20 ‖ public key 32 ‖ nonce 8 ‖ fee 8 ‖ last height 8 ‖ call length 4
//                ‖ call ‖ signature 64
//   account      under `a` ‖ address 20, as stored: slot 4 ‖ length 4 ‖ balance 8 ‖ nonce 8 ‖ key, if it has one

import {
  type Address,
  concatBytes,
  domain,
  type Hash,
  hashIn,
  type PublicKey,
  type Signature,
} from "../../../crypto/index.ts";
import { type LedgerCall, readCall } from "./calls.ts";

export type Envelope = {
  readonly id: Hash;
  readonly chainId: Uint8Array;
  readonly sender: Address;
  readonly publicKey: PublicKey;
  readonly nonce: number;
  readonly fee: bigint;
  readonly validUntilHeight: number;
  /** Undefined: not a call that we know. */
  readonly call: LedgerCall | undefined;
  readonly signedBytes: Uint8Array;
  readonly signature: Signature;
};

const ID = domain("quorate/transaction/1");
const SIGNATURE = domain("quorate/transaction-signature/1").prefix;
const CALL_AT = 113;
const SIGNATURE_BYTES = 64;
const ACCOUNT_KIND = 0x61;
const ADDRESS_BYTES = 20;
/** Where the value begins in what is stored, after slot and length. */
const STORED_AT = 8;

/** Undefined: these bytes are no transaction. */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.length < CALL_AT + SIGNATURE_BYTES || bytes[0] !== 1) return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const signatureAt = bytes.length - SIGNATURE_BYTES;
  if (CALL_AT + data.getUint32(CALL_AT - 4) !== signatureAt) return undefined;
  return {
    id: hashIn(ID, bytes),
    chainId: bytes.subarray(1, 33),
    sender: bytes.subarray(33, 53) as Address,
    publicKey: bytes.subarray(53, 85) as PublicKey,
    nonce: Number(data.getBigUint64(85)),
    fee: data.getBigUint64(93),
    validUntilHeight: Number(data.getBigUint64(101)),
    call: readCall(bytes.subarray(CALL_AT, signatureAt)),
    signedBytes: concatBytes(SIGNATURE, bytes.subarray(0, signatureAt)),
    signature: bytes.subarray(signatureAt) as Signature,
  };
}

export type StoredAccount = {
  readonly address: Address;
  readonly balance: bigint;
  readonly nonce: number;
};

/** Undefined: what stands under this key is no account. A deleted one holds nothing. */
export function readAccountChange(
  key: Uint8Array,
  value: Uint8Array | undefined,
): StoredAccount | undefined {
  if (key[0] !== ACCOUNT_KIND || key.length !== 1 + ADDRESS_BYTES) return undefined;
  const address = key.subarray(1) as Address;
  if (value === undefined) return { address, balance: 0n, nonce: 0 };
  const data = new DataView(value.buffer, value.byteOffset, value.length);
  const nonce = Number(data.getBigUint64(STORED_AT + 8));
  return { address, balance: data.getBigUint64(STORED_AT), nonce };
}
