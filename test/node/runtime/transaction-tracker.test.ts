import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ByteMap, type Hash, type Height } from "../../../crypto/index.ts";
import type { Receipt, TransactionResult } from "../../../node/ledger/index.ts";
import type { Whereabouts } from "../../../node/replica/index.ts";
import type { TransactionStatus, WaitTarget } from "../../../node/rpc/index.ts";
import { receiptRecords } from "../../../node/runtime/transaction-record.ts";
import { TransactionTracker } from "../../../node/runtime/transaction-tracker.ts";
import { hashOf } from "../../consensus/fixtures.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const id = hashOf("transaction");
const block = hashOf("block");
const at = (height: number) => height as Height;

function receipt(transaction: Hash, result: TransactionResult = "ok", index = 0): Receipt {
  const code = result === "ok" ? "" : "bad-nonce";
  return { transaction, index, result, code, feePaid: 1n, output: new Uint8Array(0) };
}

/** A tracker at height 5 over a replica and an index that the test fills. */
function tracking() {
  const places = new ByteMap<Whereabouts>();
  const records = new ByteMap<Uint8Array>();
  const receipts = new Map<Height, Uint8Array>();
  const blocks = new Map<Height, Hash>();
  const tracker = new TransactionTracker(
    {
      inventory: { whereabouts: (wanted) => places.get(wanted) },
      index: {
        transaction: (wanted) => records.get(wanted),
        receiptsAt: (height) => receipts.get(height),
      },
      blocks: { hashAt: (height) => blocks.get(height) },
    },
    at(5),
  );
  const index = (height: number, given: readonly Receipt[]) => {
    const made = receiptRecords(at(height), given);
    receipts.set(at(height), made.receipts);
    blocks.set(at(height), block);
    for (const { hash, record } of made.transactions) records.set(hash, record);
    tracker.indexed(made.transactions);
  };
  const wait = (until: WaitTarget, { hash = id, timeoutMs = 1_000 } = {}) => {
    const controller = new AbortController();
    const seen: TransactionStatus[] = [];
    const waiting = tracker.waitFor({ hash, until, timeoutMs, signal: controller.signal });
    const promise = waiting.then((status) => void seen.push(status));
    return { controller, seen, promise, settled: () => vi.advanceTimersByTimeAsync(0) };
  };
  return { tracker, places, index, wait };
}

const PENDING: Whereabouts = { state: "pending" };
const INCLUDED: Whereabouts = { state: "included", height: at(6), block };

describe("the status of a transaction", () => {
  test("is unknown when nobody has heard of it", () => {
    expect(tracking().tracker.status(id)).toEqual({ state: "unknown" });
  });

  test("is where the replica has it", () => {
    const { tracker, places } = tracking();
    places.set(id, PENDING);
    expect(tracker.status(id)).toEqual(PENDING);
    places.set(id, INCLUDED);
    expect(tracker.status(id)).toEqual(INCLUDED);
  });

  test("is final with its receipt before and after the index knows it", () => {
    const { tracker, index } = tracking();
    const given = receipt(id);
    const final = { state: "final", height: 6, block, receipt: given };
    tracker.final(block, at(6), [given]);
    expect(tracker.status(id)).toEqual(final);
    index(6, [given]);
    expect(tracker.status(id)).toEqual(final);
  });

  test("is that of its own receipt among others", () => {
    const { tracker, index } = tracking();
    const others = [receipt(hashOf("a")), receipt(hashOf("b"), "skipped", 1)];
    index(6, [...others, receipt(id, "failed", 2)]);
    expect(tracker.status(id)).toMatchObject({ state: "final", receipt: { result: "failed" } });
  });

  test("is not final when the block skipped it", () => {
    const { tracker, index } = tracking();
    tracker.final(block, at(6), [receipt(id, "skipped")]);
    expect(tracker.status(id)).toEqual({ state: "unknown" });
    index(6, [receipt(id, "skipped")]);
    expect(tracker.status(id)).toEqual({ state: "unknown" });
  });

  test("is expired once its last height has passed", () => {
    const { tracker } = tracking();
    tracker.noteExpiry({ id, validUntilHeight: at(6) });
    expect(tracker.status(id)).toEqual({ state: "unknown" });
    tracker.final(block, at(6), []);
    expect(tracker.status(id)).toEqual({ state: "expired", validUntilHeight: 6 });
  });

  test("is final, not expired, when it made it in its last height", () => {
    const { tracker } = tracking();
    tracker.noteExpiry({ id, validUntilHeight: at(6) });
    tracker.final(block, at(6), [receipt(id)]);
    expect(tracker.status(id)).toMatchObject({ state: "final" });
  });

  test("is rejected once the pool refused it, until it is taken in after all", () => {
    const { tracker, places } = tracking();
    tracker.noteRefusal(id, { code: "NONCE_GAP", detail: "two are missing" });
    const rejected = { state: "rejected", code: "NONCE_GAP", detail: "two are missing" };
    expect(tracker.status(id)).toEqual(rejected);
    places.set(id, PENDING);
    expect(tracker.status(id)).toEqual(PENDING);
  });

  test("is forgotten as rejected after many others", () => {
    const { tracker } = tracking();
    tracker.noteRefusal(id, { code: "NONCE_GAP" });
    for (let other = 0; other < 16_384; other++) {
      tracker.noteRefusal(hashOf(`other ${other}`), { code: "NONCE_GAP" });
    }
    expect(tracker.status(id)).toEqual({ state: "unknown" });
  });

  test("is remembered as expired for a bounded number, the newest surely", () => {
    const { tracker } = tracking();
    for (let one = 0; one < 70_000; one++) {
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setUint32(0, one);
      tracker.noteExpiry({ id: bytes as Hash, validUntilHeight: at(6) });
    }
    tracker.noteExpiry({ id, validUntilHeight: at(6) });
    tracker.final(block, at(6), []);
    expect(tracker.status(id)).toMatchObject({ state: "expired" });
    expect(tracker.status(new Uint8Array(32) as Hash)).toEqual({ state: "unknown" });
  });
});

