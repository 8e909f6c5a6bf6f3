// The signed envelope around a call: layout, identity, signature. The bytes a client signed travel unchanged through
// gossip, pool, payload and ledger; nothing on the way encodes them again. Portable.

import {
  ADDRESS_BYTES,
  type Address,
  addressCodec,
  assert,
  type Codec,
  concatBytes,
  type Decoded,
  type DecodeRefusal,
  domain,
  encode,
  equalBytes,
  HASH_BYTES,
  type Hash,
  type Height,
  hashCodec,
  hashIn,
  heightCodec,
  type Nonce,
  nonceCodec,
  PUBLIC_KEY_BYTES,
  type PublicKey,
  publicKeyCodec,
  SIGNATURE_BYTES,
  type Signature,
  type SignatureCheck,
  type Signer,
  struct,
  uint8,
  uint64,
  variableBytes,
} from "../../crypto/index.ts";

/** A call to the state machine in the name of `sender`, in the order of the layout. */
export type Transaction = {
  readonly chainId: Hash;
  readonly sender: Address;
  /** The key that signed. Whether it may act for `sender` is for the ledger to say. */
  readonly publicKey: PublicKey;
  readonly nonce: Nonce;
  /** 0 .. 2^64-1, in the ledger's smallest unit. */
  readonly fee: bigint;
  /** The last height at which a block may still execute it. */
  readonly validUntilHeight: Height;
  /** At most MAX_CALL_BYTES; only the state machine knows what it means. */
  readonly call: Uint8Array;
  readonly signature: Signature;
};

export type UnsignedTransaction = Omit<Transaction, "signature">;

/** A decoded transaction beside its exact bytes and their hash: what pool, payload and ledger hand on. */
export type SignedTransaction = {
  readonly id: Hash;
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
};

/** `hashIn` of crypto, or a native function that gives the same hashes. */
export type HashFunction = typeof hashIn;

export const TRANSACTION_VERSION = 1;
export const MAX_CALL_BYTES = 16 * 1024;

const CHAIN_ID_OFFSET = 1;
const SENDER_OFFSET = CHAIN_ID_OFFSET + HASH_BYTES;
const PUBLIC_KEY_OFFSET = SENDER_OFFSET + ADDRESS_BYTES;
const NONCE_OFFSET = PUBLIC_KEY_OFFSET + PUBLIC_KEY_BYTES;
const FEE_OFFSET = NONCE_OFFSET + 8;
const VALID_UNTIL_OFFSET = FEE_OFFSET + 8;
const CALL_LENGTH_OFFSET = VALID_UNTIL_OFFSET + 8;
const CALL_OFFSET = CALL_LENGTH_OFFSET + 4;

/** An empty call: 177 bytes. */
export const MIN_TRANSACTION_BYTES = CALL_OFFSET + SIGNATURE_BYTES;
/** A call of MAX_CALL_BYTES: 16,561 bytes. */
export const MAX_TRANSACTION_BYTES = MIN_TRANSACTION_BYTES + MAX_CALL_BYTES;

const ID_DOMAIN = domain("quorate/transaction/1");
const SIGNATURE_DOMAIN = domain("quorate/transaction-signature/1");

type Content = { readonly version: number } & UnsignedTransaction;

const contentCodec: Codec<Content> = struct<Content>({
  version: uint8,
  chainId: hashCodec,
  sender: addressCodec,
  publicKey: publicKeyCodec,
  nonce: nonceCodec,
  fee: uint64,
  validUntilHeight: heightCodec,
  call: variableBytes(MAX_CALL_BYTES),
});

/** The hash of all the bytes, the signature included. */
export function transactionId(bytes: Uint8Array, hash: HashFunction = hashIn): Hash {
  return hash(ID_DOMAIN, bytes);
}

