// The pool beside a model that keeps a plain list and recomputes everything: same answers, same content, after any
// sequence of adds, selections and commits.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type Height, type Nonce, toHex } from "../../crypto/index.ts";
import { type AdmissionContext, Pool, type PoolEntry } from "../../mempool/index.ts";
import { entry } from "./fixtures.ts";

const SENDERS = ["a", "b", "c"];
const LIMITS = { maxNoncesAhead: 6, maxBytesPerSender: 900, maxHeightsAhead: 20 };
const BALANCE = 120n;

/** Without limits on the whole pool, where the order of eviction is the pool's own choice. */
class Model {
  entries: PoolEntry[] = [];
  height = 0;
  nonces = new Map<string, number>();

  add(added: PoolEntry, context: AdmissionContext): string {
    if (this.entries.some(({ id }) => toHex(id) === toHex(added.id))) return "duplicate";
    const { height, nextNonce } = context;
    if (added.validUntilHeight <= height) return "expired";
    if (added.validUntilHeight > height + LIMITS.maxHeightsAhead) return "too-far-expiry";
    if (added.nonce < nextNonce) return "nonce-too-low";
    if (added.nonce >= nextNonce + LIMITS.maxNoncesAhead) return "nonce-gap";
    const lane = this.laneOf(added);
    const previous = lane.find(({ nonce }) => nonce === added.nonce);
    if (previous !== undefined) {
      const enough = added.fee * 10n >= previous.fee * 11n && added.fee > previous.fee;
      if (!enough) return "underpriced-replacement";
    }
    const others = lane.filter((other) => other !== previous);
    const bytes = others.reduce((sum, other) => sum + other.bytes.length, added.bytes.length);
    if (bytes > LIMITS.maxBytesPerSender) return "sender-full";
    const below = others.filter(({ nonce }) => nonce < added.nonce);
    if (below.reduce((sum, { cost }) => sum + cost, added.cost) > context.balance) {
      return "insufficient-balance";
    }
    this.entries = this.entries.filter((other) => other !== previous);
    this.entries.push(added);
    for (;;) {
      const now = this.laneOf(added);
      if (now.reduce((sum, { cost }) => sum + cost, 0n) <= context.balance) break;
      this.entries = this.entries.filter((other) => other !== now[now.length - 1]);
    }
    return previous === undefined ? "added" : "replaced";
  }

  ready(name: string): PoolEntry[] {
    const ready: PoolEntry[] = [];
    let expected = this.nonces.get(name) ?? 0;
    for (const each of this.laneOf(entry({ from: name, nonce: 0 }))) {
      if (each.nonce !== expected) break;
      expected += 1;
      ready.push(each);
    }
    return ready;
  }

  laneOf({ sender }: PoolEntry): PoolEntry[] {
    return this.entries
      .filter((other) => toHex(other.sender) === toHex(sender))
      .sort((left, right) => left.nonce - right.nonce);
  }
}

const addition = fc.record({
  type: fc.constant("add" as const),
  from: fc.constantFrom(...SENDERS),
  ahead: fc.integer({ min: -1, max: 7 }),
  fee: fc.bigInt({ min: 0n, max: 40n }),
  extra: fc.bigInt({ min: 0n, max: 30n }),
  until: fc.integer({ min: 0, max: 22 }),
  size: fc.integer({ min: 50, max: 400 }),
});
const commitment = fc.record({
  type: fc.constant("commit" as const),
  count: fc.nat(4),
  foreign: fc.constantFrom(undefined, ...SENDERS),
  heights: fc.integer({ min: 1, max: 3 }),
});

test("a pool answers and holds what the model does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: addition }, commitment), { maxLength: 60 }),
      (steps) => {
        const pool = new Pool(LIMITS);
        const model = new Model();
        for (const step of steps) {
          if (step.type === "add") {
            const nextNonce = model.nonces.get(step.from) ?? 0;
            const added = entry({
              from: step.from,
              nonce: Math.max(0, nextNonce + step.ahead),
              fee: step.fee,
              cost: step.fee + step.extra,
              until: model.height + step.until,
              size: step.size,
            });
            const height = model.height as Height;
            const context = { height, nextNonce: nextNonce as Nonce, balance: BALANCE };
            const verdict = pool.add(added, context);
            expect(verdict.ok ? verdict.status : verdict.refusal).toBe(model.add(added, context));
          } else {
            commitBoth(pool, model, step);
          }
          compare(pool, model);
        }
      },
    ),
    { numRuns: 400 },
  );
});

function commitBoth(
  pool: Pool,
  model: Model,
  step: { readonly count: number; readonly foreign: string | undefined; readonly heights: number },
): void {
  const used = pool.select({ maxCount: step.count, maxBytes: 10_000, included: () => false });
  if (step.foreign !== undefined && used.length === 0) {
    used.push(
      entry({ from: step.foreign, nonce: model.nonces.get(step.foreign) ?? 0, salt: "foreign" }),
    );
  }
  model.height += step.heights;
  pool.committed({
    height: model.height as Height,
    transactions: used,
    ids: used.map(({ id }) => id),
  });
  for (const name of SENDERS) {
    const { sender } = entry({ from: name, nonce: 0 });
    for (const each of used) {
      if (toHex(each.sender) === toHex(sender)) model.nonces.set(name, each.nonce + 1);
    }
    const next = model.nonces.get(name) ?? 0;
    model.entries = model.entries.filter(
      (each) =>
        each.validUntilHeight > model.height &&
        (toHex(each.sender) !== toHex(sender) || each.nonce >= next),
    );
  }
}

function compare(pool: Pool, model: Model): void {
  expect(pool.size.count).toBe(model.entries.length);
  expect(pool.size.bytes).toBe(model.entries.reduce((sum, { bytes }) => sum + bytes.length, 0));
  expect(model.entries.every(({ id }) => pool.has(id))).toBe(true);
  const selected = pool.select({ maxCount: 1_000, maxBytes: 1_000_000, included: () => false });
  for (const name of SENDERS) {
    const { sender } = entry({ from: name, nonce: 0 });
    const lane = selected.filter((each) => toHex(each.sender) === toHex(sender));
    expect(lane).toEqual(model.ready(name));
  }
}

test("a small pool keeps its bounds and never selects a nonce out of order", () => {
  const limits = { ...LIMITS, maxCount: 5, maxBytes: 1_000 };
  fc.assert(
    fc.property(fc.array(addition, { maxLength: 60 }), (steps) => {
      const pool = new Pool(limits);
      for (const { from, ahead, fee, until, size } of steps) {
        const nonce = Math.max(0, ahead);
        const before = pool.size.count;
        const added = entry({ from, nonce, fee, until, size });
        const height = 0 as Height;
        const verdict = pool.add(added, { height, nextNonce: 0 as Nonce, balance: 10_000n });
        if (verdict.ok) expect(pool.has(added.id)).toBe(true);
        else expect(pool.size.count).toBe(before);
        expect(pool.size.count).toBeLessThanOrEqual(limits.maxCount);
        expect(pool.size.bytes).toBeLessThanOrEqual(limits.maxBytes);
        const next = new Map<string, number>();
        for (const each of pool.select({ maxCount: 9, maxBytes: 9_999, included: () => false })) {
          const sender = toHex(each.sender);
          expect(each.nonce).toBe(next.get(sender) ?? 0);
          next.set(sender, each.nonce + 1);
        }
      }
    }),
    { numRuns: 400 },
  );
});