describe("who waits", () => {
  test("is answered at once when it has come that far", async () => {
    const { places, wait } = tracking();
    places.set(id, PENDING);
    const { seen, settled } = wait("accepted");
    await settled();
    expect(seen).toEqual([PENDING]);
  });

  test("is answered at once without time to wait", async () => {
    const { wait } = tracking();
    const { seen, settled } = wait("final", { timeoutMs: 0 });
    await settled();
    expect(seen).toEqual([{ state: "unknown" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("for inclusion hears of it, and one who waits for finality does not yet", async () => {
    const { tracker, places, wait } = tracking();
    const inclusion = wait("included");
    const finality = wait("final");
    places.set(id, INCLUDED);
    tracker.included([id]);
    await inclusion.settled();
    expect(inclusion.seen).toEqual([INCLUDED]);
    expect(finality.seen).toEqual([]);
  });

  test("for finality hears of it, everyone who waits", async () => {
    const { tracker, wait } = tracking();
    const first = wait("final");
    const second = wait("final");
    tracker.final(block, at(6), [receipt(id)]);
    await first.settled();
    expect([...first.seen, ...second.seen].map(({ state }) => state)).toEqual(["final", "final"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("hears when it is too late for the transaction", async () => {
    const { tracker, wait } = tracking();
    tracker.noteExpiry({ id, validUntilHeight: at(6) });
    const { seen, settled } = wait("final");
    tracker.final(block, at(6), []);
    await settled();
    expect(seen).toEqual([{ state: "expired", validUntilHeight: 6 }]);
  });

  test("is not woken by blocks that have nothing to do with it", async () => {
    const { tracker, wait } = tracking();
    const { seen, settled } = wait("final");
    tracker.final(block, at(6), [receipt(hashOf("another"))]);
    tracker.included([hashOf("another")]);
    await settled();
    expect(seen).toEqual([]);
  });

  test("hears how far it came when the time is over", async () => {
    const { places, wait } = tracking();
    const { seen } = wait("final");
    places.set(id, PENDING);
    await vi.advanceTimersByTimeAsync(999);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual([PENDING]);
  });

  test("hears how far it came when it hangs up, and leaves no timer", async () => {
    const { wait } = tracking();
    const { controller, seen, settled } = wait("final");
    controller.abort();
    await settled();
    expect(seen).toEqual([{ state: "unknown" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not wait at all when it has hung up before", async () => {
    const { tracker } = tracking();
    const signal = AbortSignal.abort();
    const waiting = tracker.waitFor({ hash: id, until: "final", timeoutMs: 1_000, signal });
    await expect(waiting).resolves.toEqual({ state: "unknown" });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is answered once, whatever comes later", async () => {
    const { tracker, wait } = tracking();
    const { controller, seen } = wait("final");
    tracker.final(block, at(6), [receipt(id)]);
    controller.abort();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen).toHaveLength(1);
  });
});
