// Certified blocks, then their finality. Everything is visible at once and durable after the next flush; the log is the
// truth and the index follows it. Blocks are opaque bytes under a hash and a height.

import { join } from "node:path";
import { assert, ByteMap, equalBytes, type Hash, type Height } from "../../crypto/index.ts";
import { BlockIndex, type IndexUpdate } from "./block-index.ts";
import { type BlockRecord, decodeBlockRecord, encodeBlockRecord } from "./block-record.ts";
import { extendUpdate, type GrowingUpdate, IndexReplay, noteRecord } from "./block-replay.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import {
  type LogCursor,
  openSegmentedLog,
  type RecordLocation,
  type SegmentedLog,
} from "./segmented-log.ts";
import { ioError, type StorageError } from "./storage-error.ts";

export type StoredBlock = {
  readonly hash: Hash;
  readonly height: Height;
  readonly bytes: Uint8Array;
};

export type FinalBlock = StoredBlock & { readonly certificate: Uint8Array | undefined };

export type BlockStoreOptions = {
  readonly directory: string;
  /** 32 bytes: the chain id. */
  readonly identity: Uint8Array;
  /** Default 256 MiB. */
  readonly segmentBytes?: number;
  /** Under the log; the index always lies in the real file system. */
  readonly disk?: Disk;
};

export type BlockStoreRecovery = {
  /** Of a flush that never finished: nothing that was durable. */
  readonly truncatedBytes: number;
  /** Frames that the index had not seen. */
  readonly reindexedFrames: number;
};

const INDEX_FOLDER = "index";
const DEFAULT_SEGMENT_BYTES = 256 * 2 ** 20;
const MAX_BLOCK_BYTES = 16 * 2 ** 20;
const MAX_CERTIFICATE_BYTES = 2 ** 20;
const MAX_FRAME_BYTES = 32 * 2 ** 20;
const RECORD_OVERHEAD_BYTES = 64;
/** The owner flushes long before; more than this unflushed is a bug. */
const MAX_QUEUED_BYTES = 256 * 2 ** 20;
/** Certified but not final: a chain that cannot finalize stops certifying, and sync finalizes as it goes. */
const MAX_UNFINAL_BLOCKS = 65_536;

/** In memory until the log has taken it; then a place in the log until the index knows it, too. */
type Fresh<T> = T & { bytes: Uint8Array | undefined; location: RecordLocation | undefined };

/** @throws {StorageError} LOG_DAMAGED, DATABASE_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT, IO */
export async function openBlockStore(options: BlockStoreOptions): Promise<{
  readonly store: BlockStore;
  readonly recovery: BlockStoreRecovery;
}> {
  const { directory, identity, disk = nodeDisk } = options;
  const index = new BlockIndex({ path: join(directory, INDEX_FOLDER), identity });
  try {
    const replay = new IndexReplay(index);
    const { log, truncatedBytes } = openSegmentedLog({
      directory,
      identity,
      maxFrameBytes: MAX_FRAME_BYTES,
      segmentBytes: options.segmentBytes ?? DEFAULT_SEGMENT_BYTES,
      resumeAt: index.cursor(),
      visit: (frame) => replay.visit(frame),
      disk,
    });
    replay.finish();
    const recovery = { truncatedBytes, reindexedFrames: replay.frames };
    return { store: new BlockStore(log, index), recovery };
  } catch (error) {
    await index.close();
    throw ioError(error, { what: "opening the block store", path: directory });
  }
}

type Queued = { readonly record: BlockRecord; readonly bytes: Uint8Array };

export class BlockStore {
  readonly #log: SegmentedLog;
  readonly #index: BlockIndex;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  readonly #freshBlocks = new ByteMap<Fresh<{ readonly hash: Hash; readonly height: Height }>>();
  readonly #freshFinals = new Map<Height, Hash>();
  readonly #freshCertificates = new Map<Height, Fresh<object>>();
  readonly #unfinal = new ByteMap<{ readonly hash: Hash; readonly height: Height }>();
  #finalHeight: Height | undefined;
  #lastFlush: Promise<void> = Promise.resolve();
  #pendingUpdate: GrowingUpdate | undefined;
  #indexing: Promise<void> | undefined;
  #failure: StorageError | undefined;
  #closed = false;

