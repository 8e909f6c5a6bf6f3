import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decode,
  encode,
  type Height,
  merkleProof,
  toHex,
  verifyMerkleProof,
} from "../../../crypto/index.ts";
import {
  createAccountLedger,
  genesisStateRoot,
  LAST_BLOCK_KEY,
  Ledger,
  lastBlockCodec,
  lastBlockHash,
  MAX_UNFINAL_BLOCKS,
  receiptHash,
  type StoredChange,
  type StoredEntry,
  verifyMapProof,
} from "../../../node/ledger/index.ts";
import { addressNamed, block, chainId, named, transfer } from "./fixtures.ts";
import { fresh, genesis, on, options, type Write, writing } from "./writing-ledger.ts";

function valueAt(ledger: Ledger<readonly Write[]>, key: number): number | undefined {
  return ledger.reader().get(Uint8Array.of(key))?.[0];
}

/** A store that does as it is told, as lmdb would. */
class Store {
  readonly entries = new Map<string, StoredEntry>();

  constructor(entries: Iterable<StoredEntry>) {
    for (const entry of entries) this.entries.set(toHex(entry.key), entry);
  }

  apply(changes: readonly StoredChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.entries.delete(toHex(key));
      else this.entries.set(toHex(key), { key, value });
    }
  }

  restore(hash: string, height: number): Ledger<readonly Write[]> {
    const stored = { hash: named(hash), height: height as Height, entries: this.entries.values() };
    const verdict = Ledger.restore(options, stored);
    if (!verdict.ok) throw new Error(verdict.refusal);
    return verdict.ledger;
  }
}

describe("a ledger", () => {
  test("has the genesis root that can be had before there is a chain", () => {
    const root = genesisStateRoot(writing, genesis);
    expect(fresh().committed).toEqual({ hash: named("genesis"), height: 0, stateRoot: root });
  });

  test("shows readers the committed state while later blocks are executed", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1, [10, 5, 20, 0, 40, 7]));
    ledger.execute(on("a", "b", 2, [10, 6, 20, 9, 40, 0]));
    expect([10, 20, 40].map((key) => valueAt(ledger, key))).toEqual([1, 2, undefined]);
    ledger.commit(named("a"));
    expect([10, 20, 40].map((key) => valueAt(ledger, key))).toEqual([5, undefined, 7]);
    ledger.commit(named("b"));
    expect([10, 20, 40].map((key) => valueAt(ledger, key))).toEqual([6, 9, undefined]);
  });

  test("executes a block once, and asking again undoes nothing", () => {
    const ledger = fresh();
    const first = ledger.execute(on("genesis", "a", 1, [10, 5]));
    ledger.execute(on("a", "b", 2, [10, 6]));
    expect(ledger.execute(on("genesis", "a", 1, [10, 5]))).toBe(first);
    expect(ledger.latest.hash).toEqual(named("b"));
  });

  test("forgets the blocks of a branch that another one replaces", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1, [10, 5]));
    ledger.execute(on("a", "b", 2, [10, 6]));
    ledger.execute(on("a", "c", 2, [10, 7]));
    expect(ledger.execution(named("a"))).toBeDefined();
    expect(ledger.execution(named("b"))).toBeUndefined();
    ledger.execute(on("genesis", "d", 1, [10, 8]));
    expect(ledger.execution(named("a"))).toBeUndefined();
    expect(ledger.latest.height).toBe(1);
  });

  test("puts height, time and receipts of the block under its state root", () => {
    const ledger = fresh();
    const executed = ledger.execute(on("genesis", "a", 1, [10, 5], [20, 6], [30, 7]));
    ledger.commit(named("a"));
    const proved = ledger.proveAt(1 as Height, LAST_BLOCK_KEY);
    expect(proved?.tip.stateRoot).toEqual(executed.stateRoot);
    const verdict = proved && verifyMapProof(executed.stateRoot, LAST_BLOCK_KEY, proved.proof);
    const bytes = verdict?.ok ? verdict.value : undefined;
    const lastBlock = decode(lastBlockCodec, bytes ?? new Uint8Array(0));
    const { receiptsRoot } = executed;
    const previous = lastBlockHash(fresh().reader().get(LAST_BLOCK_KEY) ?? new Uint8Array(0));
    const value = { height: 1, timestampMs: 1_000, receiptsRoot, previous };
    expect(lastBlock).toEqual({ ok: true, value });
    const leaves = executed.receipts.map((receipt) => receiptHash(receipt));
    const [, leaf = named("no leaf")] = leaves;
    const claim = { root: receiptsRoot, leaf, proof: merkleProof(leaves, 1) };
    expect(verifyMerkleProof(claim)).toEqual({ ok: true });
  });

  test("hands storage only what the committed block changed, and all of it", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1, [10, 5, 40, 1]));
    ledger.execute(on("a", "b", 2, [30, 9]));
    const { changes, height } = ledger.commit(named("a"));
    expect(height).toBe(1);
    const keys = changes.map(({ key }) => toHex(key)).sort();
    expect(keys).toEqual([toHex(LAST_BLOCK_KEY), "0x0a", "0x28"]);
  });

  test("hands storage nothing about a key that came and went within the block", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1, [40, 1, 40, 0]));
    const { changes } = ledger.commit(named("a"));
    expect(changes.map(({ key }) => key)).toEqual([LAST_BLOCK_KEY]);
  });

  test("hands storage the key that took a deleted key's slot", () => {
    const ledger = fresh();
    const store = new Store(ledger.entries());
    ledger.execute(on("genesis", "a", 1, [10, 0]));
    ledger.execute(on("a", "b", 2, [20, 0, 30, 0]));
    store.apply(ledger.commit(named("a")).changes);
    expect(store.restore("a", 1).committed).toEqual(ledger.committed);
    store.apply(ledger.commit(named("b")).changes);
    expect(store.restore("b", 2).committed).toEqual(ledger.committed);
  });

  test("undoes what a transaction reverts", () => {
    const ledger = fresh();
    const plain = ledger.execute(on("genesis", "a", 1, [10, 5])).stateRoot;
    const reverted = ledger.execute(on("genesis", "b", 1, [10, 5], [10, 0, 50, 1, 10, 255]));
    expect(reverted.receipts).toHaveLength(2);
    ledger.commit(named("b"));
    expect([valueAt(ledger, 10), valueAt(ledger, 50)]).toEqual([5, undefined]);
    expect(reverted.stateRoot).not.toEqual(plain);
  });
});

