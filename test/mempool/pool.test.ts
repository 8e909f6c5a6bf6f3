import { describe, expect, test } from "vitest";
import { type Hash, type Height, toHex } from "../../crypto/index.ts";
import { Pool, type PoolEntry } from "../../mempool/index.ts";
import { context, entry } from "./fixtures.ts";

type Named = PoolEntry & { readonly name: string };
const nothing = () => false;
const everything = { maxCount: 1_000, maxBytes: 1_000_000, included: nothing };

function poolOf(...entries: readonly Named[]): Pool<Named> {
  const pool = new Pool<Named>();
  for (const each of entries) expect(pool.add(each, context())).toMatchObject({ ok: true });
  return pool;
}

function names(entries: readonly Named[]): string[] {
  return entries.map(({ name }) => name);
}

function selected(pool: Pool<Named>, included: readonly Named[] = []): string[] {
  const ids = new Set(included.map(({ id }) => toHex(id)));
  return names(pool.select({ ...everything, included: (id: Hash) => ids.has(toHex(id)) }));
}

function commit(
  pool: Pool<Named>,
  height: number,
  used: readonly Named[],
  skipped: readonly Named[] = [],
) {
  const ids = [...used, ...skipped].map(({ id }) => id);
  pool.committed({ height: height as Height, transactions: used, ids });
}

describe("a pool refuses", () => {
  test("a nonce that the committed state has used", () => {
    const verdict = new Pool().add(entry({ nonce: 4 }), context({ nextNonce: 5 }));
    expect(verdict).toEqual({ ok: false, refusal: "nonce-too-low", nonce: 4, expected: 5 });
  });

  test("a nonce beyond the window", () => {
    const pool = new Pool({ maxNoncesAhead: 10 });
    expect(pool.add(entry({ nonce: 14 }), context({ nextNonce: 5 })).ok).toBe(true);
    const verdict = pool.add(entry({ nonce: 15 }), context({ nextNonce: 5 }));
    expect(verdict).toEqual({ ok: false, refusal: "nonce-gap", nonce: 15, expected: 5, limit: 10 });
  });

  test("what no later block may carry", () => {
    const verdict = new Pool().add(entry({ nonce: 0, until: 7 }), context({ height: 7 }));
    expect(verdict).toEqual({ ok: false, refusal: "expired", validUntilHeight: 7, height: 7 });
  });

  test("what had expired by a commit that the caller has not seen", () => {
    const pool = poolOf();
    commit(pool, 8, []);
    const verdict = pool.add(entry({ nonce: 0, until: 8 }), context({ height: 7 }));
    expect(verdict).toMatchObject({ refusal: "expired", height: 8 });
  });

  test("an expiry further off than the buckets reach", () => {
    const pool = new Pool({ maxHeightsAhead: 50 });
    expect(pool.add(entry({ nonce: 0, until: 57 }), context({ height: 7 })).ok).toBe(true);
    const verdict = pool.add(entry({ nonce: 1, until: 58 }), context({ height: 7 }));
    const numbers = { validUntilHeight: 58, height: 7, limit: 50 };
    expect(verdict).toEqual({ ok: false, refusal: "too-far-expiry", ...numbers });
  });

  test("a lane that costs more than the balance", () => {
    const pool = new Pool();
    pool.add(entry({ nonce: 0, cost: 60n }), context({ balance: 100n }));
    const verdict = pool.add(entry({ nonce: 1, cost: 41n }), context({ balance: 100n }));
    expect(verdict).toEqual({
      ok: false,
      refusal: "insufficient-balance",
      balance: 100n,
      needed: 101n,
    });
    expect(pool.add(entry({ nonce: 1, cost: 40n }), context({ balance: 100n })).ok).toBe(true);
  });

  test("a replacement that pays less than a tenth more", () => {
    const pool = poolOf(entry({ nonce: 0, fee: 101n }));
    const verdict = pool.add(entry({ nonce: 0, fee: 111n }), context());
    const numbers = { fee: 111n, needed: 112n };
    expect(verdict).toEqual({ ok: false, refusal: "underpriced-replacement", ...numbers });
    expect(pool.add(entry({ nonce: 0, fee: 112n }), context())).toMatchObject({ ok: true });
  });

  test("a replacement of a free entry that is free too", () => {
    const pool = poolOf(entry({ nonce: 0, fee: 0n }));
    const verdict = pool.add(entry({ nonce: 0, fee: 0n, salt: "again" }), context());
    expect(verdict).toMatchObject({ refusal: "underpriced-replacement", needed: 1n });
  });

  test("more bytes of one sender than its share", () => {
    const pool = new Pool({ maxBytesPerSender: 500 });
    pool.add(entry({ nonce: 0, size: 300 }), context());
    const verdict = pool.add(entry({ nonce: 1, size: 201 }), context());
    expect(verdict).toEqual({ ok: false, refusal: "sender-full", bytes: 501, limit: 500 });
  });

  test("an entry that is worth no more than the cheapest when it is full", () => {
    const pool = new Pool({ maxCount: 1 });
    pool.add(entry({ nonce: 0, fee: 8n }), context());
    const verdict = pool.add(entry({ from: "bob", nonce: 0, fee: 15n }), context());
    const numbers = { count: 1, bytes: 200, feeToEnter: 16n };
    expect(verdict).toEqual({ ok: false, refusal: "pool-full", ...numbers });
    expect(pool.add(entry({ from: "bob", nonce: 0, fee: 16n }), context()).ok).toBe(true);
  });
});

