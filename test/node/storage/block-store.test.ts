import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BlockIndex } from "../../../node/storage/block-index.ts";
import { block, contentOf, final, openStore, reopen, steps } from "./block-fixtures.ts";
import { at, bytesOf, chain, newFolder, textOf } from "./fixtures.ts";
import { MemoryDisk } from "./memory-disk.ts";

describe("a block store", () => {
  test("shows at once what was put, and after a restart what was flushed", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    for (const step of steps) step(store);
    const expected = {
      finals: [
        [0, "block 0a", "cert 0"],
        [1, "block 1a", "cert 1"],
        [2, "block 2a", "cert 2"],
      ],
      known: ["0 block 0a", "1 block 1a", "1 block 1b", "2 block 2a", "3 block 3a"],
      open: [3],
      finalHeight: 2,
    };
    expect(contentOf(store)).toEqual(expected);
    await store.flush();
    expect(contentOf(store)).toEqual(expected);
    await store.close();
    const again = await openStore(directory);
    expect(contentOf(again.store)).toEqual(expected);
    expect(again.recovery).toEqual({ truncatedBytes: 0, reindexedFrames: 0 });
  });

  test("is empty when it is new", async () => {
    const { store } = await openStore(newFolder());
    expect(contentOf(store)).toEqual({ finals: [], known: [], open: [], finalHeight: undefined });
    expect(store.blockAt(at(0))).toBeUndefined();
    expect(store.certificateAt(at(0))).toBeUndefined();
  });

  test("finds the body of a certified block by hash after a restart", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    store.putBlock(block(7));
    store.flushSync();
    await store.close();
    const again = await openStore(directory);
    expect(again.store.certifiedAfterFinal()).toEqual([{ hash: block(7).hash, height: 7 }]);
    expect(textOf(again.store.blockByHash(block(7).hash)?.bytes)).toBe("block 7a");
    expect(again.store.blockAt(at(7))).toBeUndefined();
  });

  test("puts all that is queued into one frame", async () => {
    const disk = new MemoryDisk();
    const { store } = await openStore(newFolder(), { disk });
    disk.operations.length = 0;
    for (let height = 0; height < 5; height++) store.putBlock(block(height));
    await store.flush();
    expect(disk.operations).toEqual(["write", "sync"]);
    store.putBlock(block(5));
    store.flushSync();
    expect(disk.operations).toEqual(["write", "sync", "write", "sync"]);
  });

  test("has nothing to sync when nothing was put", async () => {
    const disk = new MemoryDisk();
    const { store } = await openStore(newFolder(), { disk });
    disk.operations.length = 0;
    await store.flush();
    store.flushSync();
    expect(disk.operations).toEqual([]);
  });

  test("an empty flush waits for the one under way", async () => {
    const disk = new MemoryDisk();
    const { store } = await openStore(newFolder(), { disk });
    disk.holdSyncs = true;
    store.putBlock(block(0));
    let done = false;
    void store.flush();
    const second = store.flush().then(() => {
      done = true;
    });
    await expect.poll(() => disk.heldSyncs).toBe(1);
    expect(done).toBe(false);
    disk.releaseSyncs();
    await second;
  });

  test("a synchronous flush overtakes one under way without losing anything", async () => {
    const directory = newFolder();
    const disk = new MemoryDisk();
    const { store } = await openStore(directory, { disk });
    disk.holdSyncs = true;
    store.putBlock(block(0));
    const first = store.flush();
    await expect.poll(() => disk.heldSyncs).toBe(1);
    store.putBlock(block(1));
    store.flushSync();
    await first;
    disk.holdSyncs = false;
    disk.releaseSyncs();
    await store.close();
    const { store: again } = await reopen(directory, disk.afterPowerLoss());
    expect(contentOf(again).known).toEqual(["0 block 0a", "1 block 1a"]);
  });

  test("keeps a block once, however often it is put", async () => {
    const disk = new MemoryDisk();
    const { store } = await openStore(newFolder(), { disk });
    store.putBlock(block(0));
    store.flushSync();
    disk.operations.length = 0;
    store.putBlock(block(0));
    store.flushSync();
    expect(disk.operations).toEqual([]);
  });

  test("lets a later certificate stand for an earlier one", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    store.putBlock(block(0));
    store.finalize(final(0, "first"));
    await store.flush();
    store.finalize(final(0, "second"));
    expect(textOf(store.certificateAt(at(0)))).toBe("second");
    await store.close();
    const again = await openStore(directory);
    expect(textOf(again.store.certificateAt(at(0)))).toBe("second");
  });

  test("keeps the certificate that came while an earlier one was on its way", async () => {
    const directory = newFolder();
    const disk = new MemoryDisk();
    const { store } = await openStore(directory, { disk });
    store.putBlock(block(0));
    store.finalize(final(0, "first"));
    disk.holdSyncs = true;
    const flushed = store.flush();
    await expect.poll(() => disk.heldSyncs).toBe(1);
    store.attachCertificate({ height: at(0), certificate: bytesOf("second") });
    disk.holdSyncs = false;
    disk.releaseSyncs();
    await flushed;
    expect(textOf(store.certificateAt(at(0)))).toBe("second");
    await store.close();
    const again = await openStore(directory, { disk });
    expect(textOf(again.store.certificateAt(at(0)))).toBe("second");
  });

  test("does not gather what finality made worthless", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    for (const step of steps) {
      step(store);
      await store.flush();
    }
    await store.close();
    const index = new BlockIndex({ path: join(directory, "index"), identity: chain });
    expect([...index.certifiedAbove(-1)].map(({ height }) => height)).toEqual([3]);
    await index.close();
  });

  test("begins at any height, then goes on without gaps", async () => {
    const { store } = await openStore(newFolder());
    for (const height of [40, 41, 42]) store.putBlock(block(height));
    store.finalize(final(40));
    expect(() => store.finalize(final(42))).toThrow("height 42 cannot be final before 41");
    store.finalize(final(41));
    expect(store.finalHeight()).toBe(41);
  });

  test("never lets another block be final at the same height", async () => {
    const { store } = await openStore(newFolder());
    store.putBlock(block(0));
    store.putBlock(block(0, "b"));
    store.finalize(final(0));
    store.finalize(final(0));
    expect(() => store.finalize(final(0, undefined, "b"))).toThrow("a final block stays final");
  });

  test("finalizes only what it holds, and certifies only what is final", async () => {
    const { store } = await openStore(newFolder());
    expect(() => store.finalize(final(0))).toThrow("a block is stored before it is final");
    const attached = { height: at(0), certificate: bytesOf("cert") };
    expect(() => store.attachCertificate(attached)).toThrow("height 0 has no final block");
  });

  test("goes on in a new segment when the old one is full, and reads them all", async () => {
    const directory = newFolder();
    const options = { segmentBytes: 300 };
    const { store } = await openStore(directory, options);
    for (let height = 0; height < 40; height++) {
      store.putBlock(block(height));
      store.finalize(final(height, `cert ${height}`));
      if (height % 2 === 0) await store.flush();
      else store.flushSync();
    }
    const expected = contentOf(store, 40);
    expect(expected.finals).toHaveLength(40);
    await store.close();
    expect(readdirSync(directory).filter((name) => name.endsWith(".log")).length).toBeGreaterThan(
      10,
    );
    const again = await openStore(directory, options);
    expect(contentOf(again.store, 40)).toEqual(expected);
    await again.store.close();
    rmSync(join(directory, "index"), { recursive: true });
    const rebuilt = await openStore(directory, options);
    expect(rebuilt.recovery.reindexedFrames).toBe(40);
    expect(contentOf(rebuilt.store, 40)).toEqual(expected);
  });
});
