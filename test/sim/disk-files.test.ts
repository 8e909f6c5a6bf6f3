import { describe, expect, test } from "vitest";
import { type Random, randomStream } from "../../devnet/random/index.ts";
import { type CutOdds, PowerCut, VirtualFiles } from "../../devnet/sim/disk/index.ts";
import { ALL_DUPLICATED, ALL_KEPT, ALL_LOST, ALL_TORN } from "./disk-fixtures.ts";

const PATH = "/data/file";
const seeds = Array.from({ length: 30 }, (_, seed) => seed);

/** Files with one durable file of `length` times the letter a. */
function filesWith(length: number, options: { seed?: number; odds?: Partial<CutOdds> } = {}) {
  const { seed = 1, odds = {} } = options;
  const files = new VirtualFiles({ random: randomStream(seed, "files"), odds });
  const handle = files.open(PATH, "create");
  files.write(handle, letters("a", length), 0);
  files.dataSync(handle);
  files.syncDirectory("/data");
  return { files, handle };
}

function letters(letter: string, length: number): Uint8Array {
  return new Uint8Array(length).fill(letter.charCodeAt(0));
}

function text(files: VirtualFiles, path = PATH): string {
  const handle = files.open(path, "read");
  const bytes = new Uint8Array(files.size(handle));
  files.read(handle, bytes, 0);
  files.close(handle);
  return Buffer.from(bytes).toString("latin1");
}

function afterCut(files: VirtualFiles): string {
  files.cutPower();
  files.powerOn();
  return text(files);
}

describe("a power cut", () => {
  test.each(seeds)("leaves what was synced (seed %i)", (seed) => {
    const { files } = filesWith(2_000, { seed });
    expect(afterCut(files)).toBe("a".repeat(2_000));
  });

  test("keeps a write that was not synced", () => {
    const { files, handle } = filesWith(10, { odds: ALL_KEPT });
    files.write(handle, letters("b", 5), 8);
    expect(afterCut(files)).toBe(`${"a".repeat(8)}bbbbb`);
  });

  test("loses a write that was not synced, and the length that it brought", () => {
    const { files, handle } = filesWith(10, { odds: ALL_LOST });
    files.write(handle, letters("b", 5), 8);
    expect(afterCut(files)).toBe("a".repeat(10));
  });

  test("leaves zeros where a lost write stands before a kept one", () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const odds = { ...ALL_KEPT, lost: 1 };
      const { files, handle } = filesWith(1, { seed, odds });
      files.write(handle, letters("b", 1), 1);
      files.write(handle, letters("c", 1), 2);
      found.add(afterCut(files));
    }
    expect([...found].sort()).toEqual(["a", "a\0c", "ab", "abc"]);
  });

  test("writes twice, the second time at the end of the file", () => {
    const { files, handle } = filesWith(10, { odds: ALL_DUPLICATED });
    files.write(handle, letters("b", 3), 2);
    expect(afterCut(files)).toBe("aabbbaaaaabbb");
  });

  test("tears a write to a prefix, or to some of its sectors", () => {
    const found = { prefix: 0, sectors: 0 };
    for (const seed of seeds) {
      const { files, handle } = filesWith(4_096, { seed, odds: ALL_TORN });
      files.write(handle, letters("b", 4_096), 0);
      const left = afterCut(files);
      const sectors = left.match(/.{512}/gs) ?? [];
      if (/^b*a*$/.test(left)) found.prefix += 1;
      else if (sectors.every((sector) => /^(a*|b*)$/.test(sector))) found.sectors += 1;
    }
    expect(found.prefix + found.sectors).toBe(seeds.length);
    expect(Math.min(found.prefix, found.sectors)).toBeGreaterThan(5);
  });

  test("leaves, of writes that went in order, some, a part of the next, and no more", () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const { files, handle } = filesWith(1, { seed, odds: { ...ALL_LOST, inOrder: 1 } });
      for (const at of [1, 2, 3]) files.write(handle, letters("bcd".charAt(at - 1), 1), at);
      found.add(afterCut(files));
    }
    expect([...found].sort()).toEqual(["a", "ab", "abc", "abcd"]);
  });

  test("keeps or loses a cut of the file whole", () => {
    const { files } = filesWith(10, { odds: ALL_LOST });
    files.ignoresSyncs = true;
    files.truncate(files.open(PATH, "write"), 4);
    expect(text(files)).toBe("aaaa");
    expect(afterCut(files)).toBe("a".repeat(10));
  });

  test("forgets a name whose directory was not synced, in some runs", () => {
    const names = new Set(
      seeds.map((seed) => {
        const { files } = filesWith(1, { seed });
        files.open("/data/young", "create");
        files.cutPower();
        files.powerOn();
        return files.list("/data").join();
      }),
    );
    expect(names).toEqual(new Set(["file", "file,young"]));
  });

  test("keeps a name whose directory was synced", () => {
    for (const seed of seeds) {
      const { files } = filesWith(1, { seed });
      files.open("/data/young", "create");
      files.syncDirectory("/data");
      files.cutPower();
      files.powerOn();
      expect(files.list("/data")).toEqual(["file", "young"]);
    }
  });

  test("leaves the old file or the new one under a name that a rename took", () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const { files } = filesWith(3, { seed });
      const handle = files.open("/data/file.new", "create");
      files.write(handle, letters("b", 3), 0);
      files.dataSync(handle);
      files.rename("/data/file.new", PATH);
      found.add(afterCut(files));
    }
    expect(found).toEqual(new Set(["aaa", "bbb"]));
  });

  test("ends every process: its handles are dead, and closing them is no fault", () => {
    const { files, handle } = filesWith(3);
    files.cutPower();
    expect(() => files.size(handle)).toThrow(PowerCut);
    files.close(handle);
    files.powerOn();
    expect(() => files.size(handle)).toThrow("EBADF");
    files.close(handle);
  });

  test("leaves the same for the same seed", () => {
    const left = () => {
      const { files, handle } = filesWith(4_096, { seed: 7 });
      for (let at = 0; at < 20; at++) files.write(handle, letters("b", 700), at * 333);
      return afterCut(files);
    };
    expect(left()).toBe(left());
  });
});

