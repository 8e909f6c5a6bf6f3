// One lmdb environment: binary keys and values, several tables, and a first table that says whose it is. A write is one
// transaction and durable when its promise resolves (lmdb's overlapping sync is off: a failed sync must reject).

import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { open, type RootDatabase, type Database as Table } from "lmdb";
import { ascii, assert, equalBytes } from "../../crypto/index.ts";
import { dataOf, getUint53, IDENTITY_BYTES, setUint53 } from "./frame.ts";
import { ioError, StorageError } from "./storage-error.ts";

export type ByteTable = Table<Uint8Array, Uint8Array>;

const FORMAT_KEY = ascii("format");
const CHAIN_KEY = ascii("chain");
const FORMAT_VERSION = 1;
const BINARY = { encoding: "binary", keyEncoding: "binary" } as const;

export type DatabaseOptions = {
  readonly path: string;
  /** 32 bytes: the chain id. */
  readonly identity: Uint8Array;
  /** What the environment holds: an environment of another purpose is refused. */
  readonly purpose: string;
  /** What a person can do when it is damaged. */
  readonly remedy: string;
};

export class Database {
  readonly path: string;
  readonly #root: RootDatabase<Uint8Array, Uint8Array>;
  readonly #meta: ByteTable;

  /** @throws {StorageError} DATABASE_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT */
  constructor(options: DatabaseOptions) {
    assert(options.identity.length === IDENTITY_BYTES, "a chain id has 32 bytes");
    this.path = options.path;
    const file = join(options.path, "data.mdb");
    try {
      refuseForeignFile(file);
      this.#root = open<Uint8Array, Uint8Array>({
        ...BINARY,
        path: options.path,
        noSubdir: false,
        overlappingSync: false,
        maxDbs: 16,
      });
      this.#meta = this.table("meta");
    } catch (error) {
      throw new StorageError({
        code: "DATABASE_DAMAGED",
        what: `the database cannot be opened (${error instanceof Error ? error.message : error})`,
        path: file,
        remedy: options.remedy,
        cause: error,
      });
    }
    try {
      this.#checkOwner(options);
    } catch (error) {
      void this.#root.close();
      throw error;
    }
  }

  table(name: string): ByteTable {
    return this.#root.openDB<Uint8Array, Uint8Array>(name, { ...BINARY });
  }

  meta(key: string): Uint8Array | undefined {
    return readValue(this.#meta, ascii(key));
  }

  /** Only inside `write` or `writeSync`. */
  putMeta(key: string, value: Uint8Array): void {
    void this.#meta.put(ascii(key), value);
  }

  /**
   * All the puts and removes of `action` in one transaction. The bytes handed to them must not change before it
   * resolves: lmdb reads them later, on its own thread.
   */
  async write(action: () => void): Promise<void> {
    try {
      await this.#root.batch(action);
    } catch (error) {
      throw ioError(await rootCause(error), { what: "writing the database", path: this.path });
    }
  }

  /** The same, durable on return; never while a `write` is under way, which it would split. */
  writeSync(action: () => void): void {
    try {
      this.#root.transactionSync(action);
    } catch (error) {
      throw ioError(error, { what: "writing the database", path: this.path });
    }
  }

  close(): Promise<void> {
    return this.#root.close();
  }

  #checkOwner(options: DatabaseOptions): void {
    const format = ascii(`${options.purpose}/${FORMAT_VERSION}`);
    const foundFormat = readValue(this.#meta, FORMAT_KEY);
    const foundChain = readValue(this.#meta, CHAIN_KEY);
    if (foundFormat === undefined && foundChain === undefined) {
      this.writeSync(() => {
        void this.#meta.put(FORMAT_KEY, format);
        void this.#meta.put(CHAIN_KEY, options.identity);
      });
      return;
    }
    if (foundFormat === undefined || !equalBytes(foundFormat, format)) {
      throw new StorageError({
        code: "UNKNOWN_FORMAT",
        what: `the database is not of format ${options.purpose}/${FORMAT_VERSION}`,
        path: options.path,
        remedy: `Run the version that wrote it, or start afresh. ${options.remedy}`,
      });
    }
    if (foundChain === undefined || !equalBytes(foundChain, options.identity)) {
      throw new StorageError({
        code: "WRONG_CHAIN",
        what: "the database belongs to another chain",
        path: options.path,
        remedy: "Use the genesis that this directory was made with, or another data directory.",
      });
    }
  }
}

const PAGE_HEADER_BYTES = 24;
const META_BYTES = 32;
const META_MAGIC = 0xbeefc0de;
const META_VERSION = 2;

/** lmdb-js crashes the process on a file without the two pages that every environment begins with: look first. */
function refuseForeignFile(file: string): void {
  if (!existsSync(file)) return;
  const handle = openSync(file, "r");
  try {
    if (fstatSync(handle).size === 0) return;
    const meta = new Uint8Array(META_BYTES);
    let position = PAGE_HEADER_BYTES;
    for (const page of [0, 1]) {
      const length = readSync(handle, meta, 0, META_BYTES, position);
      const data = dataOf(meta);
      const known =
        length === META_BYTES &&
        data.getUint32(0, endianness() === "LE") === META_MAGIC &&
        (data.getUint32(4, endianness() === "LE") & 0xffff) === META_VERSION;
      if (!known) throw new Error(`page ${page} is not the head of an lmdb environment`);
      position += data.getUint32(24, endianness() === "LE");
    }
  } finally {
    closeSync(handle);
  }
}

/** A copy of the value: lmdb reuses the buffer that it reads into. */
export function readValue(table: ByteTable, key: Uint8Array): Uint8Array | undefined {
  const found = table.getBinaryFast(key);
  return found === undefined ? undefined : copyOf(found);
}

/** A plain copy of what lmdb lent us. */
export function copyOf(lent: Uint8Array): Uint8Array {
  const copy = new Uint8Array(lent.length);
  copy.set(lent.subarray(0, lent.length));
  return copy;
}

/** Big-endian, so that keys sort as the heights do. */
export function heightKey(height: number): Uint8Array {
  const key = new Uint8Array(8);
  setUint53(dataOf(key), 0, height);
  return key;
}

export function heightOf(key: Uint8Array): number {
  return getUint53(dataOf(key), 0);
}

/** lmdb-js says "see commitError", a promise. */
async function rootCause(error: unknown): Promise<unknown> {
  const inner = (error as { readonly commitError?: Promise<unknown> }).commitError;
  if (inner === undefined) return error;
  return inner.then(
    () => error,
    (cause: unknown) => cause,
  );
}
