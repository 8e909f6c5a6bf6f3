import { describe, expect, test } from "vitest";
import {
  type AppendLogOptions,
  type LogFrame,
  openAppendLog,
} from "../../../node/storage/append-log.ts";
import { encodeFrame, FILE_HEADER_BYTES, seedOf } from "../../../node/storage/frame.ts";
import { bytesOf, chain, flipped, otherChain, storageError, textOf } from "./fixtures.ts";
import { MemoryDisk } from "./memory-disk.ts";

const path = "/data/test.log";
const maxFrameBytes = 400;

function openLog(disk: MemoryDisk, options: Partial<AppendLogOptions> = {}) {
  const frames: LogFrame[] = [];
  const visit = (frame: LogFrame): void => {
    frames.push(frame);
  };
  const opened = openAppendLog({ path, identity: chain, maxFrameBytes, disk, visit, ...options });
  const texts = frames.map(({ records }) => records.map(({ payload }) => textOf(payload)));
  return { ...opened, frames, texts };
}

/** A log of these records, one frame each, and where each frame begins and the last one ends. */
function written(texts: readonly string[]): { bytes: Uint8Array; bounds: readonly number[] } {
  const disk = new MemoryDisk();
  const { log } = openLog(disk);
  const bounds = [log.next.offset];
  for (const text of texts) {
    log.appendSync([bytesOf(text)]);
    bounds.push(log.next.offset);
  }
  return { bytes: disk.bytesOf(path), bounds };
}

function diskWith(bytes: Uint8Array): MemoryDisk {
  const disk = new MemoryDisk();
  disk.setBytes(path, bytes);
  return disk;
}