describe("a power cut at an operation", () => {
  test("comes in the middle of that operation, and nothing works until the power is back", () => {
    const { files, handle } = filesWith(3, { odds: ALL_LOST });
    files.cutPowerAt(files.operations + 2);
    files.write(handle, letters("b", 3), 0);
    expect(() => files.dataSync(handle)).toThrow(PowerCut);
    expect(() => files.list("/data")).toThrow(PowerCut);
    files.powerOn();
    expect(text(files)).toBe("aaa");
  });

  test("may leave a part of the write that it met", () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const { files, handle } = filesWith(0, { seed, odds: ALL_TORN });
      files.cutPowerAt(files.operations + 1);
      expect(() => files.write(handle, letters("b", 3), 0)).toThrow(PowerCut);
      files.powerOn();
      found.add(text(files));
    }
    expect([...found].sort()).toEqual(["", "b", "bb", "bbb"]);
  });

  test("counts whatever changes the disk or makes a change durable", () => {
    const { files, handle } = filesWith(3);
    const before = files.operations;
    files.size(handle);
    files.list("/data");
    files.remove("/data/nothing");
    expect(files.operations).toBe(before);
    files.truncate(handle, 1);
    files.rename(PATH, "/data/other");
    files.remove("/data/other");
    expect(files.operations).toBe(before + 3);
  });
});

describe("a failing disk", () => {
  test("throws once, and may have written a part", () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const { files, handle } = filesWith(0, { seed });
      files.fail("write", "ENOSPC");
      expect(() => files.write(handle, letters("b", 3), 0)).toThrow("ENOSPC");
      found.add(text(files));
      files.write(handle, letters("c", 3), 0);
      expect(text(files)).toBe("ccc");
    }
    expect([...found].sort()).toEqual(["", "b", "bb", "bbb"]);
  });

  test("that is full takes no byte more for sure, until it is healed", () => {
    const { files, handle } = filesWith(0, { seed: 1 });
    files.isFull = true;
    expect(() => files.write(handle, letters("b", 3), 0)).toThrow("ENOSPC");
    expect(() => files.write(handle, letters("b", 3), 0)).toThrow("ENOSPC");
    files.heal();
    files.write(handle, letters("c", 3), 0);
    expect(text(files)).toBe("ccc");
  });

  test("reads a write whose sync failed, and may lose it though a later sync succeeds", () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const { files, handle } = filesWith(3, { seed });
      files.write(handle, letters("b", 3), 0);
      files.fail("sync", "EIO");
      expect(() => files.dataSync(handle)).toThrow("EIO");
      expect(text(files)).toBe("bbb");
      files.dataSync(handle);
      found.add(afterCut(files));
    }
    expect(found).toEqual(new Set(["aaa", "bbb"]));
  });

  test("makes it durable after all when the page is written again", () => {
    for (const seed of seeds) {
      const { files, handle } = filesWith(3, { seed });
      files.write(handle, letters("b", 3), 0);
      files.fail("sync", "EIO");
      expect(() => files.dataSync(handle)).toThrow("EIO");
      files.write(handle, letters("c", 1), 3);
      files.dataSync(handle);
      expect(afterCut(files)).toBe("bbbc");
    }
  });

  test("fails as often as it is told to, and no more once it is healed", () => {
    const { files, handle } = filesWith(3);
    files.fail("sync", "EIO", 3);
    for (const _ of [1, 2]) expect(() => files.dataSync(handle)).toThrow("EIO");
    files.heal();
    files.dataSync(handle);
  });
});