describe("a pool", () => {
  test("knows the same bytes while it holds them, and takes them again afterwards", () => {
    const first = entry({ nonce: 0, until: 5 });
    const pool = poolOf(first);
    expect(pool.add(first, context())).toEqual({ ok: true, status: "duplicate" });
    commit(pool, 3, [], [first]);
    expect(pool.add(first, context({ height: 3 }))).toEqual({ ok: true, status: "added" });
  });

  test("tells which ids it lacks", () => {
    const [held, other] = [entry({ nonce: 0 }), entry({ nonce: 1 })];
    const pool = poolOf(held);
    expect(pool.missing([held.id, other.id])).toEqual([other.id]);
    expect(pool.get(held.id)).toBe(held);
    expect(pool.get(other.id)).toBeUndefined();
  });

  test("counts what it holds", () => {
    const pool = poolOf(entry({ nonce: 0 }), entry({ nonce: 1 }), entry({ from: "bob", nonce: 0 }));
    expect(pool.size).toEqual({ count: 3, bytes: 600, senders: 2 });
    commit(pool, 1, [entry({ from: "bob", nonce: 0 })]);
    expect(pool.size).toEqual({ count: 2, bytes: 400, senders: 1 });
  });

  test("makes room from the sender's tail when a lower nonce needs the balance", () => {
    const pool = new Pool<Named>();
    const balance = 100n;
    pool.add(entry({ nonce: 1, cost: 50n }), context({ balance }));
    pool.add(entry({ nonce: 2, cost: 50n }), context({ balance }));
    const verdict = pool.add(entry({ nonce: 0, cost: 40n }), context({ balance }));
    expect(verdict).toEqual({ ok: true, status: "added" });
    expect(selected(pool)).toEqual(["alice/0", "alice/1"]);
  });

  test("evicts entries behind a gap before any other", () => {
    const pool = new Pool<Named>({ maxCount: 2 });
    pool.add(entry({ from: "alice", nonce: 0, fee: 1n }), context());
    pool.add(entry({ from: "bob", nonce: 1, fee: 1_000n }), context());
    expect(pool.add(entry({ from: "carol", nonce: 0, fee: 2n }), context()).ok).toBe(true);
    expect(pool.has(entry({ from: "bob", nonce: 1, fee: 1_000n }).id)).toBe(false);
    expect(selected(pool)).toEqual(["carol/0", "alice/0"]);
  });

  test("evicts nothing for an entry behind a gap", () => {
    const pool = new Pool({ maxCount: 1 });
    pool.add(entry({ nonce: 0, fee: 1n }), context());
    const verdict = pool.add(entry({ from: "bob", nonce: 1, fee: 1_000n }), context());
    expect(verdict).toMatchObject({ refusal: "pool-full" });
  });

  test("never evicts what the newcomer stands on", () => {
    const pool = new Pool({ maxCount: 1 });
    pool.add(entry({ nonce: 0, fee: 1n }), context());
    const verdict = pool.add(entry({ nonce: 1, fee: 1_000n }), context());
    expect(verdict).toMatchObject({ refusal: "pool-full" });
  });

  test("evicts as many bytes as a larger entry needs, or none", () => {
    const pool = new Pool<Named>({ maxBytes: 600 });
    for (const nonce of [0, 1, 2]) pool.add(entry({ nonce, fee: 1n }), context());
    const tooLarge = entry({ from: "bob", nonce: 0, fee: 100n, size: 601 });
    expect(pool.add(tooLarge, context())).toMatchObject({ refusal: "pool-full" });
    expect(pool.size.count).toBe(3);
    expect(pool.add(entry({ from: "bob", nonce: 0, fee: 100n, size: 400 }), context()).ok).toBe(
      true,
    );
    expect(selected(pool)).toEqual(["bob/0", "alice/0"]);
  });

  test("evicts nothing that is worth more than the newcomer, though it stands behind a cheap tail", () => {
    const pool = new Pool<Named>({ maxBytes: 600 });
    pool.add(entry({ nonce: 0, fee: 1_000n, size: 300 }), context());
    pool.add(entry({ nonce: 1, fee: 1n, size: 300 }), context());
    const verdict = pool.add(entry({ from: "bob", nonce: 0, fee: 100n, size: 400 }), context());
    expect(verdict).toMatchObject({ refusal: "pool-full" });
    expect(selected(pool)).toEqual(["alice/0", "alice/1"]);
  });

  test("forgets what expired with the committed height, and nothing else", () => {
    const pool = poolOf(entry({ nonce: 0, until: 5 }), entry({ nonce: 1, until: 6 }));
    commit(pool, 4, []);
    expect(pool.size.count).toBe(2);
    commit(pool, 5, []);
    expect(pool.size.count).toBe(1);
    commit(pool, 1_000_000, []);
    expect(pool.size).toEqual({ count: 0, bytes: 0, senders: 0 });
  });

  test("does not leave a sender stuck behind a nonce that expired", () => {
    const pool = poolOf(entry({ nonce: 0, until: 5 }), entry({ nonce: 1 }));
    commit(pool, 5, []);
    expect(selected(pool)).toEqual([]);
    expect(pool.add(entry({ nonce: 0, until: 50 }), context({ height: 5 })).ok).toBe(true);
    expect(selected(pool)).toEqual(["alice/0", "alice/1"]);
  });

  test("forgets by nonce what another transaction made impossible", () => {
    const pool = poolOf(entry({ nonce: 0 }), entry({ nonce: 1 }));
    commit(pool, 1, [entry({ nonce: 0, salt: "never pooled" })]);
    expect(pool.has(entry({ nonce: 0 }).id)).toBe(false);
    expect(selected(pool)).toEqual(["alice/1"]);
  });

  test("catches up with a nonce that the state has used without it", () => {
    const pool = poolOf(entry({ nonce: 0 }), entry({ nonce: 2 }));
    expect(pool.add(entry({ nonce: 3 }), context({ nextNonce: 2 })).ok).toBe(true);
    expect(selected(pool)).toEqual(["alice/2", "alice/3"]);
    expect(pool.size.bytes).toBe(400);
  });
});

