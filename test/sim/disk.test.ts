import { describe, expect, test } from "vitest";
import { randomStream } from "../../devnet/random/index.ts";
import { PowerCut, type SimulatedDisk, VirtualFiles } from "../../devnet/sim/disk/index.ts";
import { StorageError } from "../../node/storage/index.ts";
import {
  ALL_DUPLICATED,
  ALL_LOST,
  blockAt,
  newDisk,
  opened,
  reopened,
  viewIn,
  votedIn,
} from "./disk-fixtures.ts";

const SAFETY_PATH = "/validator/safety.log";
const BLOCKS_PATH = `/validator/blocks-${"1".padStart(16, "0")}.log`;

/** A disk that has promised three final blocks, one above them, and a vote in view 4. */
function usedDisk(seed = 1): SimulatedDisk {
  const disk = newDisk(seed);
  opened(disk);
  disk.persist(votedIn(4));
  for (const height of [1, 2, 3, 4]) disk.store(blockAt(height).hash, blockAt(height).stored);
  for (const height of [1, 2]) disk.finalize(blockAt(height));
  const { block, hash } = blockAt(3);
  disk.finalize({ block, hash });
  disk.flush();
  return disk;
}

function heightsOf(blocks: readonly { readonly block: { readonly height: number } }[]): number[] {
  return blocks.map(({ block }) => block.height);
}

describe("a simulated disk", () => {
  test("opens empty when it is new", () => {
    const found = newDisk().open();
    const empty = { finals: [], unfinished: [], safety: undefined, hasHistory: false };
    expect(found).toEqual({ ok: true, ...empty });
  });

  test("gives back what was flushed", () => {
    const disk = usedDisk();
    const found = reopened(disk);
    expect(found.hasHistory).toBe(true);
    expect(found.safety).toEqual(votedIn(4));
    expect(heightsOf(found.finals)).toEqual([1, 2, 3]);
    expect(found.finals[2]).toEqual({
      ...blockAt(3).stored,
      hash: blockAt(3).hash,
      cert: undefined,
    });
    expect(found.finals[1]?.cert).toEqual(blockAt(2).cert);
    expect(found.unfinished).toEqual([blockAt(4).stored]);
  });

  test("gives back a certificate that came later", () => {
    const disk = usedDisk();
    disk.certify(blockAt(3).cert);
    disk.flush();
    expect(reopened(disk).finals[2]?.cert).toEqual(blockAt(3).cert);
  });

  test("forgets what was never flushed", () => {
    const disk = usedDisk();
    disk.persist(votedIn(9));
    disk.store(blockAt(5).hash, blockAt(5).stored);
    disk.finalize(blockAt(4));
    const found = reopened(disk);
    expect(viewIn(found)).toBe(4);
    expect(heightsOf(found.finals)).toEqual([1, 2, 3]);
    expect(heightsOf(found.unfinished)).toEqual([4]);
  });

  test("counts as final what is durable, and answers with what is queued, too", () => {
    const disk = usedDisk();
    disk.finalize(blockAt(4));
    expect(disk.finalHeight()).toBe(3);
    expect(disk.stored.finalHeight()).toBe(4);
    disk.flush();
    expect(disk.finals.map(({ height }) => height)).toEqual([1, 2, 3, 4]);
    expect(disk.finals[3]?.hash).toEqual(blockAt(4).hash);
  });

  test("answers with the same bytes from memory and from the log", () => {
    const disk = usedDisk();
    disk.store(blockAt(5).hash, blockAt(5).stored);
    disk.certify(blockAt(3).cert);
    const read = () => [
      disk.stored.blockByHash(blockAt(5).hash),
      disk.stored.certificateAt(blockAt(3).block.height),
    ];
    const fromMemory = read();
    disk.flush();
    expect(fromMemory.every((bytes) => bytes !== undefined)).toBe(true);
    expect(read()).toEqual(fromMemory);
    expect(disk.stored.blockAt(blockAt(9).block.height)).toBeUndefined();
  });

  test("answers nothing while its process is down, and still knows what was promised", () => {
    const disk = usedDisk();
    disk.crash();
    expect(disk.stored.blockByHash(blockAt(1).hash)).toBeUndefined();
    expect(disk.finalHeight()).toBe(3);
  });

  test("keeps what it flushed over many files of the log", () => {
    const disk = newDisk(1, { segmentBytes: 1_000 });
    opened(disk);
    disk.persist(votedIn(1));
    for (let height = 1; height <= 20; height++) {
      disk.store(blockAt(height).hash, blockAt(height).stored);
      disk.finalize(blockAt(height));
      disk.flush();
    }
    expect(disk.files.list("/validator").length).toBeGreaterThan(5);
    expect(disk.stored.blockAt(blockAt(1).block.height)).toBeDefined();
    expect(reopened(disk).finals).toHaveLength(20);
  });

  test("lets a block be final only after the block before it", () => {
    const disk = usedDisk();
    disk.store(blockAt(5).hash, blockAt(5).stored);
    expect(() => disk.finalize(blockAt(5))).toThrow("height 5 cannot be final before 4");
  });

  test("replays the same faults from the same seed", () => {
    const life = () => {
      const disk = usedDisk(5);
      disk.cutPowerAfter(2);
      disk.persist(votedIn(5));
      disk.store(blockAt(5).hash, blockAt(5).stored);
      expect(() => disk.flush()).toThrow(PowerCut);
      return reopened(disk);
    };
    expect(life()).toEqual(life());
  });
});