describe("an append log", () => {
  test("gives back every record, in its frame, after it is opened again", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    log.appendSync([bytesOf("one"), bytesOf("two")]);
    await log.append([bytesOf("three")]);
    await log.close();
    expect(openLog(disk.afterPowerLoss()).texts).toEqual([["one", "two"], ["three"]]);
  });

  test("reads a record at the offset that the append and the opening name", () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    const offsets = log.appendSync([bytesOf("one"), bytesOf("two")]);
    expect(offsets.map((offset) => textOf(log.readAt(offset)))).toEqual(["one", "two"]);
    const again = openLog(disk);
    expect(again.frames[0]?.records.map(({ offset }) => offset)).toEqual(offsets);
    expect(textOf(again.log.readAt(offsets[1] ?? 0))).toBe("two");
  });

  test("cuts off a last frame that is torn at any byte, and goes on after it", () => {
    const { bytes, bounds } = written(["one", "two", "three"]);
    const [, , begin = 0, end = 0] = bounds;
    for (let cut = begin + 1; cut < end; cut++) {
      const disk = diskWith(bytes.slice(0, cut));
      const { log, recovery, texts } = openLog(disk);
      expect(texts).toEqual([["one"], ["two"]]);
      expect(recovery).toEqual({ frames: 2, truncatedBytes: cut - begin });
      log.appendSync([bytesOf("four")]);
      expect(openLog(disk.afterPowerLoss()).texts).toEqual([["one"], ["two"], ["four"]]);
    }
  });

  test("cuts off a last frame whose front was never written", () => {
    const { bytes, bounds } = written(["one", "two"]);
    bytes.fill(0, bounds[1], (bounds[1] ?? 0) + 20);
    expect(openLog(diskWith(bytes)).texts).toEqual([["one"]]);
  });

  test("cuts off zeros at the end", () => {
    const { bytes } = written(["one"]);
    const padded = new Uint8Array(bytes.length + 300);
    padded.set(bytes);
    const disk = diskWith(padded);
    const { recovery, texts } = openLog(disk);
    expect(texts).toEqual([["one"]]);
    expect(recovery.truncatedBytes).toBe(300);
    expect(disk.bytesOf(path)).toEqual(bytes);
  });

  test("refuses a hole: a bad frame that another one follows", async () => {
    const { bytes, bounds } = written(["one", "two", "three"]);
    bytes.fill(0, bounds[1], bounds[2]);
    const error = await storageError("LOG_DAMAGED", () => openLog(diskWith(bytes)));
    expect(error.offset).toBe(bounds[1]);
    expect(error.message).toContain("never copy a safety log from a backup");
  });

  test("refuses a frame that is missing from the middle", async () => {
    const { bytes, bounds } = written(["one", "two", "three"]);
    const joined = Buffer.concat([bytes.slice(0, bounds[1]), bytes.slice(bounds[2])]);
    await storageError("LOG_DAMAGED", () => openLog(diskWith(joined)));
  });

  test("refuses a bad tail that is longer than one frame may be", async () => {
    const { bytes } = written(["one"]);
    const padded = new Uint8Array(bytes.length + maxFrameBytes + 17);
    padded.set(bytes);
    await storageError("LOG_DAMAGED", () => openLog(diskWith(padded)));
  });

  test("never shows a changed record, whichever bit flips", () => {
    const { bytes, bounds } = written(["one", "two", "three"]);
    const [, , begin = 0] = bounds;
    for (let index = 0; index < bytes.length; index++) {
      for (const bit of [0, 7]) {
        let texts: unknown = "refused";
        try {
          texts = openLog(diskWith(flipped(bytes, index, bit))).texts;
        } catch (error) {
          expect(error).toMatchObject({ name: "StorageError" });
        }
        // A flip in the last frame looks like a write that was torn; before it, nothing may be lost.
        const expected = index < begin ? "refused" : [["one"], ["two"]];
        expect(texts, `byte ${index} bit ${bit}`).toEqual(expected);
      }
    }
  });

  test("finds a flipped bit when it reads a single record", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    const [offset = 0] = log.appendSync([bytesOf("one")]);
    for (let index = offset; index < log.next.offset; index++) {
      const rotten = diskWith(disk.bytesOf(path));
      const { log: again } = openLog(rotten);
      const handle = rotten.open(path, "write");
      rotten.write(handle, flipped(disk.bytesOf(path), index), 0);
      await storageError("LOG_DAMAGED", () => again.readAt(offset));
    }
  });

  test("does not take a frame inside a torn payload for one of its own", () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    const forged = encodeFrame({ seed: 0, sequence: 2 }, [bytesOf("a forged frame")]);
    log.appendSync([forged, bytesOf("more")]);
    const torn = disk.bytesOf(path).slice(0, -1);
    expect(openLog(diskWith(torn)).texts).toEqual([]);
  });

  test("starts from where an index left off and does not visit what lies before", () => {
    const { bytes, bounds } = written(["one", "two", "three"]);
    const resumeAt = { offset: bounds[1] ?? 0, sequence: 2 };
    expect(openLog(diskWith(bytes), { resumeAt }).texts).toEqual([["two"], ["three"]]);
  });

  test("refuses damage before the place where an index left off", async () => {
    const { bytes, bounds } = written(["one", "two", "three"]);
    for (const left of [1, 2, 3]) {
      const disk = diskWith(flipped(bytes, bounds[0] ?? 0));
      const resumeAt = { offset: bounds[left] ?? 0, sequence: left + 1 };
      await storageError("LOG_DAMAGED", () => openLog(disk, { resumeAt }));
    }
  });

  test("refuses to be shorter than an index remembers it", async () => {
    const { bytes, bounds } = written(["one", "two"]);
    const resumeAt = { offset: bounds[2] ?? 0, sequence: 3 };
    const disk = diskWith(bytes.slice(0, bounds[1]));
    await storageError("LOG_DAMAGED", () => openLog(disk, { resumeAt }));
  });

  test("refuses a torn tail in a finished file", async () => {
    const { bytes } = written(["one", "two"]);
    const disk = diskWith(bytes.slice(0, -1));
    await storageError("LOG_DAMAGED", () => openLog(disk, { sealed: true }));
  });

  test("refuses the log of another chain", async () => {
    const disk = diskWith(written(["one"]).bytes);
    await storageError("WRONG_CHAIN", () => openLog(disk, { identity: otherChain }));
  });

  test("refuses a log of another kind", async () => {
    const disk = diskWith(written(["one"]).bytes);
    await storageError("UNKNOWN_FORMAT", () => openLog(disk, { kind: "quorsafe" }));
  });

  test("refuses a file that begins with the wrong frame", async () => {
    const disk = diskWith(written(["one"]).bytes);
    await storageError("LOG_DAMAGED", () => openLog(disk, { firstSequence: 2 }));
  });

  test("refuses a file that is shorter than its header", async () => {
    const disk = diskWith(written([]).bytes.slice(0, FILE_HEADER_BYTES - 1));
    await storageError("LOG_DAMAGED", () => openLog(disk));
  });

  test("closes the file when it refuses to open", async () => {
    const disk = diskWith(written(["one"]).bytes);
    await storageError("WRONG_CHAIN", () => openLog(disk, { identity: otherChain }));
    expect(disk.openFiles).toBe(0);
  });

  test("is there after a power loss as soon as it was opened", () => {
    const disk = new MemoryDisk();
    openLog(disk);
    expect(seedOf(disk.afterPowerLoss().bytesOf(path))).toBe(seedOf(disk.bytesOf(path)));
  });
});

