import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openStateStore, type StateCommit, type StateStore } from "../../../node/storage/index.ts";
import {
  at,
  bytesOf,
  chain,
  hashOf,
  newFolder,
  otherChain,
  storageError,
  textOf,
} from "./fixtures.ts";

type Content = {
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
  readonly transactions?: Readonly<Record<string, string>>;
  readonly receipts?: string;
};

function commitOf(height: number, content: Content = {}): StateCommit {
  const { set = {}, remove = [], transactions = {}, receipts } = content;
  return {
    height: at(height),
    stateRoot: hashOf(`root ${height}`),
    changes: [
      ...Object.entries(set).map(([key, value]) => ({ key: bytesOf(key), value: bytesOf(value) })),
      ...remove.map((key) => ({ key: bytesOf(key), value: undefined })),
    ],
    transactions: Object.entries(transactions).map(([name, record]) => ({
      hash: hashOf(name),
      record: bytesOf(record),
    })),
    ...(receipts !== undefined && { receipts: bytesOf(receipts) }),
  };
}

function open(directory: string, identity = chain): StateStore {
  return openStateStore({ directory, identity });
}

function loaded(store: StateStore) {
  const state = store.load();
  if (state === undefined) return undefined;
  const entries = [...state.entries].map(({ key, value }) => [textOf(key), textOf(value)]);
  return { height: state.height, stateRoot: state.stateRoot, entries: Object.fromEntries(entries) };
}

describe("a state store", () => {
  test("is empty before the first commit", async () => {
    const store = open(newFolder());
    expect(store.load()).toBeUndefined();
    expect(store.transaction(hashOf("none"))).toBeUndefined();
    expect(store.receiptsAt(at(0))).toBeUndefined();
    await store.close();
  });

  test("loads the state of the last commit after it is opened again", async () => {
    const directory = newFolder();
    const store = open(directory);
    store.commit(commitOf(5, { set: { a: "1", b: "2", empty: "" } }));
    store.commit(commitOf(6, { set: { b: "3", c: "4" }, remove: ["a", "never there"] }));
    await store.flushed();
    const expected = {
      height: 6,
      stateRoot: hashOf("root 6"),
      entries: { b: "3", c: "4", empty: "" },
    };
    expect(loaded(store)).toEqual(expected);
    await store.close();
    const again = open(directory);
    expect(loaded(again)).toEqual(expected);
    again.commit(commitOf(7, { remove: ["b", "c", "empty"] }));
    await again.close();
    const empty = open(directory);
    expect(loaded(empty)).toEqual({ height: 7, stateRoot: hashOf("root 7"), entries: {} });
    await empty.close();
  });

  test("gives entries in the order of their keys, each with bytes of its own", async () => {
    const store = open(newFolder());
    const keys = Array.from({ length: 300 }, (_, index) => `key ${(index * 7919) % 300}`);
    const set = Object.fromEntries(keys.map((key) => [key, `value of ${key}`.repeat(200)]));
    store.commit(commitOf(1, { set }));
    await store.flushed();
    const entries = [...(store.load()?.entries ?? [])];
    expect(entries.map(({ key }) => textOf(key))).toEqual([...keys].sort());
    for (const { key, value } of entries) expect(textOf(value)).toBe(set[textOf(key) ?? ""]);
    await store.close();
  });

  test("shows transactions and receipts while they wait, and after", async () => {
    const directory = newFolder();
    const store = open(directory);
    store.commit(commitOf(1, { transactions: { t1: "one" }, receipts: "receipts of one" }));
    store.commit(commitOf(2, { transactions: { t2: "two", t3: "three" } }));
    const check = (of: StateStore): void => {
      expect(textOf(of.transaction(hashOf("t1")))).toBe("one");
      expect(textOf(of.transaction(hashOf("t3")))).toBe("three");
      expect(of.transaction(hashOf("t4"))).toBeUndefined();
      expect(textOf(of.receiptsAt(at(1)))).toBe("receipts of one");
      expect(of.receiptsAt(at(2))).toBeUndefined();
    };
    expect(store.pending()).toBe(2);
    expect(store.load()).toBeUndefined();
    check(store);
    await store.flushed();
    expect(store.pending()).toBe(0);
    check(store);
    await store.close();
    const again = open(directory);
    check(again);
    await again.close();
  });

  test("keeps receipts of any size", async () => {
    const store = open(newFolder());
    const receipts = "r".repeat(3_000_000);
    store.commit(commitOf(1, { receipts }));
    await store.flushed();
    expect(textOf(store.receiptsAt(at(1)))).toBe(receipts);
    await store.close();
  });

  test("writes what is queued before it closes", async () => {
    const directory = newFolder();
    const store = open(directory);
    for (let height = 1; height <= 20; height++) {
      store.commit(commitOf(height, { set: { last: `${height}` } }));
    }
    await store.close();
    const again = open(directory);
    expect(loaded(again)).toMatchObject({ height: 20, entries: { last: "20" } });
    await again.close();
  });

  test("takes heights without gaps only", async () => {
    const store = open(newFolder());
    store.commit(commitOf(3));
    expect(() => store.commit(commitOf(3))).toThrow("state 3 cannot follow state 3");
    expect(() => store.commit(commitOf(5))).toThrow("state 5 cannot follow state 3");
    await store.close();
  });

  test("remembers over a restart which height comes next", async () => {
    const directory = newFolder();
    const store = open(directory);
    store.commit(commitOf(3));
    await store.close();
    const again = open(directory);
    expect(() => again.commit(commitOf(3))).toThrow("state 3 cannot follow state 3");
    again.commit(commitOf(4));
    await again.close();
  });

  test("takes no key that the database could not hold", async () => {
    const store = open(newFolder());
    expect(() => store.commit(commitOf(1, { set: { "": "empty" } }))).toThrow("a key of 0 bytes");
    expect(() => store.commit(commitOf(1, { set: { ["k".repeat(1025)]: "v" } }))).toThrow(
      "a key of 1025 bytes",
    );
    store.commit(commitOf(1, { set: { ["k".repeat(1024)]: "v" } }));
    await store.flushed();
    await store.close();
  });

  test("has a bounded queue", async () => {
    const store = open(newFolder());
    for (let height = 1; height <= 256; height++) store.commit(commitOf(height));
    expect(() => store.commit(commitOf(257))).toThrow("slows down");
    await store.close();
  });

  test("refuses the state of another chain", async () => {
    const directory = newFolder();
    await open(directory).close();
    await storageError("WRONG_CHAIN", () => open(directory, otherChain));
  });

  test("refuses files that are no database", async () => {
    const directory = newFolder();
    const store = open(directory);
    store.commit(commitOf(1, { set: { a: "1" } }));
    await store.close();
    const file = join(directory, "state", "data.mdb");
    writeFileSync(file, "x".repeat(65_536));
    const error = await storageError("DATABASE_DAMAGED", () => open(directory));
    expect(error.path).toBe(file);
  });

  test("starts empty where the files are gone", async () => {
    const directory = newFolder();
    const store = open(directory);
    store.commit(commitOf(1));
    await store.close();
    rmSync(join(directory, "state"), { recursive: true });
    const again = open(directory);
    expect(again.load()).toBeUndefined();
    await again.close();
    truncateSync(join(directory, "state", "data.mdb"), 0);
    const truncated = open(directory);
    expect(truncated.load()).toBeUndefined();
    await truncated.close();
  });
});
