// Token buckets on a clock that stands still until told otherwise.

import { describe, expect, test } from "vitest";
import { RateLimit } from "../../../node/rpc/rate-limit.ts";

function rates(overrides: { perSecond?: number; loopback?: number; remembered?: number } = {}) {
  const clock = { nowMs: 0 };
  const limit = new RateLimit({
    requestsPerSecond: overrides.perSecond ?? 10,
    loopbackRequestsPerSecond: overrides.loopback ?? 1_000,
    maxRememberedAddresses: overrides.remembered ?? 100,
    now: () => clock.nowMs,
  });
  return { limit, clock };
}

const HOST = "192.0.2.1";

describe("an address", () => {
  test("may send two seconds' worth at once, and not one more", () => {
    const { limit } = rates();
    for (let request = 0; request < 20; request++) {
      expect(limit.take(HOST, 1)).toEqual({ ok: true });
    }
    expect(limit.take(HOST, 1)).toEqual({
      ok: false,
      refusal: "rate-limited",
      retryAfterMs: 100,
    });
  });

  test("is let in again after exactly the time it was told", () => {
    const { limit, clock } = rates();
    limit.take(HOST, 20);
    clock.nowMs = 99;
    expect(limit.take(HOST, 1)).toMatchObject({ ok: false, retryAfterMs: 1 });
    clock.nowMs = 100;
    expect(limit.take(HOST, 1)).toEqual({ ok: true });
  });

  test("pays nothing for being refused", () => {
    const { limit, clock } = rates();
    limit.take(HOST, 20);
    for (let request = 0; request < 50; request++) limit.take(HOST, 1);
    clock.nowMs = 100;
    expect(limit.take(HOST, 1)).toEqual({ ok: true });
  });

  test("never saves more than its bucket holds", () => {
    const { limit, clock } = rates();
    limit.take(HOST, 1);
    clock.nowMs = 1_000_000;
    expect(limit.take(HOST, 20)).toEqual({ ok: true });
    expect(limit.take(HOST, 1)).toMatchObject({ ok: false });
  });

  test("may send a batch larger than its bucket, and pays it off", () => {
    const { limit, clock } = rates();
    expect(limit.take(HOST, 30)).toEqual({ ok: true });
    expect(limit.take(HOST, 1)).toMatchObject({ retryAfterMs: 1_100 });
    clock.nowMs = 1_100;
    expect(limit.take(HOST, 1)).toEqual({ ok: true });
  });

  test("is charged apart from others", () => {
    const { limit } = rates();
    limit.take(HOST, 20);
    expect(limit.take("192.0.2.2", 1)).toEqual({ ok: true });
  });

  test.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])(
    "of this machine, %s, has a rate of its own",
    (address) => {
      const { limit } = rates();
      expect(limit.take(address, 2_000)).toEqual({ ok: true });
      expect(limit.take(address, 1)).toMatchObject({ ok: false });
    },
  );

  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
    ["2001:db8::1", "2001:db8::2"],
    ["2001:db8::1", "2001:db8:0:0:1::1"],
  ])("of IPv6 shares with its /64: %s and %s", (left, right) => {
    const { limit } = rates();
    limit.take(left, 20);
    expect(limit.take(right, 1)).toMatchObject({ ok: false });
  });

  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:3::1"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2"],
  ])("of another network does not: %s and %s", (left, right) => {
    const { limit } = rates();
    limit.take(left, 20);
    expect(limit.take(right, 1)).toEqual({ ok: true });
  });
});

describe("the buckets", () => {
  test("are bounded, and the one that asked longest ago goes first", () => {
    const { limit } = rates({ remembered: 2 });
    limit.take("192.0.2.1", 20);
    limit.take("192.0.2.2", 20);
    limit.take("192.0.2.1", 1);
    limit.take("192.0.2.3", 20);
    expect(limit.size).toBe(2);
    expect(limit.take("192.0.2.1", 1)).toMatchObject({ ok: false });
    expect(limit.take("192.0.2.2", 1)).toEqual({ ok: true });
  });
});