/** Signs with the key the transaction names. The same content and key always give the same bytes. */
export function signTransaction(
  unsigned: UnsignedTransaction,
  signer: Signer,
  hash: HashFunction = hashIn,
): SignedTransaction {
  assert(equalBytes(unsigned.publicKey, signer.publicKey), "a transaction names its signer's key");
  const content = encode(contentCodec, { version: TRANSACTION_VERSION, ...unsigned });
  const signature = signer.sign(concatBytes(SIGNATURE_DOMAIN.prefix, content));
  const bytes = concatBytes(content, signature);
  const transaction: Transaction = {
    chainId: unsigned.chainId,
    sender: unsigned.sender,
    publicKey: unsigned.publicKey,
    nonce: unsigned.nonce,
    fee: unsigned.fee,
    validUntilHeight: unsigned.validUntilHeight,
    call: unsigned.call,
    signature,
  };
  return { id: transactionId(bytes, hash), bytes, transaction };
}

/**
 * The transaction that `bytes` spell, whole and canonical; else why not. Copies what it keeps. Offsets by hand: this
 * runs for every transaction on every validator, and takes half the time of the composed codec.
 */
export function decodeTransaction(bytes: Uint8Array): Decoded<Transaction> {
  // A Buffer's own slice() would alias.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refusal = layoutRefusal(data);
  if (refusal !== undefined) return { ok: false, refusal };
  const signatureOffset = plain.length - SIGNATURE_BYTES;
  const value: Transaction = {
    chainId: plain.slice(CHAIN_ID_OFFSET, SENDER_OFFSET) as Hash,
    sender: plain.slice(SENDER_OFFSET, PUBLIC_KEY_OFFSET) as Address,
    publicKey: plain.slice(PUBLIC_KEY_OFFSET, NONCE_OFFSET) as PublicKey,
    nonce: uint53At(data, NONCE_OFFSET) as Nonce,
    fee: data.getBigUint64(FEE_OFFSET),
    validUntilHeight: uint53At(data, VALID_UNTIL_OFFSET) as Height,
    call: plain.slice(CALL_OFFSET, signatureOffset),
    signature: plain.slice(signatureOffset) as Signature,
  };
  return { ok: true, value };
}

/** `decodeTransaction` with a copy of the bytes and their id. */
export function decodeSignedTransaction(
  bytes: Uint8Array,
  hash: HashFunction = hashIn,
): Decoded<SignedTransaction> {
  const decoded = decodeTransaction(bytes);
  if (!decoded.ok) return decoded;
  const copy = new Uint8Array(bytes);
  const value = { id: transactionId(copy, hash), bytes: copy, transaction: decoded.value };
  return { ok: true, value };
}

/** What must verify for the bytes of a decoded transaction to be its sender's word. */
export function signatureCheck(signed: SignedTransaction): SignatureCheck {
  const content = signed.bytes.subarray(0, signed.bytes.length - SIGNATURE_BYTES);
  return {
    publicKey: signed.transaction.publicKey,
    message: concatBytes(SIGNATURE_DOMAIN.prefix, content),
    signature: signed.transaction.signature,
  };
}

const TWO_POWER_32 = 0x1_0000_0000;
const UINT53_HIGH_LIMIT = 1 << 21;

function layoutRefusal(data: DataView): DecodeRefusal | undefined {
  if (data.byteLength < MIN_TRANSACTION_BYTES) return "truncated";
  if (data.getUint8(0) !== TRANSACTION_VERSION) return "unknown-tag";
  if (data.getUint32(NONCE_OFFSET) >= UINT53_HIGH_LIMIT) return "out-of-range";
  if (data.getUint32(VALID_UNTIL_OFFSET) >= UINT53_HIGH_LIMIT) return "out-of-range";
  const callBytes = data.getUint32(CALL_LENGTH_OFFSET);
  if (callBytes > MAX_CALL_BYTES) return "too-long";
  if (data.byteLength < MIN_TRANSACTION_BYTES + callBytes) return "truncated";
  if (data.byteLength > MIN_TRANSACTION_BYTES + callBytes) return "trailing-bytes";
  return undefined;
}

function uint53At(data: DataView, offset: number): number {
  return data.getUint32(offset) * TWO_POWER_32 + data.getUint32(offset + 4);
}
