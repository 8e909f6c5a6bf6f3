import { describe, expect, test } from "vitest";
import { Conduct } from "../../../node/network/conduct.ts";
import { redialPauseMs } from "../../../node/network/dialer.ts";
import { DEFAULT_LIMITS, networkLimits } from "../../../node/network/limits.ts";
import { TokenBucket } from "../../../node/network/token-bucket.ts";

describe("a token bucket", () => {
  test("allows a burst, then the rate", () => {
    const bucket = new TokenBucket({ capacity: 3, perSecond: 10, nowMs: 0 });
    expect([0, 0, 0, 0].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, true, false]);
    expect(bucket.waitMs(0)).toBe(100);
    expect(bucket.take(99)).toBe(false);
    expect(bucket.take(100)).toBe(true);
  });

  test("never saves up more than its capacity", () => {
    const bucket = new TokenBucket({ capacity: 2, perSecond: 10, nowMs: 0 });
    expect([1e6, 1e6, 1e6].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, false]);
  });

  test("stands still when the clock goes back", () => {
    const bucket = new TokenBucket({ capacity: 1, perSecond: 10, nowMs: 1000 });
    bucket.take(1000);
    expect(bucket.take(0)).toBe(false);
  });
});

describe("a validator's conduct", () => {
  const limits = networkLimits({ strikes: 3, strikeForgivenMs: 1_000, banMs: 5_000 });

  test("leads to a ban at the last strike, which ends", () => {
    const conduct = new Conduct(limits, 0);
    expect([conduct.strike(0), conduct.strike(0), conduct.strike(0)]).toEqual([false, false, true]);
    expect(conduct.isBanned(4_999)).toBe(true);
    expect(conduct.isBanned(5_000)).toBe(false);
  });

  test("forgives strikes with time", () => {
    const conduct = new Conduct(limits, 0);
    const times = [0, 1_000, 2_000, 3_000, 4_000];
    expect(times.map((nowMs) => conduct.strike(nowMs))).toEqual(times.map(() => false));
  });

  test("starts clean after a ban", () => {
    const conduct = new Conduct(limits, 0);
    for (let strike = 0; strike < 3; strike++) conduct.strike(0);
    expect(conduct.strike(5_000)).toBe(false);
  });
});

describe("the pause between dials", () => {
  test("is short and even at first, then doubles up to its limit", () => {
    const limits = networkLimits({ redialMs: 50, redialFastAttempts: 3, redialMaxMs: 300 });
    const pauses = [1, 2, 3, 4, 5, 6, 1_000].map((attempt) => redialPauseMs(attempt, limits));
    expect(pauses).toEqual([50, 50, 50, 100, 200, 300, 300]);
  });
});

describe("the limits", () => {
  test("refuse a gossip message that a gossipsub RPC could not hold", () => {
    expect(() => networkLimits({ maxGossipBytes: 3 * 1024 * 1024 })).toThrow(/2 MiB/);
  });

  test("refuse what is no positive integer", () => {
    for (const name of Object.keys(DEFAULT_LIMITS)) {
      expect(() => networkLimits({ [name]: 0 }), name).toThrow();
      expect(() => networkLimits({ [name]: 1.5 }), name).toThrow();
    }
  });
});
