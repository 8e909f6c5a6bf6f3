// The writes to the leaves since the map was last sealed: what each found in its slot, so that the newest can be undone,
// and which slots they went to, with what stood there before the first of them.

import { assert } from "../../crypto/index.ts";
import { LeafRows } from "./leaf-rows.ts";

/** Their memory is kept from one block to the next. */
const KEPT_ROWS = 8_192;
const INITIAL_SLOTS = 1_024;

export class WriteLog {
  /** What the writes found, in rows of the same numbers. Nothing for those that found an empty slot. */
  readonly leaves = new LeafRows();
  /** Of each write; the complement of it if the slot was empty. */
  #slots: number[] = [];
  /** The writes that were the first to their slots. */
  #firsts: number[] = [];
  /** For a slot, where in `#firsts` its first write is; only if that one is to this slot. */
  #places = new Int32Array(INITIAL_SLOTS);
  #inserted: Uint8Array[] = [];

  /** How many writes there are. */
  get length(): number {
    return this.#slots.length;
  }

  /** The writes that were the first to their slots, the oldest first. */
  get firsts(): readonly number[] {
    return this.#firsts;
  }

  /** The keys that were new when they were written. Some may be gone again. */
  get inserted(): readonly Uint8Array[] {
    return this.#inserted;
  }

  slotOf(write: number): number {
    const slot = this.#slots[write];
    assert(slot !== undefined, "a write is in the log");
    return slot < 0 ? ~slot : slot;
  }

  /** The first write to a slot, or -1. */
  firstTo(slot: number): number {
    const first = this.#firsts[this.#places[slot] ?? -1] ?? -1;
    return first >= 0 && this.slotOf(first) === slot ? first : -1;
  }

  /** The leaf in the slot is about to change or to go. */
  addChange(slot: number, leaves: LeafRows): void {
    this.leaves.copy(this.#slots.length, leaves, slot);
    this.#add(slot, slot);
  }

  /** An empty slot is about to get a leaf. */
  addInsertion(slot: number, key: Uint8Array): void {
    this.#inserted.push(key);
    this.#add(slot, ~slot);
  }

  /** Forgets the newest write. What it found stays in its row until the next one. */
  pop(): { readonly slot: number; readonly wasEmpty: boolean } {
    const last = this.#slots.length - 1;
    const slot = this.slotOf(last);
    if (this.#firsts[this.#firsts.length - 1] === last) this.#firsts.pop();
    const wasEmpty = (this.#slots.pop() ?? 0) < 0;
    if (wasEmpty) this.#inserted.pop();
    return { slot, wasEmpty };
  }

  /** All slots that were written to, ascending. */
  writtenSlots(): Int32Array {
    const slots = new Int32Array(this.#firsts.length);
    for (let index = 0; index < slots.length; index++) {
      slots[index] = this.slotOf(this.#firsts[index] as number);
    }
    return slots.sort();
  }

  clear(): void {
    this.leaves.clear(KEPT_ROWS);
    this.#slots = [];
    this.#firsts = [];
    this.#inserted = [];
  }

  #add(slot: number, entry: number): void {
    if (this.firstTo(slot) < 0) {
      if (slot >= this.#places.length) {
        const larger = new Int32Array(Math.max(slot + 1, 2 * this.#places.length));
        larger.set(this.#places);
        this.#places = larger;
      }
      this.#places[slot] = this.#firsts.length;
      this.#firsts.push(this.#slots.length);
    }
    this.#slots.push(entry);
  }
}
