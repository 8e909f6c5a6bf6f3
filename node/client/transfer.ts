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

export type TransferDetails = {
  readonly chainId: Hash;
  readonly to: Address;
  readonly amount: bigint;
  readonly nonce: number;
  readonly fee: bigint;
  /** The last height at which it may still be executed. */
  readonly validUntilHeight: number;
  readonly memo?: Uint8Array;
};

/** The sender is the account of the signer's key. `hash` may be a native function that gives the same hashes. */
export function signTransfer(
  details: TransferDetails,
  signer: Signer,
  hash?: HashFunction,
): SignedTransaction {
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
