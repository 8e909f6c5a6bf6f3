import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { block, contentOf, openStore, reopen, steps } from "./block-fixtures.ts";
import { flipped, newFolder, otherChain, storageError } from "./fixtures.ts";
import { MemoryDisk } from "./memory-disk.ts";

describe("a block store after a crash", () => {
  test("holds exactly the flushes that finished, wherever the log was cut", async () => {
    const directory = newFolder();
    const disk = new MemoryDisk();
    const { store } = await openStore(directory, { disk });
    const path = join(directory, `blocks-${"1".padStart(16, "0")}.log`);
    const bounds = [disk.bytesOf(path).length];
    const contents = [contentOf(store)];
    for (const step of steps) {
      step(store);
      store.flushSync();
      bounds.push(disk.bytesOf(path).length);
      contents.push(contentOf(store));
    }
    const bytes = disk.bytesOf(path);
    for (const [index, bound] of bounds.entries()) {
      const following = bounds[index + 1];
      const cuts = following === undefined ? [bound] : [bound, bound + 1, following - 1];
      for (const cut of cuts) {
        const torn = new MemoryDisk();
        torn.setBytes(path, bytes.slice(0, cut));
        const again = await reopen(directory, torn);
        expect(again.recovery).toEqual({ truncatedBytes: cut - bound, reindexedFrames: index });
        expect(contentOf(again.store), `cut at ${cut}`).toEqual(contents[index]);
        for (const step of steps.slice(index)) step(again.store);
        expect(contentOf(again.store)).toEqual(contents.at(-1));
        await again.store.close();
      }
    }
  });

  test("forgets what was never flushed", async () => {
    const directory = newFolder();
    const disk = new MemoryDisk();
    const { store } = await openStore(directory, { disk });
    store.putBlock(block(0));
    store.flushSync();
    store.putBlock(block(1));
    expect(contentOf(store).known).toHaveLength(2);
    const { store: again } = await reopen(directory, disk.afterPowerLoss());
    expect(contentOf(again).known).toEqual(["0 block 0a"]);
  });

  test("rebuilds the index from the log when it is deleted", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    for (const step of steps) step(store);
    const expected = contentOf(store);
    await store.close();
    rmSync(join(directory, "index"), { recursive: true });
    const again = await openStore(directory);
    expect(again.recovery.reindexedFrames).toBe(1);
    expect(contentOf(again.store)).toEqual(expected);
  });

  test("catches up with the log when the index lags behind it", async () => {
    const directory = newFolder();
    const disk = new MemoryDisk();
    const first = await openStore(directory, { disk });
    steps.slice(0, 3).forEach((step) => {
      step(first.store);
      first.store.flushSync();
    });
    await first.store.close();
    // A second index falls behind while the first one sees the whole log.
    const lagging = join(directory, "index", "data.mdb");
    const old = readFileSync(lagging);
    const second = await openStore(directory, { disk });
    steps.slice(3).forEach((step) => {
      step(second.store);
      second.store.flushSync();
    });
    const expected = contentOf(second.store);
    await second.store.close();
    writeFileSync(lagging, old);
    const third = await openStore(directory, { disk });
    expect(third.recovery).toEqual({ truncatedBytes: 0, reindexedFrames: 3 });
    expect(contentOf(third.store)).toEqual(expected);
  });

  test("refuses a log that is shorter than its index remembers", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    for (const step of steps) step(store);
    await store.close();
    const [name = ""] = readdirSync(directory).filter((file) => file.endsWith(".log"));
    truncateSync(join(directory, name), 100);
    await storageError("LOG_DAMAGED", () => openStore(directory));
  });

  test("refuses a log that is gone altogether", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    for (const step of steps) step(store);
    await store.close();
    for (const file of readdirSync(directory)) {
      if (file.endsWith(".log")) rmSync(join(directory, file));
    }
    await storageError("LOG_DAMAGED", () => openStore(directory));
  });

  test("refuses a segment that is missing from the middle", async () => {
    const directory = newFolder();
    const options = { segmentBytes: 200 };
    const { store } = await openStore(directory, options);
    for (let height = 0; height < 12; height++) {
      store.putBlock(block(height));
      store.flushSync();
    }
    await store.close();
    const segments = readdirSync(directory).filter((name) => name.endsWith(".log"));
    expect(segments.length).toBeGreaterThan(2);
    rmSync(join(directory, segments[1] ?? ""));
    rmSync(join(directory, "index"), { recursive: true });
    await storageError("LOG_DAMAGED", () => openStore(directory, options));
  });

  test("finds a flipped bit in a block that is indexed as it opens", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    store.putBlock(block(0));
    await store.close();
    const [name = ""] = readdirSync(directory).filter((file) => file.endsWith(".log"));
    const path = join(directory, name);
    const bytes = readFileSync(path);
    writeFileSync(path, flipped(new Uint8Array(bytes), bytes.length - 1));
    await storageError("LOG_DAMAGED", () => openStore(directory));
  });

  test("finds a bit that flips later when it reads the block", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    store.putBlock(block(0));
    await store.close();
    const again = await openStore(directory);
    const [name = ""] = readdirSync(directory).filter((file) => file.endsWith(".log"));
    const path = join(directory, name);
    const bytes = readFileSync(path);
    writeFileSync(path, flipped(new Uint8Array(bytes), bytes.length - 1));
    await storageError("LOG_DAMAGED", () => again.store.blockByHash(block(0).hash));
  });

  test("refuses the blocks of another chain", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    await store.close();
    await storageError("WRONG_CHAIN", () => openStore(directory, { identity: otherChain }));
    rmSync(join(directory, "index"), { recursive: true });
    await storageError("WRONG_CHAIN", () => openStore(directory, { identity: otherChain }));
  });

  test("stops at the first failed sync", async () => {
    const disk = new MemoryDisk();
    const { store } = await openStore(newFolder(), { disk });
    store.putBlock(block(0));
    disk.failWhen = (operation) => operation === "sync";
    await storageError("IO", () => store.flush());
    disk.failWhen = () => false;
    store.putBlock(block(1));
    await storageError("IO", () => store.flush());
    await storageError("IO", () => store.flushSync());
  });
});
