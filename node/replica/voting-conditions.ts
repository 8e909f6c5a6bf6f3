// What a validator asks of a payload before it votes for the block: the part of validity that needs the transactions,
// the limits of genesis and the clock, and that safety does not depend on. That a block's time is later than its parent's
// is the engine's to see: it holds both.

import type { Height } from "../../crypto/index.ts";
import type { CheckVerdict } from "../ledger/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import { type Payload, transactionsOf } from "./payloads.ts";

export type BlockLimits = {
  readonly maxBlockTransactions: number;
  /** All bodies together. */
  readonly maxBlockBytes: number;
  /** How far a block's timestamp may lie ahead of the voter's clock. */
  readonly maxClockDriftMs: number;
};

export type PayloadRefusal =
  | "too-many-transactions"
  | "too-many-bytes"
  | "timestamp-ahead"
  | "expired-transaction"
  | "invalid-transaction";

export type VotingContext = {
  readonly limits: BlockLimits;
  readonly now: number;
  /** Undefined while the parent is not held. */
  readonly parentTimestampMs: number | undefined;
  readonly check: (transaction: SignedTransaction) => CheckVerdict;
};

/** Why not to vote for a block with this (complete) payload; undefined if nothing speaks against it. */
export function payloadRefusal(
  payload: Payload,
  context: VotingContext,
): PayloadRefusal | undefined {
  const { limits, check } = context;
  const { timestampMs, height } = payload.block;
  if (payload.ids.length > limits.maxBlockTransactions) return "too-many-transactions";
  if (isAhead(timestampMs, context)) return "timestamp-ahead";
  const transactions = transactionsOf(payload);
  const bytes = transactions.reduce((sum, transaction) => sum + transaction.bytes.length, 0);
  if (bytes > limits.maxBlockBytes) return "too-many-bytes";
  if (transactions.some((transaction) => isExpired(transaction, height))) {
    return "expired-transaction";
  }
  return transactions.every((transaction) => check(transaction).ok)
    ? undefined
    : "invalid-transaction";
}

/**
 * Once a quorum's clocks were ahead, so are its blocks. From there on time goes by the least step until the clocks have
 * caught up: a chain that waited for them would stand still.
 */
function isAhead(timestampMs: number, { limits, now, parentTimestampMs }: VotingContext): boolean {
  return timestampMs > now + limits.maxClockDriftMs && timestampMs - 1 !== parentTimestampMs;
}

function isExpired({ transaction }: SignedTransaction, height: Height): boolean {
  return transaction.validUntilHeight < height;
}
