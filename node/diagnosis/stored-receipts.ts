// The receipts of a block as one validator stored them, and whether two validators stored the same.

import { decode, equalBytes, type Height } from "../../crypto/index.ts";
import { encodeReceipt, type Receipt } from "../ledger/index.ts";
import { blockReceiptsCodec } from "../runtime/index.ts";
import { type StateStore, StorageError } from "../storage/index.ts";

export type Receipts = readonly Receipt[];

/** Undefined: nothing is stored for the height. @throws {StorageError} LOG_DAMAGED if they do not decode */
export function storedReceipts(stateStore: StateStore, height: Height): Receipts | undefined {
  const bytes = stateStore.receiptsAt(height);
  return bytes && decoded(bytes);
}

/** False where one of them has nothing. What is kept beside the receipts does not count. */
export function storeDifferentReceipts(a: StateStore, b: StateStore, height: Height): boolean {
  const [one, other] = [a.receiptsAt(height), b.receiptsAt(height)];
  if (one === undefined || other === undefined || equalBytes(one, other)) return false;
  return firstDifferentReceipt(decoded(one), decoded(other)) !== undefined;
}

/** The first place at which they differ; one may end before the other. */
export function firstDifferentReceipt(one: Receipts, other: Receipts): number | undefined {
  const count = Math.max(one.length, other.length);
  for (let index = 0; index < count; index++) {
    const [mine, theirs] = [one[index], other[index]];
    if (mine === undefined || theirs === undefined) return index;
    if (!equalBytes(encodeReceipt(mine), encodeReceipt(theirs))) return index;
  }
  return undefined;
}

function decoded(bytes: Uint8Array): Receipts {
  const found = decode(blockReceiptsCodec, bytes);
  if (found.ok) return found.value.receipts;
  throw new StorageError({
    code: "LOG_DAMAGED",
    what: `stored receipts do not decode (${found.refusal})`,
    path: "the data directory",
    remedy: "Move the data directory away and let the validator sync again.",
  });
}
