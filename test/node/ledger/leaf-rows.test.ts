import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashLayer } from "../../../crypto/native/index.ts";
import { type Leaf, leafHash, MAX_KEY_BYTES, MAX_VALUE_BYTES } from "../../../node/ledger/leaf.ts";
import { LeafHasher } from "../../../node/ledger/leaf-hasher.ts";
import { LeafRows } from "../../../node/ledger/leaf-rows.ts";

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

/** A leaf whose key, value and next key have so many bytes. */
function leafOf(key: number, value: number, nextKey: number): Leaf {
  return { key: filled(key, 1), value: filled(value, 2), nextKey: filled(nextKey, 3) };
}

const LONG = leafOf(20, 200, 20);

function rowsOf(...leaves: readonly Leaf[]): LeafRows {
  const rows = new LeafRows();
  leaves.forEach((leaf, row) => {
    rows.set(row, leaf);
  });
  return rows;
}

/** As the map hashes it. */
function hashOf(rows: LeafRows, row: number): Uint8Array | undefined {
  let hash: Uint8Array | undefined;
  const hasher = new LeafHasher(hashLayer, (_, digests) => {
    hash = digests.slice();
  });
  hasher.add(row, rows);
  hasher.finish();
  return hash;
}

describe("a row", () => {
  test.each([
    ["nothing", leafOf(0, 0, 0)],
    ["all that 64 bytes have room for", leafOf(8, 8, 8)],
    ["a byte more", leafOf(8, 9, 8)],
    ["all that 128 bytes have room for", leafOf(30, 28, 30)],
    ["a byte more than that", leafOf(30, 29, 30)],
    ["the longest leaf", leafOf(MAX_KEY_BYTES, MAX_VALUE_BYTES, MAX_KEY_BYTES)],
  ])("holds %s, and is hashed as the layout says", (_, leaf) => {
    const rows = rowsOf(leafOf(30, 28, 30), leaf, LONG);
    expect(rows.leaf(1)).toEqual(leaf);
    expect(hashOf(rows, 1)).toEqual(leafHash(leaf, hashLayer));
  });

  test("is where it was when thousands have come after it", () => {
    const rows = new LeafRows();
    const leaf = (row: number) => ({ ...leafOf(20, 17, 20), value: Uint8Array.of(row >> 8, row) });
    for (let row = 0; row < 3_000; row++) rows.set(row, leaf(row));
    for (let row = 0; row < 3_000; row++) expect(rows.leaf(row)).toEqual(leaf(row));
  });

  test("compares its key in the order of bytes, the shorter one first", () => {
    const rows = rowsOf({ ...LONG, key: Uint8Array.of(5, 5) });
    const compared = [[5], [5, 4], [5, 5], [5, 5, 0], [6]].map((key) =>
      Math.sign(rows.compareKey(0, Uint8Array.from(key))),
    );
    expect(compared).toEqual([1, 1, 0, -1, -1]);
  });

  test.each([
    ["short", leafOf(20, 17, 20)],
    ["long", LONG],
  ])("that is %s and copied stays as it was", (_, leaf) => {
    const rows = rowsOf(leaf, LONG);
    const picked = LeafRows.picked(rows, Int32Array.of(1, 0));
    rows.copy(1, rows, 0);
    rows.setValue(0, filled(leaf.value.length, 9));
    expect([picked.leaf(0), picked.leaf(1), rows.leaf(1)]).toEqual([LONG, leaf, leaf]);
  });
});

test("what is too long for its row takes memory until it is dropped, replaced or cleared", () => {
  const rows = rowsOf(LONG, LONG, LONG, LONG);
  const each = rows.apartBytes / 4;
  rows.drop(0);
  rows.setValue(1, filled(17, 2));
  rows.copy(2, rows, 1);
  expect(rows.apartBytes).toBe(each);
  rows.clear(0);
  expect([each, rows.apartBytes]).toEqual([480, 0]);
});

test("rows hold what was written to them last, and are hashed as if nothing had been there before", () => {
  const length = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 250 }));
  const bytes = fc.tuple(length, fc.nat({ max: 255 })).map(([size, byte]) => filled(size, byte));
  const write = fc.record({
    row: fc.nat({ max: 3 }),
    type: fc.constantFrom("value", "nextKey", "copy", "leaf"),
    bytes,
  });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30, size: "max" }), (writes) => {
      const model = Array.from({ length: 4 }, () => leafOf(20, 17, 20));
      const rows = rowsOf(...model);
      for (const { row, type, bytes } of writes) {
        const leaf = model[row] as Leaf;
        if (type === "value") rows.setValue(row, bytes);
        else if (type === "nextKey") rows.setNextKey(row, bytes);
        else if (type === "copy") rows.copy(row, rows, 0);
        else rows.set(row, { ...leaf, key: bytes });
        const changed = type === "leaf" ? { key: bytes } : { [type]: bytes };
        model[row] = type === "copy" ? (model[0] as Leaf) : { ...leaf, ...changed };
      }
      model.forEach((leaf, row) => {
        expect(rows.leaf(row)).toEqual(leaf);
        expect(hashOf(rows, row)).toEqual(leafHash(leaf, hashLayer));
      });
    }),
    { numRuns: 300 },
  );
});