describe("a ledger stops at a bug of ours:", () => {
  test("a block on an unknown parent", () => {
    expect(() => fresh().execute(on("nowhere", "a", 1))).toThrow("on the committed block or on");
  });

  test("a block that skips a height", () => {
    expect(() => fresh().execute(on("genesis", "a", 2))).toThrow("one higher than its parent");
  });

  test("a commit before the ancestors'", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1));
    ledger.execute(on("a", "b", 2));
    expect(() => ledger.commit(named("b"))).toThrow("one after the other");
  });

  test("a commit of a block twice", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1));
    ledger.commit(named("a"));
    expect(() => ledger.commit(named("a"))).toThrow("one after the other");
  });

  test("more blocks in the air than there is memory for", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "1", 1));
    for (let height = 2; height <= MAX_UNFINAL_BLOCKS; height++) {
      ledger.execute(on(`${height - 1}`, `${height}`, height));
    }
    const next = on(`${MAX_UNFINAL_BLOCKS}`, "next", MAX_UNFINAL_BLOCKS + 1);
    expect(() => ledger.execute(next)).toThrow("not final are bounded");
  });

  test("an application that writes to the ledger's own keys", () => {
    expect(() => fresh().execute(on("genesis", "a", 1, [0, 5]))).toThrow("belong to the ledger");
    expect(() => fresh().execute(on("genesis", "a", 1, [0, 0]))).toThrow("belong to the ledger");
  });

  test("an application that gives too few receipts", () => {
    const machine = { ...writing, execute: () => [] };
    const ledger = Ledger.fromGenesis({ ...options, machine }, genesis);
    expect(() => ledger.execute(on("genesis", "a", 1, [10, 5]))).toThrow("has a receipt");
  });

  test("a whole state that is not final", () => {
    const ledger = fresh();
    ledger.execute(on("genesis", "a", 1));
    expect(() => ledger.entries()).toThrow("when all of it is final");
  });
});

