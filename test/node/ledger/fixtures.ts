// People with keys, and transactions of a few words. Signatures are empty: the ledger does not look at them.

import { createHash } from "node:crypto";
import {
  type Address,
  addressOf,
  type Hash,
  type Height,
  hash,
  type Nonce,
  type PublicKey,
  publicKey,
  type Signature,
} from "../../../crypto/index.ts";
import { hashIn, hashLayer } from "../../../crypto/native/index.ts";
import type { ExecutableBlock, Hashers } from "../../../node/ledger/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
  type UnsignedTransaction,
} from "../../../node/transaction/index.ts";

export const nativeHashers: Hashers = { hash: hashIn, hashLayer };
export const chainId: Hash = named("chain");

export function named(name: string): Hash {
  return hash(new Uint8Array(createHash("sha256").update(name).digest()));
}

export function keyOf(name: string): PublicKey {
  return publicKey(named(`key of ${name}`));
}

export function addressNamed(name: string): Address {
  return addressOf(keyOf(name));
}

export type TransferOptions = {
  readonly from: string;
  readonly to: string;
  readonly amount?: bigint;
  readonly nonce?: number;
  readonly fee?: bigint;
  readonly until?: number;
  readonly signedBy?: string;
  readonly chainId?: Hash;
  readonly call?: Uint8Array;
};

export function transfer(options: TransferOptions): SignedTransaction {
  const { from, to, amount = 10n, nonce = 0, fee = 1n, until = 1_000 } = options;
  const key = keyOf(options.signedBy ?? from);
  const memo = new Uint8Array(0);
  const unsigned: UnsignedTransaction = {
    chainId: options.chainId ?? chainId,
    sender: addressNamed(from),
    publicKey: key,
    nonce: nonce as Nonce,
    fee,
    validUntilHeight: until as Height,
    call: options.call ?? encodeCall({ type: "transfer", to: addressNamed(to), amount, memo }),
  };
  return signTransaction(unsigned, {
    publicKey: key,
    sign: () => new Uint8Array(64) as Signature,
  });
}

/** A block named by one letter or more, on another. */
export function block(
  name: string,
  options: {
    readonly on: string;
    readonly height: number;
    readonly transactions?: readonly SignedTransaction[];
    readonly proposer?: string;
  },
): ExecutableBlock {
  return {
    hash: named(name),
    parent: named(options.on),
    height: options.height as Height,
    timestampMs: 1_000 * options.height,
    proposer: addressNamed(options.proposer ?? "proposer"),
    transactions: options.transactions ?? [],
  };
}