describe("a simulated disk refuses to start", () => {
  function refusal(disk: SimulatedDisk) {
    const found = disk.open();
    return found.ok ? "none" : found.code;
  }

  test("with blocks and no record of what was signed", () => {
    const disk = newDisk();
    opened(disk);
    disk.store(blockAt(1).hash, blockAt(1).stored);
    disk.flush();
    disk.crash();
    expect(refusal(disk)).toBe("LOG_DAMAGED");
  });

  test("with a flipped bit in a block", () => {
    const disk = usedDisk();
    disk.persist(votedIn(5));
    disk.store(blockAt(5).hash, blockAt(5).stored);
    disk.flush();
    disk.kill();
    disk.files.flipBit(BLOCKS_PATH, 200);
    expect(refusal(disk)).toBe("LOG_DAMAGED");
  });

  test("on the disk of another chain", () => {
    const { files } = usedDisk();
    files.cutPower();
    const other = newDisk(1, { files, chainId: blockAt(1).hash });
    expect(refusal(other)).toBe("WRONG_CHAIN");
  });

  test("while the disk fails, and starts once it is healed", () => {
    const disk = usedDisk();
    disk.crash();
    disk.fail({ on: "sync", error: "EIO" });
    expect(refusal(disk)).toBe("IO");
    disk.heal();
    expect(viewIn(opened(disk))).toBe(4);
  });

  test("after a misdirected write that stands where the next record belongs", () => {
    const disk = usedDisk();
    disk.files.odds = ALL_DUPLICATED;
    disk.store(blockAt(5).hash, blockAt(5).stored);
    disk.cutPowerAfter(1);
    expect(() => disk.flush()).toThrow(PowerCut);
    disk.crash();
    expect(refusal(disk)).toBe("LOG_DAMAGED");
  });
});

