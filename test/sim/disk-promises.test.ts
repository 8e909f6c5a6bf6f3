// What a disk that does not lie owes its validator, whatever happens to the power: random lives, and every operation of
// one life as the place of the cut.

import { describe, expect, test } from "vitest";
import { encode, equalBytes } from "../../crypto/index.ts";
import { type Random, randomStream } from "../../devnet/random/index.ts";
import { PowerCut, type SimulatedDisk } from "../../devnet/sim/disk/index.ts";
import { StorageError } from "../../node/storage/index.ts";
import { type BlockWithBodies, blockWithBodiesCodec } from "../../node/sync/index.ts";
import {
  blockAt,
  type ChainBlock,
  type Found,
  newDisk,
  opened,
  viewIn,
  votedIn,
} from "./disk-fixtures.ts";

/** CI varies the seed with the day; a failing run names it and is replayed by setting it. */
const seedOfTheDay = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));
const seeds = Array.from({ length: 25 }, (_, at) => seedOfTheDay * 1_000 + at);

const SEGMENT_BYTES = 3_000;
const LAST_HEIGHT = 40;

/** Heights of a chain without forks, and views. */
type Content = {
  readonly view: number;
  readonly stored: number;
  readonly final: number;
  readonly certified: ReadonlySet<number>;
};

const NOTHING: Content = { view: 0, stored: 0, final: 0, certified: new Set() };

/** A validator that writes, and remembers what it wrote and what it was promised. */
class Life {
  readonly disk: SimulatedDisk;
  promised = NOTHING;
  written = NOTHING;

  constructor(seed: number, { duplicates = false } = {}) {
    this.disk = newDisk(seed, { segmentBytes: SEGMENT_BYTES });
    if (!duplicates) this.disk.files.odds = { ...this.disk.files.odds, duplicated: 0 };
    opened(this.disk);
    // The first record stands alone: blocks without one are refused, and rightly.
    this.vote();
    this.flush();
  }

  vote(): void {
    const view = this.written.view + 1;
    this.disk.persist(votedIn(view));
    this.written = { ...this.written, view };
  }

  store(): void {
    if (this.written.stored === LAST_HEIGHT) return;
    const stored = this.written.stored + 1;
    this.disk.store(blockAt(stored).hash, blockAt(stored).stored);
    this.written = { ...this.written, stored };
  }

  finalize(isCertified: boolean): void {
    if (this.written.final === this.written.stored) return;
    const final = this.written.final + 1;
    const { block, hash, cert } = blockAt(final);
    this.disk.finalize(isCertified ? { block, hash, cert } : { block, hash });
    this.written = { ...this.written, final };
    if (isCertified) this.#noteCertificate(final);
  }

  certify(): void {
    const { final } = this.written;
    if (final === 0) return;
    this.disk.certify(blockAt(final).cert);
    this.#noteCertificate(final);
  }

  flush(): void {
    this.disk.flush();
    this.promised = this.written;
  }

  /** The power goes, and what is found is held against what was promised; from now on it is what counts. */
  restart(): void {
    this.disk.crash();
    // A failing disk refuses to start at all, which is another test.
    this.disk.heal();
    const found = opened(this.disk);
    this.check(found);
    const certified = found.finals.filter(({ cert }) => cert !== undefined);
    this.promised = {
      view: viewIn(found) ?? 0,
      stored: found.finals.length + found.unfinished.length,
      final: found.finals.length,
      certified: new Set(certified.map(({ block }) => block.height)),
    };
    this.written = this.promised;
  }

  check(found: Found): void {
    const { promised, written } = this;
    expect([promised.view, written.view]).toContain(viewIn(found));
    const finals = found.finals.length;
    expect(finals).toBeGreaterThanOrEqual(promised.final);
    expect(finals).toBeLessThanOrEqual(written.final);
    const stored = finals + found.unfinished.length;
    expect(stored).toBeGreaterThanOrEqual(promised.stored);
    expect(stored).toBeLessThanOrEqual(written.stored);
    for (const [index, { block, bodies, hash, cert }] of found.finals.entries()) {
      const wanted = blockAt(index + 1);
      expectSame({ block, bodies }, wanted);
      expect(equalBytes(hash, wanted.hash)).toBe(true);
      if (promised.certified.has(index + 1)) expect(cert).toBeDefined();
      if (cert !== undefined) expect(equalBytes(cert.block, wanted.hash)).toBe(true);
    }
    for (const [index, stored] of found.unfinished.entries()) {
      expectSame(stored, blockAt(finals + index + 1));
    }
  }

