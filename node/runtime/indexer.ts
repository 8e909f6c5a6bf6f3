// Hands committed states to the state store in order, no faster than it writes. What waits is bounded: catch-up stops for
// it, and a store that falls behind a live chain for good ends the node rather than its memory.

import type { StateCommit, StateStore } from "../storage/index.ts";

export type IndexerOptions = {
  readonly store: Pick<StateStore, "commit" | "pending" | "flushed">;
  /** A commit is in the store's hands, where look-ups find it. */
  readonly handed: (commit: StateCommit) => void;
  readonly failed: (error: unknown) => void;
};

/** Commits in the store's own queue; beyond, they wait here. */
const MAX_HANDED = 64;
/** With more than this waiting, there is no room for blocks that can come later. */
const MAX_BEHIND = 256;
/** Minutes of a loaded chain. */
const MAX_WAITING = 8_192;

export class Indexer {
  readonly #options: IndexerOptions;
  #waiting: StateCommit[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;

  constructor(options: IndexerOptions) {
    this.#options = options;
  }

  /** Commits that are not on disk yet. */
  get behind(): number {
    return this.#waiting.length + this.#options.store.pending();
  }

  get isBehind(): boolean {
    return this.behind > MAX_BEHIND;
  }

  /** What waits is forgotten: a restart finds it in the block log. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  add(commit: StateCommit): void {
    if (this.#closed) return;
    this.#waiting.push(commit);
    if (this.#waiting.length > MAX_WAITING) {
      const what = `the state store is ${MAX_WAITING} blocks behind; the disk is too slow for this load`;
      return this.#options.failed(new Error(what));
    }
    this.#hand();
    if (this.#waiting.length === 0 || this.#pumping !== undefined) return;
    this.#pumping = this.#pump()
      .catch((error: unknown) => {
        this.close();
        this.#options.failed(error);
      })
      .finally(() => {
        this.#pumping = undefined;
      });
  }

  /** Resolves when there is room again. */
  async room(): Promise<void> {
    while (this.isBehind && this.#pumping !== undefined) await this.#pumping;
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#options.store.flushed();
      this.#hand();
    }
  }

  #hand(): void {
    const { store, handed } = this.#options;
    while (this.#waiting.length > 0 && store.pending() < MAX_HANDED) {
      const commit = this.#waiting.shift();
      if (commit === undefined) return;
      store.commit(commit);
      handed(commit);
    }
  }
}
