import { describe, expect, test } from "vitest";
import { Sightings } from "../../../devnet/session/sightings.ts";

const everybody = () => true;

function block(height: number, { hash = `h${height}`, stateRoot = `s${height}` } = {}) {
  return { height, hash, stateRoot, transactions: 1 };
}

function status(height: number, { block: hash = `h${height}`, stateRoot = `s${height}` } = {}) {
  return { height, view: height, block: hash, stateRoot };
}

describe("what was seen of a live devnet", () => {
  test("is of one mind as long as all say the same", () => {
    const seen = new Sightings(0);
    for (const by of [0, 1, 2]) {
      for (const height of [1, 2, 3]) seen.block(by, block(height), 10 * height, true);
      seen.status(by, status(3));
    }
    expect(seen.hashSplits(everybody)).toEqual([]);
    expect(seen.stateSplits(everybody)).toEqual([]);
    expect(seen.skips(everybody)).toEqual([]);
    expect([seen.highest, seen.transactions, seen.heights]).toEqual([3, 3, 3]);
  });

  test("tells two blocks at one height, and who says which", () => {
    const seen = new Sightings(0);
    seen.block(0, block(1), 10, true);
    seen.block(2, block(1, { hash: "x" }), 11, true);
    seen.block(1, block(1), 12, true);
    expect(seen.hashSplits(everybody)).toEqual([
      {
        height: 1,
        answers: [
          { text: "h1", by: [0, 1] },
          { text: "x", by: [2] },
        ],
      },
    ]);
    expect(seen.hashSplits((validator) => validator !== 2)).toEqual([]);
  });

  test("tells two states after one block, from a status too", () => {
    const seen = new Sightings(0);
    seen.block(0, block(1), 10, true);
    seen.status(1, status(1, { stateRoot: "x" }));
    expect(seen.stateSplits(everybody)).toMatchObject([{ height: 1 }]);
    expect(seen.hashSplits(everybody)).toEqual([]);
  });

  test("tells a validator that contradicts itself", () => {
    const seen = new Sightings(0);
    seen.status(1, status(5));
    seen.status(1, status(5, { block: "x" }));
    expect(seen.hashSplits(everybody)).toMatchObject([{ height: 5 }]);
  });

  test("tells the first height that somebody left out or had twice", () => {
    const seen = new Sightings(0);
    for (const height of [7, 8, 10, 12]) seen.block(0, block(height), 0, true);
    for (const height of [7, 7]) seen.block(1, block(height), 0, true);
    expect(seen.skips(everybody)).toEqual([
      { validator: 0, height: 10, expected: 9 },
      { validator: 1, height: 7, expected: 8 },
    ]);
  });

  test("tells the sides of a contradiction in the order of their validators", () => {
    const seen = new Sightings(0);
    for (const by of [2, 0, 1]) seen.block(by, block(1, { hash: `of ${by}` }), 0, true);
    const [split] = seen.hashSplits(everybody);
    expect(split?.answers.map(({ text }) => text)).toEqual(["of 0", "of 1", "of 2"]);
  });

  test("remembers a contradiction when its height is long forgotten", () => {
    const seen = new Sightings(0);
    seen.block(0, block(1), 0, true);
    seen.block(1, block(1, { hash: "x" }), 0, true);
    for (let height = 2; height <= 5_000; height++) seen.block(0, block(height), 0, true);
    expect(seen.hashSplits(everybody)).toMatchObject([{ height: 1 }]);
  });

  test("knows the longest wait for a block, the one that lasts included", () => {
    const seen = new Sightings(0);
    seen.begin(1_000, 0);
    seen.block(0, block(1), 1_500, true);
    seen.block(0, block(2), 4_500, true);
    seen.block(1, block(2), 9_000, true);
    expect(seen.longestWait(5_000)).toEqual({ ms: 3_000, height: 1, fromMs: 1_500 });
    expect(seen.longestWait(9_000)).toEqual({ ms: 4_500, height: 2, fromMs: 4_500 });
  });

  test("counts no wait from before somebody looked", () => {
    const seen = new Sightings(5);
    seen.begin(60_000, 0);
    seen.block(0, block(6), 60_100, true);
    expect(seen.longestWait(60_150)).toEqual({ ms: 100, height: 5, fromMs: 60_000 });
  });

  test("holds no block to be new that was there when the watch began", () => {
    const seen = new Sightings(2);
    seen.begin(1_000, 7);
    seen.healed(1_500);
    for (const height of [6, 7]) seen.block(0, block(height), 2_000, true);
    expect(seen.heal).toEqual({ atMs: 1_500, height: 7, nextBlockAtMs: undefined });
    expect(seen.longestWait(9_000)).toEqual({ ms: 8_000, height: 7, fromMs: 1_000 });
  });

  test("has heard whoever showed a block or a status", () => {
    const seen = new Sightings(0);
    seen.block(1, block(1), 10, true);
    seen.status(2, { height: 0, view: 1, block: "h0", stateRoot: "s0" });
    expect([0, 1, 2].map((validator) => seen.hasHeard(validator))).toEqual([false, true, true]);
  });

  test("does not let a liar move the chain", () => {
    const seen = new Sightings(0);
    seen.block(3, block(900), 10, false);
    expect([seen.highest, seen.transactions]).toEqual([0, 0]);
  });

  test("knows when the first block came after a heal, and forgets the heal when something is wrong again", () => {
    const seen = new Sightings(0);
    seen.block(0, block(1), 10, true);
    seen.healed(100);
    seen.block(1, block(1), 150, true);
    expect(seen.heal).toEqual({ atMs: 100, height: 1, nextBlockAtMs: undefined });
    seen.block(0, block(2), 200, true);
    seen.block(0, block(3), 300, true);
    expect(seen.heal).toEqual({ atMs: 100, height: 1, nextBlockAtMs: 200 });
    seen.disturbed();
    expect(seen.heal).toBeUndefined();
  });
});
