// The block store of a simulated validator: the real log and the real records, under an index in memory that is read
// from the log at open. What is put is visible at once and durable after the next flush, as in the live node.

import { assert, ByteMap, equalBytes, type Hash, type Height } from "../../../crypto/index.ts";
import {
  type BlockRecord,
  type Disk,
  decodeBlockRecord,
  encodeBlockRecord,
  openSegmentedLog,
  type RecordLocation,
  type SegmentedLog,
} from "../../../node/storage/index.ts";

export type BlockLogOptions = {
  readonly directory: string;
  readonly identity: Uint8Array;
  readonly segmentBytes: number;
  readonly disk: Disk;
};

/** Bytes while they wait for the flush, a place in the log afterwards. */
type Entry = { bytes: Uint8Array | undefined; location: RecordLocation | undefined };

type Queued = {
  readonly record: BlockRecord;
  readonly bytes: Uint8Array;
  readonly entry: Entry | undefined;
};

const MAX_FRAME_BYTES = 32 * 2 ** 20;

export class BlockLog {
  readonly #log: SegmentedLog;
  readonly #blocks = new ByteMap<Entry & { readonly hash: Hash; readonly height: Height }>();
  readonly #certificates = new Map<Height, Entry>();
  readonly #finals = new Map<Height, Hash>();
  #finalHeight: Height | undefined;
  #queue: Queued[] = [];

  /** @throws {StorageError} LOG_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT, IO */
  constructor(options: BlockLogOptions) {
    const { log } = openSegmentedLog({
      ...options,
      maxFrameBytes: MAX_FRAME_BYTES,
      resumeAt: undefined,
      visit: ({ records }) => {
        for (const { location, payload } of records) {
          this.#index(decodeBlockRecord(payload), { bytes: undefined, location });
        }
      },
    });
    this.#log = log;
  }

  get hasQueued(): boolean {
    return this.#queue.length > 0;
  }

  get finalHeight(): Height | undefined {
    return this.#finalHeight;
  }

  /** One that is known already is left as it is. */
  putBlock(block: {
    readonly hash: Hash;
    readonly height: Height;
    readonly bytes: Uint8Array;
  }): void {
    const known = this.#blocks.get(block.hash);
    if (known === undefined) return this.#enqueue({ type: "block", ...block });
    assert(known.height === block.height, "a block hash stands for one height");
  }

  finalize(final: {
    readonly height: Height;
    readonly hash: Hash;
    readonly certificate: Uint8Array | undefined;
  }): void {
    const { height, hash, certificate } = final;
    if (this.#finalHeight !== undefined && height <= this.#finalHeight) {
      const settled = this.#finals.get(height);
      assert(settled !== undefined && equalBytes(settled, hash), "a final block stays final");
      if (certificate !== undefined) this.attachCertificate({ height, certificate });
      return;
    }
    const expected = this.#finalHeight === undefined ? height : this.#finalHeight + 1;
    assert(height === expected, `height ${height} cannot be final before ${expected}`);
    assert(this.#blocks.get(hash)?.height === height, "a block is stored before it is final");
    this.#enqueue({ type: "final", height, hash, certificate });
  }

  attachCertificate(attached: { readonly height: Height; readonly certificate: Uint8Array }): void {
    const { height } = attached;
    assert(this.#finals.has(height), `height ${height} has no final block to certify`);
    this.#enqueue({ type: "certificate", ...attached });
  }

  /** Durable on return, as one frame. @throws {StorageError} IO */
  flush(): void {
    if (this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = [];
    const records = queue.map(({ bytes }) => bytes);
    this.#log.appendSync(records, (locations) => {
      for (const [index, { entry }] of queue.entries()) {
        if (entry === undefined) continue;
        entry.location = locations[index];
        entry.bytes = undefined;
      }
    });
  }

  /** @throws {StorageError} LOG_DAMAGED if the block is there but no longer what was written */
  blockByHash(hash: Hash): Uint8Array | undefined {
    const entry = this.#blocks.get(hash);
    const record = entry && this.#recordOf(entry);
    return record?.type === "block" ? record.bytes : undefined;
  }

  hashAt(height: Height): Hash | undefined {
    return this.#finals.get(height);
  }

  certificateAt(height: Height): Uint8Array | undefined {
    const entry = this.#certificates.get(height);
    const record = entry && this.#recordOf(entry);
    return record === undefined || record.type === "block" ? undefined : record.certificate;
  }

  /** Blocks above the final height, lowest first. */
  unfinished(): readonly Hash[] {
    const last = this.#finalHeight ?? -1;
    const above = [...this.#blocks.values()].filter(({ height }) => height > last);
    return above.sort((left, right) => left.height - right.height).map(({ hash }) => hash);
  }

  /** Every final height, lowest first. */
  finals(): Iterable<readonly [Height, Hash]> {
    return this.#finals;
  }

  #enqueue(record: BlockRecord): void {
    const bytes = encodeBlockRecord(record);
    const entry = this.#index(record, { bytes, location: undefined });
    this.#queue.push({ record, bytes, entry });
  }

  #index(record: BlockRecord, entry: Entry): Entry | undefined {
    const { height } = record;
    if (record.type === "block") {
      const block = { ...entry, hash: record.hash, height };
      this.#blocks.set(record.hash, block);
      return block;
    }
    if (record.type === "final") {
      this.#finals.set(height, record.hash);
      this.#finalHeight = height;
    }
    if (record.certificate === undefined) return undefined;
    this.#certificates.set(height, entry);
    return entry;
  }

  #recordOf({ bytes, location }: Entry): BlockRecord {
    if (bytes !== undefined) return decodeBlockRecord(bytes);
    assert(location !== undefined, "what is not in memory is in the log");
    return decodeBlockRecord(this.#log.read(location));
  }
}
