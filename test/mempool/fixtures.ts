// Pool entries of a few words.

import { createHash } from "node:crypto";
import {
  type Address,
  address,
  type Hash,
  type Height,
  hash,
  type Nonce,
} from "../../crypto/index.ts";
import type { AdmissionContext, PoolEntry } from "../../mempool/index.ts";

export type EntryOptions = {
  readonly from?: string;
  readonly nonce: number;
  readonly fee?: bigint;
  readonly cost?: bigint;
  readonly until?: number;
  readonly size?: number;
  /** Tells apart entries that are otherwise alike. */
  readonly salt?: string;
};

export function sender(name: string): Address {
  return address(digest(`sender ${name}`).slice(0, 20));
}

export function entry(options: EntryOptions): PoolEntry & { readonly name: string } {
  const { from = "alice", nonce, fee = 10n, until = 100, size = 200, salt = "" } = options;
  const cost = options.cost ?? fee;
  const id: Hash = hash(digest(`${from} ${nonce} ${fee} ${cost} ${until} ${size} ${salt}`));
  return {
    id,
    sender: sender(from),
    nonce: nonce as Nonce,
    cost,
    fee,
    validUntilHeight: until as Height,
    bytes: new Uint8Array(size),
    name: `${from}/${nonce}`,
  };
}

export function context(
  options: {
    readonly height?: number;
    readonly nextNonce?: number;
    readonly balance?: bigint;
  } = {},
): AdmissionContext {
  const { height = 0, nextNonce = 0, balance = 1_000_000n } = options;
  return { height: height as Height, nextNonce: nextNonce as Nonce, balance };
}

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}
