// A mark beside the validator key: this key has signed on this chain. It outlives the data directory, and tells a validator
// that has lost it, and must be silent at first, from one that is new.

import { closeSync, existsSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Hash, type Signer, toHex } from "../../crypto/index.ts";

export type SignedMark = {
  /** The mark was there when it was opened. */
  readonly hasSigned: boolean;
  /** The same signer; the mark is durable before it signs for the first time. */
  readonly marking: (signer: Signer) => Signer;
};

/** `failed` hears why there is no mark, such as a folder that cannot be written: no reason not to sign. */
export function openSignedMark(
  { validatorKey, chainId }: { readonly validatorKey: string; readonly chainId: Hash },
  failed: (error: unknown) => void,
): SignedMark {
  const path = `${validatorKey}.signed-${toHex(chainId).slice(0, 16)}`;
  const hasSigned = existsSync(path);
  let isDue = !hasSigned;
  const mark = () => {
    if (!isDue) return;
    isDue = false;
    try {
      write(path);
    } catch (error) {
      failed(error);
    }
  };
  const marking = (signer: Signer): Signer => ({
    ...signer,
    sign: (message) => {
      mark();
      return signer.sign(message);
    },
  });
  return { hasSigned, marking };
}

function write(path: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(file, "This key has signed on this chain. Leave this file with the key.\n");
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