describe("a selection", () => {
  test("takes a lane in nonce order however it arrived", () => {
    const pool = poolOf(...[2, 0, 3, 1].map((nonce) => entry({ nonce })));
    expect(selected(pool)).toEqual(["alice/0", "alice/1", "alice/2", "alice/3"]);
  });

  test("stops at a gap", () => {
    const pool = poolOf(entry({ nonce: 0 }), entry({ nonce: 2 }));
    expect(selected(pool)).toEqual(["alice/0"]);
  });

  test("lets the senders take turns", () => {
    const alice = [0, 1, 2].map((nonce) => entry({ nonce }));
    const pool = poolOf(
      ...alice,
      entry({ from: "bob", nonce: 0 }),
      entry({ from: "bob", nonce: 1 }),
    );
    expect(selected(pool)).toEqual(["alice/0", "bob/0", "alice/1", "bob/1", "alice/2"]);
  });

  test("begins with those that had no turn the last time", () => {
    const pool = poolOf(...["a", "b", "c"].map((from) => entry({ from, nonce: 0 })));
    const one = { ...everything, maxCount: 1 };
    const turns = [1, 2, 3, 4].map(() => names(pool.select(one))[0]);
    expect(turns).toEqual(["a/0", "b/0", "c/0", "a/0"]);
  });

  test("prefers a fee of a higher class", () => {
    const pool = poolOf(
      entry({ from: "poor", nonce: 0, fee: 7n }),
      entry({ from: "rich", nonce: 0, fee: 8n }),
    );
    expect(selected(pool)).toEqual(["rich/0", "poor/0"]);
  });

  test("holds an entry back to the class of the cheaper one before it", () => {
    const pool = poolOf(
      entry({ from: "mixed", nonce: 0, fee: 1n }),
      entry({ from: "mixed", nonce: 1, fee: 64n }),
      entry({ from: "middle", nonce: 0, fee: 8n }),
      entry({ from: "falling", nonce: 0, fee: 64n }),
      entry({ from: "falling", nonce: 1, fee: 4n }),
    );
    const order = ["falling/0", "middle/0", "falling/1", "mixed/0", "mixed/1"];
    expect(selected(pool)).toEqual(order);
  });

  test("passes over what blocks under way carry", () => {
    const alice = [0, 1, 2].map((nonce) => entry({ nonce }));
    const pool = poolOf(...alice);
    expect(selected(pool, alice.slice(0, 2))).toEqual(["alice/2"]);
  });

  test("passes over a nonce when a block under way carries the entry that was replaced", () => {
    const replaced = entry({ nonce: 0, fee: 10n });
    const pool = poolOf(replaced, entry({ nonce: 1 }), entry({ nonce: 0, fee: 20n }));
    expect(pool.has(replaced.id)).toBe(false);
    expect(selected(pool, [replaced])).toEqual(["alice/1"]);
    expect(selected(pool)).toEqual(["alice/0", "alice/1"]);
    commit(pool, 1, [replaced]);
    expect(selected(pool)).toEqual(["alice/1"]);
  });

  test("keeps within both budgets", () => {
    const pool = poolOf(...[0, 1, 2, 3].map((nonce) => entry({ nonce, size: 100 })));
    expect(pool.select({ ...everything, maxCount: 3 })).toHaveLength(3);
    expect(pool.select({ ...everything, maxBytes: 299 })).toHaveLength(2);
    expect(pool.select({ ...everything, maxCount: 0 })).toEqual([]);
  });

  test("fills what is left with a smaller entry of another sender", () => {
    const pool = poolOf(
      entry({ from: "large", nonce: 0, size: 900 }),
      entry({ from: "small", nonce: 0, size: 90 }),
    );
    expect(names(pool.select({ ...everything, maxBytes: 100 }))).toEqual(["small/0"]);
  });

  test("gives up after 32 entries in a row that do not fit", () => {
    const pool = new Pool<Named>();
    for (let index = 0; index < 100; index++) {
      pool.add(entry({ from: `s${index}`, nonce: 0, size: 900 }), context());
    }
    let looks = 0;
    const included = () => {
      looks += 1;
      return false;
    };
    expect(pool.select({ maxCount: 10, maxBytes: 100, included })).toEqual([]);
    expect(looks).toBe(32);
  });

  test("leaves out what will have expired at the height of the block", () => {
    const pool = poolOf(entry({ nonce: 0, until: 9 }), entry({ nonce: 1 }));
    expect(pool.select({ ...everything, height: 9 as Height })).toHaveLength(2);
    expect(pool.select({ ...everything, height: 10 as Height })).toEqual([]);
  });

  test("looks at no more than it takes", () => {
    const pool = new Pool<Named>();
    for (let index = 0; index < 2_000; index++) {
      pool.add(entry({ from: `s${index}`, nonce: 0 }), context());
    }
    let looks = 0;
    const included = () => {
      looks += 1;
      return false;
    };
    expect(pool.select({ maxCount: 10, maxBytes: 1_000_000, included })).toHaveLength(10);
    expect(looks).toBe(10);
  });
});