  /** From `openBlockStore` only. */
  constructor(log: SegmentedLog, index: BlockIndex) {
    this.#log = log;
    this.#index = index;
    this.#finalHeight = index.finalHeight();
    for (const block of index.certifiedAbove(this.#finalHeight ?? -1)) {
      this.#unfinal.set(block.hash, block);
    }
  }

  /** Keeps a certified block; one that is known already is left as it is. The bytes must not change afterwards. */
  putBlock(block: StoredBlock): void {
    this.#assertUsable();
    const { hash, height, bytes } = block;
    assert(bytes.length <= MAX_BLOCK_BYTES, `a block of ${bytes.length} bytes is too large`);
    const known = this.#known(hash);
    if (known !== undefined) {
      assert(known.height === height, "a block hash stands for one height");
      return;
    }
    this.#enqueue({ type: "block", hash, height, bytes });
    this.#freshBlocks.set(hash, { hash, height, bytes, location: undefined });
    if (height > (this.#finalHeight ?? -1)) this.#unfinal.set(hash, { hash, height });
    assert(this.#unfinal.size <= MAX_UNFINAL_BLOCKS, "the owner finalizes as it goes");
  }

  /**
   * The block of the next height is final. The first height is free (genesis or a snapshot), then there are no gaps.
   * Finalizing the same block again changes nothing.
   */
  finalize(final: {
    readonly height: Height;
    readonly hash: Hash;
    readonly certificate?: Uint8Array;
  }): void {
    this.#assertUsable();
    const { height, hash, certificate } = final;
    if (this.#finalHeight !== undefined && height <= this.#finalHeight) {
      const settled = this.hashAt(height);
      assert(settled !== undefined && equalBytes(settled, hash), "a final block stays final");
      if (certificate !== undefined) this.attachCertificate({ height, certificate });
      return;
    }
    const expected = this.#finalHeight === undefined ? height : this.#finalHeight + 1;
    assert(height === expected, `height ${height} cannot be final before ${expected}`);
    assert(this.#known(hash)?.height === height, "a block is stored before it is final");
    assertCertificate(certificate);
    this.#enqueue({ type: "final", height, hash, certificate });
    this.#freshFinals.set(height, hash);
    if (certificate !== undefined) this.#setFreshCertificate(height, certificate);
    this.#finalHeight = height;
    for (const block of [...this.#unfinal.values()]) {
      if (block.height <= height) this.#unfinal.delete(block.hash);
    }
  }

  /** Attaches bytes to a height that is final; the newest certificate stands. */
  attachCertificate(attached: { readonly height: Height; readonly certificate: Uint8Array }): void {
    this.#assertUsable();
    const { height, certificate } = attached;
    assert(this.hashAt(height) !== undefined, `height ${height} has no final block to certify`);
    assertCertificate(certificate);
    this.#enqueue({ type: "certificate", height, certificate });
    this.#setFreshCertificate(height, certificate);
  }

  /** Everything put so far is durable when it resolves: one frame of the log, unless it is larger than one may be. */
  flush(): Promise<void> {
    this.#assertUsable();
    const batches = this.#takeBatches();
    if (batches.length > 0) {
      const appends = batches.map((batch) => {
        const onLocated = this.#settleBatch(batch);
        return this.#log.append(
          batch.map(({ bytes }) => bytes),
          onLocated,
        );
      });
      this.#lastFlush = Promise.all(appends).then(() => undefined);
    }
    return this.#lastFlush;
  }

  /** Everything put so far is durable on return. */
  flushSync(): void {
    this.#assertUsable();
    for (const batch of this.#takeBatches()) {
      this.#log.appendSync(
        batch.map(({ bytes }) => bytes),
        this.#settleBatch(batch),
      );
    }
    this.#log.syncNow();
  }

  /** @throws {StorageError} LOG_DAMAGED if the block is there but no longer what was written */
  blockByHash(hash: Hash): StoredBlock | undefined {
    const fresh = this.#freshBlocks.get(hash);
    if (fresh?.bytes !== undefined) return { hash, height: fresh.height, bytes: fresh.bytes };
    const location = fresh?.location ?? this.#index.block(hash)?.location;
    if (location === undefined) return undefined;
    const record = decodeBlockRecord(this.#log.read(location));
    assert(record.type === "block", "the index of blocks leads to blocks");
    return { hash: record.hash, height: record.height, bytes: record.bytes };
  }

  /** The final block of a height. */
  blockAt(height: Height): StoredBlock | undefined {
    const hash = this.hashAt(height);
    return hash && this.blockByHash(hash);
  }

  hashAt(height: Height): Hash | undefined {
    return this.#freshFinals.get(height) ?? this.#index.hashAt(height);
  }

  certificateAt(height: Height): Uint8Array | undefined {
    const fresh = this.#freshCertificates.get(height);
    if (fresh?.bytes !== undefined) return fresh.bytes;
    const location = fresh?.location ?? this.#index.certificate(height);
    if (location === undefined) return undefined;
    const record = decodeBlockRecord(this.#log.read(location));
    assert(record.type !== "block", "the index of certificates leads to certificates");
    return record.certificate;
  }

  /** The highest final height; undefined for a store without a final block. */
  finalHeight(): Height | undefined {
    return this.#finalHeight;
  }

  /** The final blocks from a height on, lowest first, as far as they go while it is read. */
  *finalBlocksFrom(first: Height): Iterable<FinalBlock> {
    for (let height = first; ; height = (height + 1) as Height) {
      const block = this.blockAt(height);
      if (block === undefined) return;
      yield { ...block, certificate: this.certificateAt(height) };
    }
  }

  /** The blocks that are stored above the final height, lowest first. */
  certifiedAfterFinal(): readonly { readonly hash: Hash; readonly height: Height }[] {
    return [...this.#unfinal.values()].sort((left, right) => left.height - right.height);
  }

  /** Flushes, lets the index catch up and closes the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      if (this.#failure === undefined) await this.flush();
    } finally {
      this.#closed = true;
      await this.#indexing;
      await this.#log.close();
      await this.#index.close();
    }
  }

  #known(hash: Hash): { readonly height: Height } | undefined {
    return this.#freshBlocks.get(hash) ?? this.#index.block(hash);
  }

  #setFreshCertificate(height: Height, bytes: Uint8Array): void {
    this.#freshCertificates.set(height, { bytes, location: undefined });
  }

  #enqueue(record: BlockRecord): void {
    const bytes = encodeBlockRecord(record);
    assert(this.#queuedBytes + bytes.length <= MAX_QUEUED_BYTES, "the owner flushes as it goes");
    this.#queue.push({ record, bytes });
    this.#queuedBytes += bytes.length;
  }

  #takeBatches(): readonly (readonly Queued[])[] {
    const batches: Queued[][] = [];
    let room = 0;
    for (const item of this.#queue) {
      const size = item.bytes.length + RECORD_OVERHEAD_BYTES;
      const batch = batches.at(-1);
      if (batch === undefined || size > room) {
        batches.push([item]);
        room = MAX_FRAME_BYTES - size;
      } else {
        batch.push(item);
        room -= size;
      }
    }
    this.#queue = [];
    this.#queuedBytes = 0;
    return batches;
  }

  #settleBatch(batch: readonly Queued[]) {
    return (locations: readonly RecordLocation[], next: LogCursor): void => {
      const update = extendUpdate(this.#pendingUpdate, next);
      this.#pendingUpdate = update;
      for (const [index, { record }] of batch.entries()) {
        const location = locations[index];
        assert(location !== undefined, "every record has a place");
        noteRecord(update, record, location);
        const fresh =
          record.type === "block"
            ? this.#freshBlocks.get(record.hash)
            : this.#freshCertificates.get(record.height);
        const content = record.type === "block" ? record.bytes : record.certificate;
        if (fresh === undefined || fresh.bytes !== content) continue;
        fresh.bytes = undefined;
        fresh.location = location;
      }
      this.#indexing ??= this.#writeIndex();
    };
  }

  async #writeIndex(): Promise<void> {
    try {
      // What a flush of several frames brings in one turn becomes one transaction.
      await Promise.resolve();
      while (this.#pendingUpdate !== undefined && this.#failure === undefined) {
        const update = this.#pendingUpdate;
        this.#pendingUpdate = undefined;
        await this.#index.write(update);
        this.#forget(update);
      }
    } catch (error) {
      this.#failure = ioError(error, { what: "writing the block index", path: INDEX_FOLDER });
    } finally {
      this.#indexing = undefined;
    }
  }

  /** The index knows these now. */
  #forget(update: IndexUpdate): void {
    for (const { hash } of update.blocks) this.#freshBlocks.delete(hash);
    for (const { height } of update.finals) this.#freshFinals.delete(height);
    for (const { height, location } of update.certificates) {
      if (this.#freshCertificates.get(height)?.location === location) {
        this.#freshCertificates.delete(height);
      }
    }
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    assert(!this.#closed, "a closed block store is not written");
  }
}

function assertCertificate(certificate: Uint8Array | undefined): void {
  const length = certificate?.length ?? 0;
  assert(length <= MAX_CERTIFICATE_BYTES, `a certificate of ${length} bytes is too large`);
}