  #noteCertificate(height: number): void {
    const certified = new Set(this.written.certified).add(height);
    this.written = { ...this.written, certified };
  }
}

function expectSame(found: BlockWithBodies, { bytes, height }: ChainBlock): void {
  expect(equalBytes(encode(blockWithBodiesCodec, found), bytes), `block ${height}`).toBe(true);
}

/** One thing that may happen to a validator. */
function live(life: Life, random: Random): void {
  const chance = random.fraction();
  if (chance < 0.25) life.vote();
  else if (chance < 0.5) life.store();
  else if (chance < 0.65) life.finalize(random.chance(0.5));
  else if (chance < 0.7) life.certify();
  else if (chance < 0.9) life.flush();
  else if (chance < 0.93) life.restart();
  else if (chance < 0.97) life.disk.cutPowerAfter(random.between(1, 12));
  else {
    const on = random.pick(["write", "sync"] as const);
    life.disk.fail({ on, error: random.pick(["EIO", "ENOSPC"] as const) });
  }
}

function isOfTheDisk(error: unknown): boolean {
  return error instanceof PowerCut || error instanceof StorageError;
}

describe("a disk that does not lie", () => {
  test.each(seeds)("loses no promise, and gives back no half (seed %i)", (seed) => {
    const random = randomStream(seed, "life");
    const life = new Life(seed);
    let failures = 0;
    for (let step = 0; step < 150; step++) {
      try {
        live(life, random);
      } catch (error) {
        if (!isOfTheDisk(error)) throw error;
        failures += 1;
        life.restart();
      }
    }
    life.restart();
    expect(failures).toBeGreaterThan(0);
  });

  test.each(seeds)("refuses what misdirected writes left, or gives all back (seed %i)", (seed) => {
    const life = new Life(seed, { duplicates: true });
    const random = randomStream(seed, "cut");
    for (let height = 1; height <= 5; height++) {
      life.store();
      life.vote();
      life.flush();
    }
    life.disk.cutPowerAfter(random.between(1, 4));
    life.store();
    life.vote();
    expect(() => life.flush()).toThrow(PowerCut);
    life.disk.crash();
    const found = life.disk.open();
    if (found.ok) life.check(found);
    else expect(found.code).toBe("LOG_DAMAGED");
  });
});

/** Every kind of write, several files of the log, and a start in between. */
const SCRIPT: readonly ((life: Life) => void)[] = [
  (life) => {
    life.store();
    life.vote();
  },
  (life) => life.flush(),
  (life) => {
    for (let height = 0; height < 12; height++) life.store();
    life.finalize(true);
    life.vote();
  },
  (life) => life.flush(),
  (life) => life.restart(),
  (life) => {
    life.finalize(false);
    life.store();
    life.vote();
  },
  (life) => life.flush(),
  (life) => life.certify(),
  (life) => life.flush(),
  (life) => {
    for (let height = 0; height < 12; height++) life.store();
    life.vote();
  },
  (life) => life.flush(),
  (life) => {
    life.store();
    life.vote();
  },
  (life) => life.flush(),
];

/** How many operations the script needs when nothing happens. */
function scriptLength(seed: number): number {
  const life = new Life(seed);
  const before = life.disk.files.operations;
  for (const step of SCRIPT) step(life);
  return life.disk.files.operations - before;
}

describe("a power cut at every operation of one life", () => {
  test.each([1, 2, 3, 4])("loses no promise (seed %i)", (seed) => {
    const length = scriptLength(seed);
    expect(length).toBeGreaterThan(25);
    for (let operation = 1; operation <= length; operation++) {
      const life = new Life(seed);
      life.disk.cutPowerAfter(operation);
      let cuts = 0;
      for (const step of SCRIPT) {
        try {
          step(life);
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
          cuts += 1;
          life.restart();
        }
      }
      // A cut during a start is over before the start is.
      expect(cuts, `operation ${operation}`).toBeLessThanOrEqual(1);
      life.restart();
    }
  });

  test.each([1, 2, 3])(
    "leaves a new disk that opens, wherever it met the first start (%i)",
    (seed) => {
      for (let operation = 1; operation <= 10; operation++) {
        const disk = newDisk(seed);
        disk.cutPowerAfter(operation);
        expect(opened(disk)).toMatchObject({ safety: undefined, hasHistory: false });
      }
    },
  );
});