describe("an append log that is busy", () => {
  test("puts the appends that meet a sync under way into one frame", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    disk.holdSyncs = true;
    const first = log.append([bytesOf("one")]);
    await expect.poll(() => disk.heldSyncs).toBe(1);
    const others = [log.append([bytesOf("two")]), log.append([bytesOf("three")])];
    disk.holdSyncs = false;
    disk.releaseSyncs();
    await Promise.all([first, ...others]);
    expect(openLog(disk.afterPowerLoss()).texts).toEqual([["one"], ["two", "three"]]);
  });

  test("splits what does not fit one frame", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    const large = bytesOf("large", 150);
    await Promise.all([log.append([large]), log.append([large]), log.append([large])]);
    expect(openLog(disk.afterPowerLoss()).texts.map(({ length }) => length)).toEqual([2, 1]);
  });

  test("never writes a frame before the one before is synced", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    disk.holdSyncs = true;
    disk.operations.length = 0;
    const order: string[] = [];
    const first = log.append([bytesOf("one")], () => order.push("one"));
    await expect.poll(() => disk.heldSyncs).toBe(1);
    const second = log.append([bytesOf("two")], () => order.push("two"));
    log.appendSync([bytesOf("three")], () => order.push("three"));
    expect(disk.operations).toEqual(["write", "sync", "write", "sync"]);
    expect(order).toEqual(["one", "two", "three"]);
    expect(openLog(disk.afterPowerLoss()).texts).toEqual([["one"], ["two", "three"]]);
    disk.holdSyncs = false;
    disk.releaseSyncs();
    await Promise.all([first, second, log.append([bytesOf("four")])]);
    expect(openLog(disk.afterPowerLoss()).texts).toEqual([["one"], ["two", "three"], ["four"]]);
  });

  test("finishes what was appended before it closes", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    const appended = log.append([bytesOf("one")]);
    await log.close();
    await appended;
    expect(disk.openFiles).toBe(0);
    expect(openLog(disk.afterPowerLoss()).texts).toEqual([["one"]]);
  });
});

describe("an append log on a failing disk", () => {
  for (const operation of ["write", "sync"] as const) {
    test(`is poisoned by a failed ${operation}, though the disk recovers`, async () => {
      const disk = new MemoryDisk();
      const { log } = openLog(disk);
      disk.failWhen = (wanted) => wanted === operation;
      await storageError("IO", () => log.appendSync([bytesOf("one")]));
      disk.failWhen = () => false;
      await storageError("IO", () => log.appendSync([bytesOf("two")]));
      await storageError("IO", () => log.append([bytesOf("three")]));
      await storageError("IO", () => log.syncNow());
      await log.close();
    });

    test(`rejects everything that waits when an asynchronous ${operation} fails`, async () => {
      const disk = new MemoryDisk();
      const { log } = openLog(disk);
      disk.holdSyncs = true;
      disk.failWhen = (wanted) => wanted === operation;
      const first = log.append([bytesOf("one")]);
      const second = log.append([bytesOf("two")]);
      const failures = Promise.allSettled([first, second]);
      if (operation === "sync") await expect.poll(() => disk.heldSyncs).toBe(1);
      disk.releaseSyncs();
      expect((await failures).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      disk.failWhen = () => false;
      await storageError("IO", () => log.append([bytesOf("three")]));
    });
  }

  test("is poisoned by an asynchronous sync that fails after a synchronous one went well", async () => {
    const disk = new MemoryDisk();
    const { log } = openLog(disk);
    disk.holdSyncs = true;
    const first = log.append([bytesOf("one")]);
    await expect.poll(() => disk.heldSyncs).toBe(1);
    log.appendSync([bytesOf("two")]);
    await first;
    disk.failWhen = () => true;
    disk.releaseSyncs();
    await log.close();
    await storageError("IO", () => log.appendSync([bytesOf("three")]));
  });
});
