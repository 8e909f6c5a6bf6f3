// The writes of one executed block that is not final yet: how to undo them, and what storage must write once the block
// is final.

import { assert } from "../../crypto/index.ts";
import type { AuthenticatedMap } from "./authenticated-map.ts";
import type { Overwritten } from "./overwritten.ts";
import type { StateWriter } from "./state-machine.ts";
import type { StoredChange } from "./stored-entry.ts";

/** Keys that begin so belong to the ledger. */
export const SYSTEM_KEY_KIND = 0x00;

export class Journal {
  readonly #map: AuthenticatedMap;
  #changes: readonly StoredChange[] | undefined;
  #overwritten: Overwritten | undefined;

  constructor(map: AuthenticatedMap) {
    this.#map = map;
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#assertOpen();
    this.#map.set(key, value);
  }

  delete(key: Uint8Array): void {
    this.#assertOpen();
    this.#map.delete(key);
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
      savepoint: () => this.#map.savepoint,
      revert: (savepoint) => {
        this.#assertOpen();
        this.#map.revert(savepoint);
      },
    };
  }

  /** No more writes: hashes them and notes what they changed. */
  seal(): void {
    this.#changes = this.#map.changes();
    this.#overwritten = this.#map.seal();
  }

  /** What the sealed block laid over the state before it. */
  get overwritten(): Overwritten {
    assert(this.#overwritten !== undefined, "a journal is sealed when its block is executed");
    return this.#overwritten;
  }

  /** The map is again as it was before the sealed block, hashes and all. */
  takeBack(): void {
    this.#map.takeBack(this.overwritten);
  }

  /** For storage, once the block is final: every key whose value or slot has changed. */
  storedChanges(): readonly StoredChange[] {
    assert(this.#changes !== undefined, "only a sealed journal is stored");
    return this.#changes;
  }

  #assertOpen(): void {
    assert(this.#changes === undefined, "a sealed journal takes no writes");
  }
}
