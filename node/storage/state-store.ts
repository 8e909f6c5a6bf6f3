// The state at exactly one final height, with the transactions and receipts of every height up to it, in lmdb. A commit
// is written whole, in one transaction of the database, on its own thread and in order. After a crash the state may be some heights
// behind the block log, never torn: the owner replays the blocks.

import { join } from "node:path";
import {
  assert,
  ByteMap,
  concatBytes,
  type Hash,
  type Height,
  hash,
  height,
} from "../../crypto/index.ts";
import { type ByteTable, copyOf, Database, heightKey, heightOf, readValue } from "./database.ts";
import { ioError, type StorageError, SYNC_AGAIN } from "./storage-error.ts";

export type StateChange = {
  /** 1..1024 bytes. */
  readonly key: Uint8Array;
  /** undefined removes the key. */
  readonly value: Uint8Array | undefined;
};

export type TransactionRecord = { readonly hash: Hash; readonly record: Uint8Array };

/** None of the bytes may change after they were handed over. */
export type StateCommit = {
  readonly height: Height;
  readonly stateRoot: Hash;
  readonly changes: readonly StateChange[];
  readonly transactions: readonly TransactionRecord[];
  readonly receipts?: Uint8Array;
};

export type StoredState = {
  readonly height: Height;
  readonly stateRoot: Hash;
  /** In the order of the keys; to be read before the next commit. */
  readonly entries: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
};

export type StateStoreOptions = {
  readonly directory: string;
  /** 32 bytes: the chain id. */
  readonly identity: Uint8Array;
};

const STATE_FOLDER = "state";
const TIP_KEY = "tip";
const MAX_KEY_BYTES = 1_024;
/** The owner slows down long before, by `pending()`. */
const MAX_PENDING_COMMITS = 256;
/** Commits that wait share a transaction up to this many writes: about 5 ms of the main thread. */
const MAX_SHARED_WRITES = 5_000;

type Queued = {
  readonly commit: StateCommit;
  /** Made by the first look-up that needs it. */
  byHash: ByteMap<Uint8Array> | undefined;
};

/** @throws {StorageError} DATABASE_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT, IO */
export function openStateStore(options: StateStoreOptions): StateStore {
  return new StateStore(options);
}

export class StateStore {
  readonly #database: Database;
  readonly #entries: ByteTable;
  readonly #transactions: ByteTable;
  readonly #receipts: ByteTable;
  /** Oldest first; the first ones may be on their way to the disk. */
  readonly #queue: Queued[] = [];
  #height: Height | undefined;
  #writing: Promise<void> | undefined;
  #failure: StorageError | undefined;
  #closed = false;

  /** From `openStateStore` only. */
  constructor(options: StateStoreOptions) {
    this.#database = new Database({
      path: join(options.directory, STATE_FOLDER),
      identity: options.identity,
      purpose: "quorate/state",
      remedy: SYNC_AGAIN,
    });
    this.#entries = this.#database.table("entries");
    this.#transactions = this.#database.table("transactions");
    this.#receipts = this.#database.table("receipts");
    this.#height = this.#tip()?.height;
  }

  /** Queues the state of the next height. Returns at once; `flushed` says when it is durable. */
  commit(commit: StateCommit): void {
    this.#assertUsable();
    const { height } = commit;
    assert(
      this.#height === undefined || height === this.#height + 1,
      `state ${height} cannot follow state ${this.#height}`,
    );
    assert(this.#queue.length < MAX_PENDING_COMMITS, "the owner slows down by pending()");
    for (const { key } of commit.changes) {
      assert(key.length > 0 && key.length <= MAX_KEY_BYTES, `a key of ${key.length} bytes`);
    }
    this.#height = height;
    this.#queue.push({ commit, byHash: undefined });
    this.#writing ??= Promise.resolve().then(() => this.#writeQueue());
  }

  /** Commits that are not durable yet. */
  pending(): number {
    return this.#queue.length;
  }

  /** Every commit so far is durable when it resolves. Rejects when a write failed: the store is then of no more use. */
  async flushed(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What is durable: nothing before the first commit. */
  load(): StoredState | undefined {
    const tip = this.#tip();
    return tip && { ...tip, entries: this.#readEntries() };
  }

  /** The record of a transaction, written or still queued. */
  transaction(hash: Hash): Uint8Array | undefined {
    for (let index = this.#queue.length - 1; index >= 0; index--) {
      const queued = this.#queue[index] as Queued;
      queued.byHash ??= indexOf(queued.commit.transactions);
      const record = queued.byHash.get(hash);
      if (record !== undefined) return record;
    }
    return readValue(this.#transactions, hash);
  }

  /** What the commit of a height brought as receipts, written or still queued. */
  receiptsAt(height: Height): Uint8Array | undefined {
    const queued = this.#queue.find(({ commit }) => commit.height === height);
    return queued?.commit.receipts ?? readValue(this.#receipts, heightKey(height));
  }

  /** Writes what is queued, then closes the database. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#database.close();
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const commits = this.#nextCommits();
        await this.#database.write(() => {
          for (const commit of commits) this.#put(commit);
        });
        this.#queue.splice(0, commits.length);
      }
    } catch (error) {
      this.#failure = ioError(error, { what: "writing the state", path: this.#database.path });
    } finally {
      this.#writing = undefined;
    }
  }

  /** What goes into the next transaction: whole commits, more than one only while they are small. */
  #nextCommits(): readonly StateCommit[] {
    const commits: StateCommit[] = [];
    let writes = 0;
    for (const { commit } of this.#queue) {
      writes += commit.changes.length + commit.transactions.length;
      if (commits.length > 0 && writes > MAX_SHARED_WRITES) break;
      commits.push(commit);
    }
    return commits;
  }

  #put(commit: StateCommit): void {
    for (const { key, value } of commit.changes) {
      if (value === undefined) void this.#entries.remove(key);
      else void this.#entries.put(key, value);
    }
    for (const { hash, record } of commit.transactions) void this.#transactions.put(hash, record);
    const key = heightKey(commit.height);
    if (commit.receipts !== undefined) void this.#receipts.put(key, commit.receipts);
    this.#database.putMeta(TIP_KEY, concatBytes(key, commit.stateRoot));
  }

  #tip(): { readonly height: Height; readonly stateRoot: Hash } | undefined {
    const tip = this.#database.meta(TIP_KEY);
    return tip && { height: height(heightOf(tip)), stateRoot: hash(tip.slice(8)) };
  }

  *#readEntries(): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
    for (const { key, value } of this.#entries.getRange({})) {
      yield { key: copyOf(key), value: copyOf(value) };
    }
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    assert(!this.#closed, "a closed state store is not written");
  }
}

function indexOf(transactions: readonly TransactionRecord[]): ByteMap<Uint8Array> {
  const byHash = new ByteMap<Uint8Array>();
  for (const { hash, record } of transactions) byHash.set(hash, record);
  return byHash;
}
