// Leaves in numbered rows, packed in pages: to read one is to look at one place in memory, and to change one makes no
// object. A row holds what is hashed as up to 128 bytes; a longer leaf is kept apart. What is handed out is a copy.

import { assert, HASH_BYTES } from "../../crypto/index.ts";
import {
  comparePackedKey,
  haveSameValue,
  type Leaf,
  type Packed,
  packedBytes,
  packedBytesAt,
  packedKey,
  packedNextKey,
  packedValue,
  packLeaf,
  packNextKey,
  packValue,
} from "./leaf.ts";
import { BYTES_PER_NODE, copyNodes, type Nodes, newNodes } from "./node-words.ts";

/** Of a leaf of 128 bytes, all but its prefix. */
const NODES_PER_ROW = 3;
const ROW_BYTES = NODES_PER_ROW * BYTES_PER_NODE;
const PAGE_BITS = 8;
const ROWS_PER_PAGE = 1 << PAGE_BITS;
/** The first byte of a row whose leaf is kept apart. No key is so long that a packed leaf could begin with it. */
const APART = 0xff;

export class LeafRows {
  readonly #pages: Nodes[] = [];
  /** By row. They are never written into: copies of a row share them. */
  readonly #apart = new Map<number, Uint8Array>();

  /** Copies of some rows of others, in no more memory than they take. They are only read. */
  static picked(from: LeafRows, rows: Int32Array): LeafRows {
    const picked = new LeafRows();
    for (let left = rows.length; left > 0; left -= ROWS_PER_PAGE) {
      picked.#pages.push(newNodes(NODES_PER_ROW * Math.min(left, ROWS_PER_PAGE)));
    }
    for (let row = 0; row < rows.length; row++) picked.copy(row, from, rows[row] as number);
    return picked;
  }

  /** What is kept apart, in bytes. */
  get apartBytes(): number {
    let sum = 0;
    for (const { length } of this.#apart.values()) sum += length;
    return sum;
  }

  leaf(row: number): Leaf {
    const place = this.#place(row);
    return {
      key: packedKey(place),
      value: packedValue(place),
      nextKey: packedNextKey(place),
    };
  }

  key(row: number): Uint8Array {
    return packedKey(this.#place(row));
  }

  /** After up to eight bytes for the caller to fill. */
  value(row: number, room = 0): Uint8Array {
    return packedValue(this.#place(row), room);
  }

  nextKey(row: number): Uint8Array {
    return packedNextKey(this.#place(row));
  }

  /** In lexicographic order; positive if the row's key is above `key`. */
  compareKey(row: number, key: Uint8Array): number {
    return comparePackedKey(this.#place(row), key);
  }

  /** Whether a row of other leaves has the same value. */
  hasSameValue(row: number, others: LeafRows, other: number): boolean {
    return haveSameValue(this.#place(row), others.#place(other));
  }

  set(row: number, leaf: Leaf): void {
    const { bytes } = this.#pageFor(row);
    const start = startOf(row);
    const length = packedBytes(leaf);
    if (length <= ROW_BYTES) {
      packLeaf({ bytes, start }, start + ROW_BYTES, leaf);
      this.drop(row);
    } else {
      const apart = new Uint8Array(length);
      packLeaf({ bytes: apart, start: 0 }, length, leaf);
      this.#apart.set(row, apart);
      bytes[start] = APART;
    }
  }

  setValue(row: number, value: Uint8Array): void {
    const place = this.#place(row);
    const isDone = this.#isInRow(row) && packValue(place, value);
    if (!isDone) this.set(row, { ...this.leaf(row), value });
  }

  setNextKey(row: number, nextKey: Uint8Array): void {
    const place = this.#place(row);
    const isDone = this.#isInRow(row) && packNextKey(place, place.start + ROW_BYTES, nextKey);
    if (!isDone) this.set(row, { ...this.leaf(row), nextKey });
  }

  /** The row is not read before it is set again. */
  drop(row: number): void {
    if (this.#apart.size > 0) this.#apart.delete(row);
  }

  /** Makes a row what a row of other leaves is, or another one of these. */
  copy(row: number, from: LeafRows, fromRow: number): void {
    const source = from.#page(fromRow).words;
    const target = this.#pageFor(row).words;
    copyNodes(source, nodeOf(fromRow), target, nodeOf(row), NODES_PER_ROW);
    const apart = from.#isInRow(fromRow) ? undefined : from.#apart.get(fromRow);
    if (apart !== undefined) this.#apart.set(row, apart);
    else this.drop(row);
  }

  /** How many bytes its leaf is hashed as. */
  leafBytes(row: number): number {
    return HASH_BYTES + packedBytesAt(this.#place(row));
  }

  /** Copies the packed leaf, which takes so many nodes, to `node` and the following ones. */
  pack(row: number, target: Nodes, { node, nodes }: { node: number; nodes: number }): void {
    if (nodes > NODES_PER_ROW) target.bytes.set(this.#place(row).bytes, node * BYTES_PER_NODE);
    else copyNodes(this.#page(row).words, nodeOf(row), target.words, node, nodes);
  }

  /** Forgets all rows, and gives back the memory of those beyond `rowsToKeep`. */
  clear(rowsToKeep: number): void {
    this.#apart.clear();
    this.#pages.length = Math.min(this.#pages.length, rowsToKeep >>> PAGE_BITS);
  }

  #isInRow(row: number): boolean {
    return this.#page(row).bytes[startOf(row)] !== APART;
  }

  #place(row: number): Packed {
    const { bytes } = this.#page(row);
    const start = startOf(row);
    const apart = this.#isInRow(row) ? undefined : this.#apart.get(row);
    return { bytes: apart ?? bytes, start: apart === undefined ? start : 0 };
  }

  #page(row: number): Nodes {
    const page = this.#pages[row >>> PAGE_BITS];
    assert(page !== undefined, "a row is read after it is set");
    return page;
  }

  #pageFor(row: number): Nodes {
    while (this.#pages.length <= row >>> PAGE_BITS) {
      this.#pages.push(newNodes(NODES_PER_ROW * ROWS_PER_PAGE));
    }
    return this.#page(row);
  }
}

function nodeOf(row: number): number {
  return NODES_PER_ROW * (row & (ROWS_PER_PAGE - 1));
}

function startOf(row: number): number {
  return BYTES_PER_NODE * nodeOf(row);
}
