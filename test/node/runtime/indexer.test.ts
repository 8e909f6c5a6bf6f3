import { describe, expect, test } from "vitest";
import type { Height } from "../../../crypto/index.ts";
import { Indexer } from "../../../node/runtime/indexer.ts";
import type { StateCommit } from "../../../node/storage/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";

function commit(height: number): StateCommit {
  return { height: height as Height, stateRoot: hashOf("root"), changes: [], transactions: [] };
}

/** A store that writes when the test says so. */
function indexing() {
  const queue: StateCommit[] = [];
  const written: number[] = [];
  const handed: number[] = [];
  const failures: unknown[] = [];
  let flushes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const indexer = new Indexer({
    store: {
      commit: (given) => void queue.push(given),
      pending: () => queue.length,
      flushed: () =>
        new Promise<void>((resolve, reject) => {
          flushes.push({ resolve, reject });
        }),
    },
    handed: ({ height }) => handed.push(height),
    failed: (error) => failures.push(error),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const write = async () => {
    for (const { height } of queue.splice(0)) written.push(height);
    for (const { resolve } of flushes.splice(0)) resolve();
    await settle();
  };
  const breakDown = async (error: Error) => {
    const waiting = flushes;
    flushes = [];
    for (const { reject } of waiting) reject(error);
    await settle();
  };
  const add = (from: number, to: number) => {
    for (let height = from; height <= to; height++) indexer.add(commit(height));
  };
  return { indexer, queue, written, handed, failures, add, write, breakDown, settle };
}

const heights = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe("the indexer", () => {
  test("hands commits over at once while the store keeps up", () => {
    const { indexer, handed, add } = indexing();
    add(1, 3);
    expect(handed).toEqual([1, 2, 3]);
    expect(indexer.behind).toBe(3);
    expect(indexer.isBehind).toBe(false);
  });

  test("hands over only so many that are not written, and the rest in order as they are", async () => {
    const { queue, written, handed, add, write } = indexing();
    add(1, 200);
    expect(queue).toHaveLength(64);
    await write();
    expect(handed).toHaveLength(128);
    await write();
    await write();
    await write();
    expect(written).toEqual(heights(1, 200));
  });

  test("is behind with a whole run of catch-up waiting, and there is room once it is written", async () => {
    const { indexer, add, write, settle } = indexing();
    add(1, 300);
    expect(indexer.isBehind).toBe(true);
    let hasRoom = false;
    const room = indexer.room().then(() => {
      hasRoom = true;
    });
    await settle();
    expect(hasRoom).toBe(false);
    for (let times = 0; times < 6; times++) await write();
    await room;
    expect(indexer.isBehind).toBe(false);
  });

  test("has room at once when it is not behind", async () => {
    await expect(indexing().indexer.room()).resolves.toBeUndefined();
  });

  test("reports a store that cannot write, once", async () => {
    const { failures, add, breakDown } = indexing();
    add(1, 100);
    const error = new Error("no space left");
    await breakDown(error);
    expect(failures).toEqual([error]);
  });

  test("ends the node rather than its memory when the disk is too slow for good", () => {
    const { failures, add } = indexing();
    add(1, 64 + 8_192);
    expect(failures).toEqual([]);
    add(64 + 8_193, 64 + 8_193);
    expect(failures).toMatchObject([{ message: expect.stringContaining("too slow") }]);
  });
});
