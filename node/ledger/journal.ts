// The writes of one executed block that is not final yet: how to undo them, what each key held before, and what storage
// must write once the block is final.

import { assert } from "../../crypto/index.ts";
import type { AuthenticatedMap, Change, MapEntry } from "./authenticated-map.ts";
import type { Overwritten } from "./overwritten.ts";
import { type Keyed, SortedIndex } from "./sorted-index.ts";
import type { Savepoint, StateWriter } from "./state-machine.ts";
import { storedValue } from "./stored-entry.ts";

/** Keys that begin so belong to the ledger. */
export const SYSTEM_KEY_KIND = 0x00;

/** What storage does with one key; see StoredEntry for the value. Undefined: delete it. */
export type StoredChange = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };

/** A key before the block: its value and its entry, both undefined if it had none. */
export type Before = {
  readonly value: Uint8Array | undefined;
  readonly entry: MapEntry | undefined;
};

const NOTHING: Before = { value: undefined, entry: undefined };

export class Journal {
  readonly #map: AuthenticatedMap;
  readonly #changes: Change[] = [];
  /** Every entry that was written to. A key that is deleted and set again has two entries. */
  readonly #touched = new Map<MapEntry, Before>();
  /** Every key that was deleted, though it may be back. */
  readonly #deleted = new SortedIndex<Before & Keyed>();
  #after: readonly StoredChange[] | undefined;
  #overwritten: Overwritten | undefined;

  constructor(map: AuthenticatedMap) {
    this.#map = map;
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#record(this.#map.set(key, value));
  }

  delete(key: Uint8Array): void {
    const change = this.#map.delete(key);
    if (change !== undefined) this.#record(change);
  }

  /** What an application may do: everything but the ledger's own keys. */
  writer(): StateWriter {
    return {
      get: (key) => this.#map.get(key),
      set: (key, value) => {
        assert(key[0] !== SYSTEM_KEY_KIND, "keys that begin with 0 belong to the ledger");
        this.set(key, value);
      },
      delete: (key) => {
        assert(key[0] !== SYSTEM_KEY_KIND, "keys that begin with 0 belong to the ledger");
        this.delete(key);
      },
      savepoint: () => this.#changes.length,
      revert: (savepoint) => this.revert(savepoint),
    };
  }

  /** No more writes: hashes them and notes where every touched key has ended up. */
  seal(): void {
    this.#after = this.#collectAfter();
    this.#overwritten = this.#map.seal();
  }

  /** What the sealed block laid over the state before it. */
  get overwritten(): Overwritten {
    assert(this.#overwritten !== undefined, "a journal is sealed when its block is executed");
    return this.#overwritten;
  }

  /** The map is again as it was before the sealed block, hashes and all. */
  takeBack(): void {
    this.revert();
    this.#map.takeBack(this.overwritten);
  }

  /** Undoes all writes since the savepoint, the newest first; all of them without one. */
  revert(savepoint: Savepoint = 0): void {
    assert(savepoint >= 0 && savepoint <= this.#changes.length, "a savepoint is in the past");
    while (this.#changes.length > savepoint) {
      const change = this.#changes.pop();
      assert(change !== undefined, "there is a change to undo");
      this.#map.revert(change);
    }
  }

  /** What `key`, whose entry after the block was `entry`, was before it; undefined when the block did not write to it. */
  before(key: Uint8Array, entry: MapEntry | undefined): Before | undefined {
    const touched = entry === undefined ? undefined : this.#touched.get(entry);
    return touched ?? this.#deleted.get(key);
  }

  /** For storage, once the block is final: every key whose value or slot may have changed. */
  storedChanges(): readonly StoredChange[] {
    assert(this.#after !== undefined, "only a sealed journal is stored");
    return this.#after;
  }

  #record(change: Change): void {
    assert(this.#after === undefined, "a sealed journal takes no writes");
    this.#changes.push(change);
    const { entry } = change;
    let touched = this.#touched.get(entry);
    if (touched === undefined) {
      touched = this.#deleted.get(entry.key) ?? beforeOf(change);
      this.#touched.set(entry, touched);
    }
    if (change.type === "deleted" && this.#deleted.get(entry.key) === undefined) {
      this.#deleted.insert({ key: entry.key, value: touched.value, entry: touched.entry });
    }
  }

  #collectAfter(): StoredChange[] {
    const after: StoredChange[] = [];
    for (const entry of this.#touched.keys()) {
      if (entry.isPresent) after.push({ key: entry.key, value: storedValue(entry) });
    }
    for (const { key, value } of this.#deleted.values()) {
      const isGone = value !== undefined && this.#map.entry(key) === undefined;
      if (isGone) after.push({ key, value: undefined });
    }
    const moved = new Set<MapEntry>();
    for (const change of this.#changes) {
      if (change.type === "deleted" && change.moved?.isPresent) moved.add(change.moved);
    }
    for (const entry of moved) {
      if (!this.#touched.has(entry)) {
        after.push({ key: entry.key, value: storedValue(entry) });
      }
    }
    return after;
  }
}

function beforeOf(change: Change): Before {
  return change.type === "inserted" ? NOTHING : change;
}
