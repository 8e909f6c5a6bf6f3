import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSafetyLog, SAFETY_LOG_FILE } from "../../../node/storage/index.ts";
import {
  bytesOf,
  chain,
  flipped,
  newFolder,
  otherChain,
  storageError,
  textOf,
} from "./fixtures.ts";
import { MemoryDisk } from "./memory-disk.ts";

const directory = "/data";
const path = join(directory, SAFETY_LOG_FILE);
/** 16 of these, each twice, pass the size at which the log is compacted. */
const LARGE_RECORD_BYTES = 256 * 1024;

function openLog(disk: MemoryDisk) {
  return openSafetyLog(directory, chain, disk);
}

function lastOn(disk: MemoryDisk): string | undefined {
  return textOf(openLog(disk).last);
}

/** The file without its zeros, after these records. */
function written(texts: readonly string[]): { disk: MemoryDisk; bytes: Uint8Array; end: number } {
  const disk = new MemoryDisk();
  const log = openLog(disk);
  for (const text of texts) log.persist(bytesOf(text));
  const bytes = disk.bytesOf(path);
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return { disk, bytes, end };
}

function diskWith(bytes: Uint8Array): MemoryDisk {
  const disk = new MemoryDisk();
  disk.setBytes(path, bytes);
  return disk;
}

describe("a safety log", () => {
  test("is empty when it is new", () => {
    const disk = new MemoryDisk();
    expect(openLog(disk).last).toBeUndefined();
    expect(openLog(disk.afterPowerLoss()).last).toBeUndefined();
  });

  test("gives the newest record after every restart", () => {
    let disk = new MemoryDisk();
    for (const text of ["one", "two", "three"]) {
      const log = openLog(disk);
      log.persist(bytesOf(`${text} before`));
      log.persist(bytesOf(text));
      expect(textOf(log.last)).toBe(text);
      disk = disk.afterPowerLoss();
      expect(lastOn(disk)).toBe(text);
    }
  });

  test("works on a real disk", async () => {
    const folder = join(newFolder(), "safety");
    const log = openSafetyLog(folder, chain);
    log.persist(bytesOf("one"));
    await log.persistAsync(bytesOf("two"));
    await log.close();
    const again = openSafetyLog(folder, chain);
    expect(textOf(again.last)).toBe("two");
    expect(again.recovery).toEqual({ records: 2, cleanedBytes: 0 });
    await again.close();
  });

  test("does not share its record with the caller", () => {
    const log = openLog(new MemoryDisk());
    const record = bytesOf("one");
    log.persist(record);
    record.fill(0);
    expect(textOf(log.last)).toBe("one");
  });

  test("is durable before persist returns: one write, one sync", () => {
    const disk = new MemoryDisk();
    const log = openLog(disk);
    disk.operations.length = 0;
    log.persist(bytesOf("one"));
    expect(disk.operations).toEqual(["write", "sync"]);
    expect(lastOn(disk.afterPowerLoss())).toBe("one");
  });

  test("refuses the log of another chain", async () => {
    const { disk } = written(["one"]);
    await storageError("WRONG_CHAIN", () => openSafetyLog(directory, otherChain, disk));
  });

  test("goes back to the record before when the last write is torn at any byte", () => {
    const { bytes: before } = written(["one", "two"]);
    // Opening begins a new file with the last record alone.
    const begin = written(["two"]).end;
    const { bytes: after, end } = (() => {
      const disk = diskWith(before);
      openLog(disk).persist(bytesOf("three"));
      return { bytes: disk.bytesOf(path), end: begin + 2 * (16 + 5) };
    })();
    const whole = begin + 16 + 5;
    for (let cut = begin; cut <= end; cut++) {
      const torn = after.slice();
      torn.fill(0, cut);
      const disk = diskWith(torn);
      // From the first whole twin on the record is there; a newer record than promised is always safe.
      const expected = cut >= whole ? "three" : "two";
      expect(lastOn(disk), `cut at ${cut}`).toBe(expected);
      const clean = disk.afterPowerLoss();
      openLog(clean).persist(bytesOf("four"));
      expect(lastOn(clean.afterPowerLoss()), `after a cut at ${cut}`).toBe("four");
    }
  });

  test("takes the second twin when the first was never written", () => {
    const { bytes, end } = written(["one", "two"]);
    const twin = 16 + 3;
    bytes.fill(0, end - 2 * twin, end - twin);
    expect(lastOn(diskWith(bytes))).toBe("two");
  });

  test("never goes back to an older record because of one flipped bit", () => {
    const { bytes, end } = written(["one", "two", "three"]);
    let accepted = 0;
    for (let index = 0; index < end + 100; index++) {
      for (const bit of [0, 7]) {
        let last: unknown = "refused";
        try {
          last = lastOn(diskWith(flipped(bytes, index, bit)));
          accepted += 1;
        } catch (error) {
          expect(error).toMatchObject({ name: "StorageError" });
        }
        expect(["refused", "three"], `byte ${index} bit ${bit}`).toContain(last);
      }
    }
    expect(accepted).toBe(2 * (2 * (16 + 5) + 100));
  });

  test("refuses a bad record that newer ones follow", async () => {
    const { bytes } = written(["one", "two", "three"]);
    bytes.fill(0, 64, 64 + 2 * (16 + 3));
    const error = await storageError("LOG_DAMAGED", () => lastOn(diskWith(bytes)));
    expect(error.offset).toBe(64);
  });

  test("refuses bytes that stand far behind the zeros", async () => {
    const { disk } = written(["one"]);
    const bytes = new Uint8Array(2 ** 20);
    bytes.set(disk.bytesOf(path));
    bytes[bytes.length - 1] = 1;
    await storageError("LOG_DAMAGED", () => lastOn(diskWith(bytes)));
  });

  test("refuses a file that is too long to be one", async () => {
    const { disk } = written(["one"]);
    const bytes = new Uint8Array(8 * 2 ** 20);
    bytes.set(disk.bytesOf(path));
    await storageError("LOG_DAMAGED", () => lastOn(diskWith(bytes)));
  });
});

