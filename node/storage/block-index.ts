// Where the blocks of the log lie: hash -> place, final height -> hash, final height -> certificate. Kept in lmdb as far
// as its cursor says; the log is the truth, and whatever lies behind the cursor is read from it again at open.

import { assert, type Hash, type Height, hash, height } from "../../crypto/index.ts";
import { type ByteTable, copyOf, Database, heightKey, heightOf, readValue } from "./database.ts";
import { dataOf, getUint53, setUint53 } from "./frame.ts";
import type { LogCursor, RecordLocation } from "./segmented-log.ts";

export type IndexedBlock = {
  readonly hash: Hash;
  readonly height: Height;
  readonly location: RecordLocation;
};

/** What the frames up to `cursor` add to the index. */
export type IndexUpdate = {
  readonly blocks: readonly IndexedBlock[];
  readonly finals: readonly { readonly height: Height; readonly hash: Hash }[];
  readonly certificates: readonly {
    readonly height: Height;
    readonly location: RecordLocation;
  }[];
  readonly cursor: LogCursor;
};

const CURSOR_KEY = "cursor";
const FINAL_KEY = "final";

export class BlockIndex {
  readonly #database: Database;
  readonly #blocks: ByteTable;
  /** Height and hash of every block above the final height; those below may linger. */
  readonly #certified: ByteTable;
  readonly #finals: ByteTable;
  readonly #certificates: ByteTable;

  /** @throws {StorageError} DATABASE_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT */
  constructor(options: { readonly path: string; readonly identity: Uint8Array }) {
    this.#database = new Database({
      ...options,
      purpose: "quorate/block-index",
      remedy: "Delete this folder: the index is rebuilt from the block log.",
    });
    this.#blocks = this.#database.table("blocks");
    this.#certified = this.#database.table("certified");
    this.#finals = this.#database.table("finals");
    this.#certificates = this.#database.table("certificates");
  }

  cursor(): LogCursor | undefined {
    const value = this.#database.meta(CURSOR_KEY);
    if (value === undefined) return undefined;
    const data = dataOf(value);
    return {
      segment: getUint53(data, 0),
      offset: getUint53(data, 8),
      sequence: getUint53(data, 16),
    };
  }

  finalHeight(): Height | undefined {
    const value = this.#database.meta(FINAL_KEY);
    return value === undefined ? undefined : height(heightOf(value));
  }

  block(hash: Hash): IndexedBlock | undefined {
    const value = readValue(this.#blocks, hash);
    if (value === undefined) return undefined;
    return {
      hash,
      height: height(getUint53(dataOf(value), 0)),
      location: decodeLocation(value, 8),
    };
  }

  hashAt(height: Height): Hash | undefined {
    const value = readValue(this.#finals, heightKey(height));
    return value && hash(value);
  }

  certificate(height: Height): RecordLocation | undefined {
    const value = readValue(this.#certificates, heightKey(height));
    return value && decodeLocation(value, 0);
  }

  /** The blocks above a height, lowest first. */
  *certifiedAbove(height: number): Iterable<{ readonly hash: Hash; readonly height: Height }> {
    for (const key of this.#certified.getKeys({ start: heightKey(height + 1) })) {
      yield decodeCertified(copyOf(key));
    }
  }

  write(update: IndexUpdate): Promise<void> {
    const obsolete = this.#obsolete(update);
    return this.#database.write(() => this.#put(update, obsolete));
  }

  /** Only while the store is being opened. */
  writeSync(update: IndexUpdate): void {
    const obsolete = this.#obsolete(update);
    this.#database.writeSync(() => this.#put(update, obsolete));
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #put(update: IndexUpdate, obsolete: readonly Uint8Array[]): void {
    for (const { hash, height, location } of update.blocks) {
      const value = new Uint8Array(24);
      setUint53(dataOf(value), 0, height);
      value.set(encodeLocation(location), 8);
      void this.#blocks.put(hash, value);
      void this.#certified.put(certifiedKey({ hash, height }), new Uint8Array(1));
    }
    for (const { height, hash } of update.finals) void this.#finals.put(heightKey(height), hash);
    for (const { height, location } of update.certificates) {
      void this.#certificates.put(heightKey(height), encodeLocation(location));
    }
    for (const key of obsolete) void this.#certified.remove(key);
    const final = update.finals.at(-1);
    if (final !== undefined) this.#database.putMeta(FINAL_KEY, heightKey(final.height));
    this.#database.putMeta(CURSOR_KEY, encodeCursor(update.cursor));
  }

  /** What the update's finality makes worthless in the table of certified blocks. */
  #obsolete(update: IndexUpdate): readonly Uint8Array[] {
    const final = update.finals.at(-1);
    if (final === undefined) return [];
    const keys: Uint8Array[] = [];
    for (const key of this.#certified.getKeys({ end: heightKey(final.height + 1) })) {
      keys.push(copyOf(key));
    }
    for (const block of update.blocks) {
      if (block.height <= final.height) keys.push(certifiedKey(block));
    }
    return keys;
  }
}

function encodeLocation(location: RecordLocation): Uint8Array {
  const value = new Uint8Array(16);
  setUint53(dataOf(value), 0, location.segment);
  setUint53(dataOf(value), 8, location.offset);
  return value;
}

function decodeLocation(value: Uint8Array, start: number): RecordLocation {
  const data = dataOf(value);
  return { segment: getUint53(data, start), offset: getUint53(data, start + 8) };
}

function encodeCursor(cursor: LogCursor): Uint8Array {
  const value = new Uint8Array(24);
  const data = dataOf(value);
  setUint53(data, 0, cursor.segment);
  setUint53(data, 8, cursor.offset);
  setUint53(data, 16, cursor.sequence);
  return value;
}

function certifiedKey(block: { readonly hash: Hash; readonly height: Height }): Uint8Array {
  const key = new Uint8Array(40);
  key.set(heightKey(block.height), 0);
  key.set(block.hash, 8);
  return key;
}

function decodeCertified(key: Uint8Array): { readonly hash: Hash; readonly height: Height } {
  assert(key.length === 40, "a certified block has a key of 40 bytes");
  return { height: height(heightOf(key)), hash: hash(key.slice(8)) };
}
