import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ByteMap } from "../../../crypto/index.ts";
import { OwnTransactions } from "../../../node/runtime/own-transactions.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { transfer } from "../replica/fixtures.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const first = transfer();
const second = transfer({ nonce: 1 });

function watching() {
  const settled = new ByteMap<true>();
  const sent: (readonly SignedTransaction[])[] = [];
  const ours = new OwnTransactions({
    isPending: (id) => !settled.has(id),
    send: (transactions) => sent.push(transactions),
  });
  return { ours, settled, sent };
}

describe("a transaction of our clients", () => {
  test("is sent again while it stays pending, every other second", () => {
    const { ours, sent } = watching();
    ours.note([first]);
    vi.advanceTimersByTime(1_999);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([[first]]);
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([[first], [first]]);
  });

  test("is not sent again once it is in a block", () => {
    const { ours, settled, sent } = watching();
    ours.note([first, second]);
    settled.set(first.id, true);
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([[second]]);
  });

  test("leaves no timer behind when none is pending any more", () => {
    const { ours, settled } = watching();
    ours.note([first]);
    settled.set(first.id, true);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    ours.note([second]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test("is not sent after the end", () => {
    const { ours, sent } = watching();
    ours.note([first]);
    ours.close();
    vi.advanceTimersByTime(10_000);
    expect(sent).toEqual([]);
  });

  test("is one of so many at most that are sent again at once", () => {
    const { ours, sent } = watching();
    const many = Array.from({ length: 1_000 }, (_, nonce) => transfer({ nonce }));
    ours.note(many);
    vi.advanceTimersByTime(2_000);
    expect(sent.map(({ length }) => length)).toEqual([512]);
    vi.advanceTimersByTime(1_000);
    expect(sent.map(({ length }) => length)).toEqual([512, 488]);
  });
});
