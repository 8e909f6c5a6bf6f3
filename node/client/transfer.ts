// A signed transfer from what a client knows. Portable.

import {
  type Address,
  addressOf,
  type Hash,
  height,
  nonce,
  type Signer,
} from "../../crypto/index.ts";
import {
  encodeCall,
  type HashFunction,
  type SignedTransaction,
  signTransaction,
} from "../transaction/index.ts";
import { aCounter, aHash, anAddress, anAmount, optional, taken } from "./arguments.ts";
import { aMemo } from "./call-arguments.ts";

export type TransferDetails = {
  readonly chainId: Hash;
  /** An address, or its text `qr1...`. */
  readonly to: Address | string;
  /** 1 .. 2^64-1. A number must be a safe integer. */
  readonly amount: bigint | number;
  readonly nonce: number;
  readonly fee: bigint | number;
  /** The last height at which it may still be executed. */
  readonly validUntilHeight: number;
  /** At most 64 bytes. */
  readonly memo?: Uint8Array | undefined;
};

const DETAILS = {
  chainId: aHash,
  to: anAddress,
  amount: anAmount(1n),
  nonce: aCounter,
  fee: anAmount(0n),
  validUntilHeight: aCounter,
  memo: optional(aMemo),
};

/**
 * The sender is the account of the signer's key. `hash` may be a native function that gives the same hashes.
 * @throws {ClientError} BAD_ARGUMENT
 */
export function signTransfer(
  given: TransferDetails,
  signer: Signer,
  hash?: HashFunction,
): SignedTransaction {
  const details = taken("signTransfer", given, DETAILS);
  const { to, amount, memo = new Uint8Array(0) } = details;
  return signTransaction(
    {
      chainId: details.chainId,
      sender: addressOf(signer.publicKey),
      publicKey: signer.publicKey,
      nonce: nonce(details.nonce),
      fee: details.fee,
      validUntilHeight: height(details.validUntilHeight),
      call: encodeCall({ type: "transfer", to, amount, memo }),
    },
    signer,
    hash,
  );
}
