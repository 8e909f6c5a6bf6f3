import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FaultyDisk } from "../../../devnet/ailing/faulty-disk.ts";
import { nodeDisk } from "../../../node/storage/index.ts";

let directory: string;
let faulty: FaultyDisk;
let file: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-disk-"));
  faulty = new FaultyDisk(nodeDisk);
  file = faulty.disk.open(join(directory, "log"), "create");
  faulty.disk.write(file, new Uint8Array([1, 2, 3]), 0);
});

afterEach(() => {
  nodeDisk.close(file);
  rmSync(directory, { recursive: true });
});

const ENOSPC = expect.objectContaining({ code: "ENOSPC" });
const EIO = expect.objectContaining({ code: "EIO" });

function content(): number[] {
  const bytes = new Uint8Array(8);
  const count = faulty.disk.read(file, bytes, 0);
  return [...bytes.subarray(0, count)];
}

describe("a full disk", () => {
  test("refuses every write, leaves what is there, and can still be read and synced", async () => {
    faulty.setCondition("full");
    const write = () => faulty.disk.write(file, new Uint8Array([9]), 0);
    expect(write).toThrow(ENOSPC);
    expect(write).toThrow(ENOSPC);
    expect(content()).toEqual([1, 2, 3]);
    faulty.disk.dataSync(file);
    await faulty.disk.dataSyncAsync(file);
  });

  test("takes writes again once it is healed", () => {
    faulty.setCondition("full");
    faulty.setCondition("sound");
    faulty.disk.write(file, new Uint8Array([9]), 0);
    expect(content()).toEqual([9, 2, 3]);
  });
});

describe("a disk whose next sync fails", () => {
  test("fails one sync, and no second one", () => {
    faulty.setCondition("next-sync-fails");
    expect(() => faulty.disk.dataSync(file)).toThrow(EIO);
    faulty.disk.dataSync(file);
  });

  test("rejects one asynchronous sync", async () => {
    faulty.setCondition("next-sync-fails");
    await expect(faulty.disk.dataSyncAsync(file)).rejects.toEqual(EIO);
    await faulty.disk.dataSyncAsync(file);
  });

  test("fails the sync of a directory", () => {
    faulty.setCondition("next-sync-fails");
    expect(() => faulty.disk.syncDirectory(directory)).toThrow(EIO);
    faulty.disk.syncDirectory(directory);
  });

  test("fails the sync that comes with a truncation", () => {
    faulty.setCondition("next-sync-fails");
    expect(() => faulty.disk.truncate(file, 1)).toThrow(EIO);
    faulty.disk.truncate(file, 1);
    expect(content()).toEqual([1]);
  });

  test("takes writes", () => {
    faulty.setCondition("next-sync-fails");
    faulty.disk.write(file, new Uint8Array([9]), 3);
    expect(content()).toEqual([1, 2, 3, 9]);
  });

  test("does not fail again because it is told the same again", () => {
    faulty.setCondition("next-sync-fails");
    expect(() => faulty.disk.dataSync(file)).toThrow(EIO);
    faulty.setCondition("next-sync-fails");
    faulty.disk.dataSync(file);
  });

  test("is sound when it is healed before a sync", () => {
    faulty.setCondition("next-sync-fails");
    faulty.setCondition("sound");
    faulty.disk.dataSync(file);
  });
});
