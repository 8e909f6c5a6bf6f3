import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BlockIndex } from "../../../node/storage/block-index.ts";
import {
  type BlockStore,
  type BlockStoreOptions,
  openBlockStore,
} from "../../../node/storage/index.ts";
import {
  at,
  bytesOf,
  chain,
  flipped,
  hashOf,
  newFolder,
  otherChain,
  storageError,
  textOf,
} from "./fixtures.ts";
import { MemoryDisk } from "./memory-disk.ts";

type OpenOptions = Omit<Partial<BlockStoreOptions>, "directory">;

async function openStore(directory: string, options: OpenOptions = {}) {
  const opened = await openBlockStore({ directory, identity: chain, ...options });
  // Most tests close the store themselves; closing twice does nothing.
  onTestFinished(() => opened.store.close().catch(() => {}));
  return opened;
}

/** The store over what a crash left of the log, with an index of its own. */
async function reopen(directory: string, disk: MemoryDisk) {
  const moved = newFolder();
  const found = new MemoryDisk();
  for (const name of disk.list(directory)) {
    found.setBytes(join(moved, name), disk.bytesOf(join(directory, name)));
  }
  return openStore(moved, { disk: found });
}

/** `block(5, "b")` is a block of height 5 that differs from `block(5)`. */
function block(height: number, variant = "a") {
  const name = `block ${height}${variant}`;
  return { hash: hashOf(name), height: at(height), bytes: bytesOf(name) };
}

function final(height: number, certificate?: string, variant = "a") {
  const { hash } = block(height, variant);
  return {
    height: at(height),
    hash,
    ...(certificate !== undefined && { certificate: bytesOf(certificate) }),
  };
}

/** Everything that a store tells of the first few heights. */
function contentOf(store: BlockStore, heights = 8) {
  const finals = [...store.finalBlocksFrom(at(0))].map(({ height, bytes, certificate }) => [
    height,
    textOf(bytes),
    textOf(certificate),
  ]);
  const known: string[] = [];
  for (let height = 0; height < heights; height++) {
    for (const variant of ["a", "b"]) {
      const found = store.blockByHash(block(height, variant).hash);
      if (found !== undefined) known.push(`${found.height} ${textOf(found.bytes)}`);
    }
  }
  const open = store.certifiedAfterFinal().map(({ height }) => height);
  return { finals, known, open, finalHeight: store.finalHeight() };
}

/** Six steps, each made durable by a flush of its own. */
const steps: readonly ((store: BlockStore) => void)[] = [
  (store) => {
    store.putBlock(block(0));
    store.finalize(final(0));
  },
  (store) => {
    store.putBlock(block(1));
    store.putBlock(block(1, "b"));
  },
  (store) => {
    store.putBlock(block(2));
    store.finalize(final(1, "cert 1"));
  },
  (store) => store.attachCertificate({ height: at(0), certificate: bytesOf("cert 0") }),
  (store) => store.finalize(final(2)),
  (store) => {
    store.putBlock(block(3));
    store.attachCertificate({ height: at(2), certificate: bytesOf("cert 2") });
  },
];

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

  test("finds a flipped bit in a block when it reads it", async () => {
    const directory = newFolder();
    const { store } = await openStore(directory);
    store.putBlock(block(0));
    await store.close();
    const [name = ""] = readdirSync(directory).filter((file) => file.endsWith(".log"));
    const path = join(directory, name);
    const bytes = readFileSync(path);
    writeFileSync(path, flipped(new Uint8Array(bytes), bytes.length - 1));
    const again = await openStore(directory);
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
