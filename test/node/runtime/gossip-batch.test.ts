import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decode } from "../../../crypto/index.ts";
import { GossipBatch } from "../../../node/runtime/gossip-batch.ts";
import { batchCodec, MAX_BATCH_TRANSACTIONS } from "../../../node/sync/wire.ts";
import { transfer } from "../replica/fixtures.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function batching() {
  const sent: Uint8Array[] = [];
  const batch = new GossipBatch((bytes) => sent.push(bytes));
  const bodies = () =>
    sent.map((bytes) => {
      const decoded = decode(batchCodec, bytes);
      return decoded.ok ? decoded.value.bodies : [];
    });
  return { batch, sent, bodies, counts: () => bodies().map(({ length }) => length) };
}

const some = (count: number, memo = new Uint8Array(0)) =>
  Array.from({ length: count }, (_, nonce) => transfer({ nonce, memo }));

describe("a gossip batch", () => {
  test("leaves at once in a quiet moment", () => {
    const { batch, bodies } = batching();
    const [first] = some(1);
    if (first !== undefined) batch.add([first]);
    expect(bodies()).toEqual([[first?.bytes]]);
  });

  test("waits a moment for company after another", () => {
    const { batch, counts } = batching();
    batch.add(some(1));
    batch.add(some(2));
    batch.add(some(3));
    expect(counts()).toEqual([1]);
    vi.advanceTimersByTime(4);
    expect(counts()).toEqual([1, 5]);
  });

  test("leaves at once again when the moment has passed", () => {
    const { batch, counts } = batching();
    batch.add(some(1));
    vi.advanceTimersByTime(4);
    batch.add(some(1));
    expect(counts()).toEqual([1, 1]);
  });

  test("sends nothing when nothing came", () => {
    const { batch, counts } = batching();
    batch.add([]);
    batch.add(some(1));
    vi.advanceTimersByTime(1_000);
    expect(counts()).toEqual([1]);
  });

  test("leaves when it is full by bytes, without waiting", () => {
    const { batch, sent, counts } = batching();
    batch.add(some(1));
    batch.add(some(300));
    expect(sent.length).toBeGreaterThan(2);
    for (const bytes of sent.slice(1)) expect(bytes.length).toBeLessThan(27 * 1024);
    vi.advanceTimersByTime(4);
    expect(counts().reduce((sum, count) => sum + count, 0)).toBe(301);
  });

  test("never holds more transactions than a message may", () => {
    const { batch, counts } = batching();
    const tiny = some(1).map((one) => ({ ...one, bytes: new Uint8Array(1) }));
    batch.add(Array.from({ length: MAX_BATCH_TRANSACTIONS + 1 }, () => tiny).flat());
    expect(Math.max(...counts())).toBe(MAX_BATCH_TRANSACTIONS);
  });

  test("differs from an earlier one with the same content, so that gossip carries it again", () => {
    const { batch, sent } = batching();
    const same = some(1);
    batch.add(same);
    vi.advanceTimersByTime(4);
    batch.add(same);
    expect(sent[1]).not.toEqual(sent[0]);
  });

  test("leaves no timer behind when it is closed", () => {
    const { batch } = batching();
    batch.add(some(1));
    batch.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