describe("a stored state is refused", () => {
  const entries = [...fresh().entries()];
  const at = (height: number) => ({ hash: named("genesis"), height: height as Height });

  test("that ends at another height than the block log", () => {
    const verdict = Ledger.restore(options, { ...at(1), entries });
    expect(verdict).toEqual({ ok: false, refusal: "wrong-height" });
  });

  test("that does not say which block it follows", () => {
    const verdict = Ledger.restore(options, { ...at(0), entries: entries.slice(0, 3) });
    expect(verdict).toEqual({ ok: false, refusal: "no-last-block" });
  });

  test("whose entries do not fit together", () => {
    const verdict = Ledger.restore(options, { ...at(0), entries: entries.slice(1) });
    expect(verdict).toEqual({ ok: false, refusal: "slot-out-of-range" });
  });
});

const call = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(0, 0, 1, 2, 3, 255)),
  { maxLength: 8 },
);
const body = fc.array(
  call.map((pairs) => pairs.flat()),
  { maxLength: 5 },
);

test("executing A, taking it back and executing B is executing B", () => {
  fc.assert(
    fc.property(body, body, body, body, (base, a1, a2, b) => {
      const [ledger, other] = [fresh(), fresh()];
      for (const each of [ledger, other]) each.execute(on("genesis", "base", 1, ...base));
      ledger.execute(on("base", "a1", 2, ...a1));
      ledger.execute(on("a1", "a2", 3, ...a2));
      const afterRollback = ledger.execute(on("base", "b", 2, ...b));
      expect(afterRollback).toEqual(other.execute(on("base", "b", 2, ...b)));
      for (const name of ["base", "b"]) {
        expect(ledger.commit(named(name))).toEqual(other.commit(named(name)));
      }
      expect([...ledger.entries()]).toEqual([...other.entries()]);
    }),
    { numRuns: 150 },
  );
});

test("readers and storage follow the commits exactly, whatever was executed ahead of them", () => {
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 6 }), fc.nat(3), (bodies, ahead) => {
      const [ledger, plain] = [fresh(), fresh()];
      const store = new Store(ledger.entries());
      const blocks = bodies.map((calls, index) =>
        on(index === 0 ? "genesis" : `${index}`, `${index + 1}`, index + 1, ...calls),
      );
      blocks.forEach((each, index) => {
        for (const early of blocks.slice(0, index + 1 + ahead)) {
          if (early.height > ledger.latest.height) ledger.execute(early);
        }
        plain.execute(each);
        plain.commit(each.hash);
        store.apply(ledger.commit(each.hash).changes);
        expect(ledger.committed).toEqual(plain.committed);
        const keys = Array.from({ length: 13 }, (_, key) => key + 1);
        const expected = keys.map((key) => valueAt(plain, key));
        expect(keys.map((key) => valueAt(ledger, key))).toEqual(expected);
        expect(store.restore(`${index + 1}`, index + 1).committed).toEqual(plain.committed);
      });
    }),
    { numRuns: 150 },
  );
});

test("a restored ledger goes on as if nothing had happened", () => {
  const machine = createAccountLedger({ minFee: 1n, feesTo: "proposer" });
  const accounts = [{ address: addressNamed("alice"), balance: 1_000n }];
  const start = { hash: named("genesis"), timestampMs: 0, application: { accounts } };
  const ledger = Ledger.fromGenesis({ machine, chainId }, start);
  const pay = (name: string, parent: string, nonce: number) =>
    block(name, {
      on: parent,
      height: nonce + 1,
      transactions: [transfer({ from: "alice", to: `friend ${nonce}`, nonce })],
    });
  ledger.execute(pay("a", "genesis", 0));
  ledger.commit(named("a"));
  const stored = { hash: named("a"), height: 1 as Height, entries: ledger.entries() };
  const verdict = Ledger.restore({ machine, chainId }, stored);
  const restored = verdict.ok ? verdict.ledger : undefined;
  expect(restored?.committed).toEqual(ledger.committed);
  expect(restored?.execute(pay("b", "a", 1))).toEqual(ledger.execute(pay("b", "a", 1)));
});

test("the record of the last block has a fixed layout", () => {
  const receiptsRoot = named("receipts");
  const record = { height: 1 as Height, timestampMs: 2, receiptsRoot, previous: named("before") };
  expect(encode(lastBlockCodec, record)).toHaveLength(80);
});