describe("a flush", () => {
  test("that the power interrupts throws that, and only another open helps", () => {
    const disk = usedDisk();
    disk.cutPowerAfter(2);
    disk.persist(votedIn(5));
    expect(() => disk.flush()).toThrow(PowerCut);
    expect(() => disk.flush()).toThrow(PowerCut);
    expect([4, 5]).toContain(viewIn(reopened(disk)));
    disk.persist(votedIn(6));
    disk.flush();
    expect(viewIn(reopened(disk))).toBe(6);
  });

  test.each(["write", "sync"] as const)("whose %s fails goes on failing in this life", (on) => {
    const disk = usedDisk();
    disk.fail({ on, error: "EIO" });
    disk.persist(votedIn(5));
    expect(() => disk.flush()).toThrow(StorageError);
    disk.persist(votedIn(6));
    expect(() => disk.flush()).toThrow("EIO");
    expect([4, 5]).toContain(viewIn(reopened(disk)));
  });

  test("writes the newest of several states alone", () => {
    const disk = usedDisk();
    const before = disk.files.operations;
    for (const view of [5, 6, 7]) disk.persist(votedIn(view));
    disk.flush();
    expect(disk.files.operations - before).toBe(2);
    expect(viewIn(reopened(disk))).toBe(7);
  });

  test.each([
    ["blocks-first", 4, [4, 5]],
    ["safety-first", 9, [4]],
  ] as const)("writes %s if told to", (order, view, unfinished) => {
    const files = new VirtualFiles({ random: randomStream(1, "files"), odds: ALL_LOST });
    const disk = newDisk(1, { order, files });
    opened(disk);
    disk.persist(votedIn(4));
    disk.store(blockAt(4).hash, blockAt(4).stored);
    disk.flush();
    disk.persist(votedIn(9));
    disk.store(blockAt(5).hash, blockAt(5).stored);
    disk.cutPowerAfter(3);
    expect(() => disk.flush()).toThrow(PowerCut);
    const found = reopened(disk);
    expect(viewIn(found)).toBe(view);
    expect(heightsOf(found.unfinished)).toEqual(unfinished);
  });

  test("writes in either order, by the seed, as the live node syncs both at once", () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const disk = newDisk(seed);
      disk.files.odds = ALL_LOST;
      opened(disk);
      disk.persist(votedIn(1));
      disk.flush();
      disk.persist(votedIn(2));
      disk.store(blockAt(1).hash, blockAt(1).stored);
      disk.cutPowerAfter(3);
      expect(() => disk.flush()).toThrow(PowerCut);
      const { safety, unfinished } = reopened(disk);
      found.add(`${safety?.lastVotedView} ${unfinished.length}`);
    }
    expect([...found].sort()).toEqual(["1 1", "2 0"]);
  });
});

describe("an older safety record comes back", () => {
  test("from a disk that acknowledged syncs without doing them", () => {
    const disk = usedDisk();
    disk.files.odds = ALL_LOST;
    disk.ignoreSyncs(true);
    disk.persist(votedIn(5));
    disk.flush();
    expect(viewIn(reopened(disk))).toBe(4);
  });

  test("from no disk that syncs", () => {
    const disk = usedDisk();
    disk.files.odds = ALL_LOST;
    disk.persist(votedIn(5));
    disk.flush();
    expect(viewIn(reopened(disk))).toBe(5);
  });

  test("from an old disk", () => {
    const disk = usedDisk();
    const image = disk.image();
    disk.persist(votedIn(9));
    disk.finalize(blockAt(4));
    disk.flush();
    disk.crash();
    disk.restore(image);
    const found = opened(disk);
    expect(viewIn(found)).toBe(4);
    expect(disk.finalHeight()).toBe(3);
  });

  test("not at all from a lost disk, which is as good as new", () => {
    const disk = usedDisk();
    disk.crash();
    disk.wipe();
    expect(disk.finalHeight()).toBe(0);
    expect(opened(disk)).toMatchObject({ safety: undefined, hasHistory: false });
  });

  test("not from a flipped bit: its twin has the record", () => {
    const disk = usedDisk();
    disk.persist(votedIn(5));
    disk.flush();
    disk.kill();
    const content = disk.image().get(SAFETY_PATH) ?? new Uint8Array(0);
    disk.files.flipBit(SAFETY_PATH, content.findLastIndex(Boolean));
    expect(viewIn(opened(disk))).toBe(5);
  });
});