describe("a safety log with asynchronous records", () => {
  test("writes only the newest of those that wait", async () => {
    const disk = new MemoryDisk();
    const log = openLog(disk);
    disk.operations.length = 0;
    await Promise.all(["one", "two", "three"].map((text) => log.persistAsync(bytesOf(text))));
    expect(disk.operations).toEqual(["write", "sync"]);
    expect(textOf(log.last)).toBe("three");
    expect(lastOn(disk.afterPowerLoss())).toBe("three");
  });

  test("is overtaken by a synchronous record, never the other way round", async () => {
    const disk = new MemoryDisk();
    const log = openLog(disk);
    disk.holdSyncs = true;
    disk.operations.length = 0;
    const first = log.persistAsync(bytesOf("one"));
    await expect.poll(() => disk.heldSyncs).toBe(1);
    const second = log.persistAsync(bytesOf("two"));
    log.persist(bytesOf("three"));
    expect(disk.operations).toEqual(["write", "sync", "write", "sync"]);
    await Promise.all([first, second]);
    disk.holdSyncs = false;
    disk.releaseSyncs();
    await log.close();
    expect(textOf(log.last)).toBe("three");
    expect(lastOn(disk.afterPowerLoss())).toBe("three");
  });

  test("keeps the file that it replaced open until its sync came back", async () => {
    const disk = new MemoryDisk();
    const log = openLog(disk);
    const large = new Uint8Array(LARGE_RECORD_BYTES).fill(1);
    for (let count = 0; count < 7; count++) log.persist(large);
    disk.holdSyncs = true;
    const waiting = log.persistAsync(bytesOf("small"));
    await expect.poll(() => disk.heldSyncs).toBe(1);
    log.persist(large);
    expect(disk.bytesOf(path).length).toBeLessThan(4 * LARGE_RECORD_BYTES);
    expect(disk.openFiles).toBe(2);
    disk.holdSyncs = false;
    disk.releaseSyncs();
    await waiting;
    await log.close();
    expect(disk.openFiles).toBe(0);
  });
});

describe("a safety log on a failing disk", () => {
  for (const operation of ["write", "sync"] as const) {
    test(`is poisoned by a failed ${operation}, though the disk recovers`, async () => {
      const disk = new MemoryDisk();
      const log = openLog(disk);
      log.persist(bytesOf("one"));
      disk.failWhen = (wanted) => wanted === operation;
      await storageError("IO", () => log.persist(bytesOf("two")));
      disk.failWhen = () => false;
      await storageError("IO", () => log.persist(bytesOf("three")));
      await storageError("IO", () => log.persistAsync(bytesOf("four")));
      expect(textOf(log.last)).toBe("one");
    });

    test(`rejects what waits when an asynchronous ${operation} fails`, async () => {
      const disk = new MemoryDisk();
      const log = openLog(disk);
      disk.failWhen = (wanted) => wanted === operation;
      await storageError("IO", () => log.persistAsync(bytesOf("one")));
      disk.failWhen = () => false;
      await storageError("IO", () => log.persist(bytesOf("two")));
    });
  }
});

describe("the compaction of a safety log", () => {
  /** Fills a log to just before its compaction. */
  function full(): { disk: MemoryDisk; log: ReturnType<typeof openLog> } {
    const disk = new MemoryDisk();
    const log = openLog(disk);
    for (let count = 0; count < 7; count++) log.persist(new Uint8Array(LARGE_RECORD_BYTES).fill(1));
    log.persist(bytesOf("old"));
    disk.operations.length = 0;
    return { disk, log };
  }
  const record = bytesOf("new", LARGE_RECORD_BYTES);

  test("leaves one record in a small file", () => {
    const { disk, log } = full();
    const before = disk.bytesOf(path).length;
    log.persist(record);
    expect(disk.operations).toEqual(["create", "write", "sync", "rename", "syncDirectory", "sync"]);
    expect(disk.bytesOf(path).length).toBeLessThan(before / 3);
    const again = openLog(disk.afterPowerLoss());
    expect(again.last).toEqual(record);
    expect(again.recovery.records).toBe(1);
    again.persist(bytesOf("newer"));
    expect(textOf(again.last)).toBe("newer");
  });

  test("leaves the old record or the new one, wherever it is interrupted", async () => {
    for (let step = 0; step < 6; step++) {
      const { disk, log } = full();
      disk.failWhen = (_, count) => count === step;
      await storageError("IO", () => log.persist(record));
      for (const found of [disk.afterKill(), disk.afterPowerLoss()]) {
        const last = textOf(openLog(found).last);
        expect(["old", textOf(record)], `step ${step}`).toContain(last);
        // What persist had finished before must never be undone; the rename is the point of no return.
        if (step >= 5) expect(last).toBe(textOf(record));
        if (step < 3) expect(last).toBe("old");
        expect(found.list(directory)).toEqual([SAFETY_LOG_FILE]);
        const log = openLog(found);
        log.persist(bytesOf("newer"));
        expect(lastOn(found.afterPowerLoss())).toBe("newer");
      }
    }
  });

  test("refuses a compacted file whose only record is gone", async () => {
    const { disk, log } = full();
    log.persist(record);
    const bytes = disk.bytesOf(path);
    bytes.fill(0, 64);
    await storageError("LOG_DAMAGED", () => lastOn(diskWith(bytes)));
  });
});
