// The log as it is read: every call that became final, in its one order, from any height on and as it grows.

import type { Address, Hash, Height } from "../../crypto/index.ts";
import type { EventFeed, FinalEvents } from "../rpc/index.ts";
import { decodeSignedTransaction } from "../transaction/index.ts";

export type Entry = {
  readonly height: Height;
  /** Its place in the block, from 0. Some have no entry: what a block carried in vain is not in the log. */
  readonly index: number;
  /** In whose name it was appended. */
  readonly sender: Address;
  /** What the state machine was given. */
  readonly call: Uint8Array;
  /** A failed call stands in the log and changed nothing. */
  readonly result: "ok" | "failed";
  /** Why it failed, by the state machine's word; empty otherwise. */
  readonly code: string;
  readonly output: Uint8Array;
  /** Of the block, milliseconds since 1970. */
  readonly timestampMs: number;
  readonly transaction: Hash;
};

export type EntriesOptions = {
  /** The first block to be read: 1 unless told otherwise. */
  readonly from?: number;
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal;
};

/** Holds one block at a time: who reads slowly is not left behind, and costs nothing. */
export async function* readEntries(
  feed: EventFeed,
  from: Height,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  for (let height = from; await isFinal(feed, height, signal); height = (height + 1) as Height) {
    const final = feed.finalAt(height);
    if (final === undefined) throw new Error(`block ${height} is final, and not kept here`);
    yield* entriesOf(final);
  }
}

function* entriesOf({ block: { block }, receipts, bodies }: FinalEvents): Generator<Entry> {
  const { height, timestampMs } = block;
  for (const [at, { transaction, index, result, code, output }] of receipts.entries()) {
    if (result === "skipped") continue;
    const decoded = decodeSignedTransaction(bodies[at] ?? new Uint8Array(0));
    if (!decoded.ok) throw new Error(`a transaction of block ${height} does not decode`);
    const { sender, call } = decoded.value.transaction;
    yield { height, index, sender, call, result, code, output, timestampMs, transaction };
  }
}

/** Waits until the feed has come so far; false once the signal says that nobody waits any more. */
function isFinal(feed: EventFeed, height: Height, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  if (feed.tip() >= height) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (is: boolean) => {
      unsubscribe();
      signal.removeEventListener("abort", onAbort);
      resolve(is);
    };
    const onAbort = () => settle(false);
    signal.addEventListener("abort", onAbort);
    const unsubscribe = feed.subscribe(({ type }) => {
      if (type === "final" && feed.tip() >= height) settle(true);
    });
  });
}