describe("a lying disk", () => {
  test("loses what it said was synced, and keeps it once it syncs again", () => {
    const { files, handle } = filesWith(3, { odds: ALL_LOST });
    files.ignoresSyncs = true;
    files.write(handle, letters("b", 3), 0);
    files.dataSync(handle);
    const { files: honest, handle: other } = filesWith(3, { odds: ALL_LOST });
    honest.ignoresSyncs = true;
    honest.write(other, letters("b", 3), 0);
    honest.ignoresSyncs = false;
    honest.dataSync(other);
    expect(afterCut(files)).toBe("aaa");
    expect(afterCut(honest)).toBe("bbb");
  });
});

describe("another disk", () => {
  test("brings back the files of the image, durable", () => {
    const { files, handle } = filesWith(3, { odds: ALL_LOST });
    files.write(handle, letters("b", 3), 0);
    const image = files.image();
    files.write(handle, letters("c", 3), 0);
    files.dataSync(handle);
    files.restore(image);
    files.powerOn();
    expect(text(files)).toBe("bbb");
    expect(afterCut(files)).toBe("bbb");
  });

  test("is empty after a wipe", () => {
    const { files } = filesWith(3);
    files.wipe();
    files.powerOn();
    expect(files.list("/data")).toEqual([]);
  });

  test("has one bit flipped", () => {
    const { files } = filesWith(3);
    files.flipBit(PATH, 1, 1);
    files.powerOn();
    expect(text(files)).toBe("aca");
  });
});

describe("a killed process", () => {
  test("leaves what it wrote, which a power cut may still take", () => {
    const { files, handle } = filesWith(3, { odds: ALL_LOST });
    files.write(handle, letters("b", 3), 0);
    files.kill();
    files.powerOn();
    expect(text(files)).toBe("bbb");
    expect(afterCut(files)).toBe("aaa");
  });
});

describe("a file in memory", () => {
  test.each(seeds)("holds what plain arrays hold, now and after a cut (seed %i)", (seed) => {
    const random = randomStream(seed, "plan");
    const odds = random.pick([ALL_KEPT, ALL_LOST]);
    const { files, handle } = filesWith(5, { seed, odds });
    let plain = "aaaaa";
    let durable = plain;
    for (let step = 0; step < 60; step++) {
      if (random.chance(0.2)) {
        files.dataSync(handle);
        durable = plain;
      } else if (random.chance(0.15)) {
        plain = plain.slice(0, random.between(0, plain.length));
        files.ignoresSyncs = true;
        files.truncate(handle, plain.length);
        files.ignoresSyncs = false;
      } else plain = writeBoth(files, handle, { plain, random });
      expect(text(files)).toBe(plain);
    }
    expect(afterCut(files)).toBe(odds === ALL_KEPT ? plain : durable);
  });
});

function writeBoth(
  files: VirtualFiles,
  handle: number,
  { plain, random }: { readonly plain: string; readonly random: Random },
): string {
  const letter = random.pick(["b", "c", "d"]);
  const length = random.between(1, 3_000);
  const offset = random.between(0, plain.length + 50);
  files.write(handle, letters(letter, length), offset);
  const padded = plain.padEnd(offset, "\0");
  return padded.slice(0, offset) + letter.repeat(length) + padded.slice(offset + length);
}
