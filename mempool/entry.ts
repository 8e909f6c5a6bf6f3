// What a pool holds, what it is told with it, its limits, and the ways it says no.

import type { Address, Hash, Height, Nonce } from "../crypto/index.ts";

/** One pending transaction. The pool reads these fields and no others; callers may attach what they like. */
export type PoolEntry = {
  readonly id: Hash;
  readonly sender: Address;
  readonly nonce: Nonce;
  /** What the sender's balance must cover: the fee and every amount it may lose. */
  readonly cost: bigint;
  /** 0 .. 2^64-1. */
  readonly fee: bigint;
  /** The last height of a block that may carry it. */
  readonly validUntilHeight: Height;
  readonly bytes: Uint8Array;
};

/** What the committed state says as an entry arrives. */
export type AdmissionContext = {
  /** The last committed height. */
  readonly height: Height;
  /** The sender's first unused nonce. */
  readonly nextNonce: Nonce;
  readonly balance: bigint;
};

export type PoolLimits = {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** A sender's nonces from its first unused one on; what lies beyond is refused. */
  readonly maxNoncesAhead: number;
  readonly maxBytesPerSender: number;
  /** How far `validUntilHeight` may lie beyond the last committed height; bounds the expiry buckets. */
  readonly maxHeightsAhead: number;
};

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  maxCount: 50_000,
  maxBytes: 64 * 1024 * 1024,
  maxNoncesAhead: 1_024,
  maxBytesPerSender: 4 * 1024 * 1024,
  maxHeightsAhead: 100_000,
};

/** A fee must rise by this much, and by at least 1, to take the place of another at the same nonce. */
export const REPLACEMENT_FEE_PERCENT = 10n;

export type PoolRefusal =
  | {
      readonly refusal: "nonce-too-low";
      readonly nonce: Nonce;
      /** The first nonce that could be added and selected next. */
      readonly expected: Nonce;
    }
  | {
      readonly refusal: "nonce-gap";
      readonly nonce: Nonce;
      readonly expected: Nonce;
      readonly limit: number;
    }
  | { readonly refusal: "expired"; readonly validUntilHeight: Height; readonly height: Height }
  | {
      readonly refusal: "too-far-expiry";
      readonly validUntilHeight: Height;
      readonly height: Height;
      readonly limit: number;
    }
  | {
      readonly refusal: "insufficient-balance";
      readonly balance: bigint;
      /** This entry's cost and that of the sender's pending ones at lower nonces. */
      readonly needed: bigint;
    }
  | {
      readonly refusal: "underpriced-replacement";
      readonly fee: bigint;
      /** The least fee that would replace the pending entry. */
      readonly needed: bigint;
    }
  | { readonly refusal: "sender-full"; readonly bytes: number; readonly limit: number }
  | {
      readonly refusal: "pool-full";
      readonly count: number;
      readonly bytes: number;
      /** A fee that would get in now, unless the pool changes first. */
      readonly feeToEnter: bigint;
    };

export type AddResult =
  | { readonly ok: true; readonly status: "added" | "replaced" | "duplicate" }
  | ({ readonly ok: false } & PoolRefusal);
