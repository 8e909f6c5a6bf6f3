// An append-only file of frames; a frame is one flush and holds one or more records. The next frame is never written
// before the last one was synced, so a bad last frame is a torn tail (cut off at open) and a bad frame before a valid
// one is damage (refused). After a failed write or sync the log is poisoned: every later call throws the same error.

import { crc32 } from "node:zlib";
import { assert } from "../../crypto/index.ts";
import { type Disk, fileExists, installFile, nodeDisk } from "./disk.ts";
import {
  damaged,
  dataOf,
  decodeFileHeader,
  encodeFileHeader,
  encodeFrame,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  type Frame,
  type FrameSource,
  findFrame,
  frameAt,
  seedOf,
} from "./frame.ts";
import { ioError, type StorageError } from "./storage-error.ts";

/** `offset` is the handle for `readAt`. */
export type LogRecord = { readonly offset: number; readonly payload: Uint8Array };

/** Where a frame begins, and the sequence it must carry. */
export type LogPosition = { readonly offset: number; readonly sequence: number };

export type LogFrame = { readonly records: readonly LogRecord[]; readonly next: LogPosition };

export type AppendLogOptions = {
  readonly path: string;
  /** 32 bytes: the chain id. */
  readonly identity: Uint8Array;
  /** The largest frame, 8 bytes for each of its records included. */
  readonly maxFrameBytes: number;
  /** Eight letters that say what the file is. Default `quorlogs`. */
  readonly kind?: string;
  /** The sequence of the first frame of a new file. Default 1. */
  readonly firstSequence?: number;
  /** Frames before this position were visited earlier; at open they are checked and no more. */
  readonly resumeAt?: LogPosition;
  /** Sees every frame from `resumeAt` on, in order, before the log is handed out. */
  readonly visit?: (frame: LogFrame) => void;
  /** A finished file: a bad tail is damage, and nothing is created. */
  readonly sealed?: boolean;
  readonly disk?: Disk;
};

export type LogRecovery = { readonly frames: number; readonly truncatedBytes: number };

/** Called in log order, as soon as the records are durable and before the promise of the append resolves. */
export type OnDurable = (offsets: readonly number[], next: LogPosition) => void;

type Append = {
  readonly records: readonly Uint8Array[];
  readonly bytes: number;
  readonly onDurable: OnDurable | undefined;
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: StorageError) => void;
};

type Batch = {
  readonly appends: readonly Append[];
  readonly offset: number;
  readonly next: LogPosition;
};

const RECORD_HEADER_BYTES = 8;
const DEFAULT_KIND = "quorlogs";
/** What may wait for a sync that is under way. The owner awaits its appends, so more than this is a bug. */
const MAX_QUEUED_BYTES = 512 * 2 ** 20;

/** @throws {StorageError} LOG_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT, IO */
export function openAppendLog(options: AppendLogOptions): {
  readonly log: AppendLog;
  readonly recovery: LogRecovery;
} {
  const disk = options.disk ?? nodeDisk;
  try {
    const file = openFile(options, disk);
    try {
      return recover(options, disk, file);
    } catch (error) {
      disk.close(file);
      throw error;
    }
  } catch (error) {
    throw ioError(error, { what: "opening the log", path: options.path });
  }
}

function openFile(options: AppendLogOptions, disk: Disk): number {
  if (options.sealed === true) return disk.open(options.path, "read");
  if (fileExists(disk, options.path)) {
    const file = disk.open(options.path, "write");
    // What will be read may be in the system's cache alone, after a kill right before the sync.
    disk.dataSync(file);
    return file;
  }
  const file = { kind: options.kind ?? DEFAULT_KIND, identity: options.identity };
  return installFile(disk, options.path, encodeFileHeader(file, options.firstSequence ?? 1));
}

function recover(
  options: AppendLogOptions,
  disk: Disk,
  file: number,
): { readonly log: AppendLog; readonly recovery: LogRecovery } {
  const { path, maxFrameBytes } = options;
  const size = disk.size(file);
  const read = (offset: number, length: number) => readBytes(disk, file, { offset, length });
  const header = read(0, FILE_HEADER_BYTES);
  const { firstSequence, seed } = decodeFileHeader(
    header,
    { kind: options.kind ?? DEFAULT_KIND, identity: options.identity },
    path,
  );
  if (options.firstSequence !== undefined && options.firstSequence !== firstSequence) {
    throw damaged(`begins at frame ${firstSequence}, not ${options.firstSequence}`, path, 0);
  }
  const known = options.resumeAt?.offset ?? FILE_HEADER_BYTES;
  if (known > size) throw damaged(`${known - size} synced bytes are gone from the end`, path, size);
  let next: LogPosition = { offset: FILE_HEADER_BYTES, sequence: firstSequence };
  const source = { size, seed, maxPayloadBytes: maxFrameBytes, read };
  let frames = 0;
  for (;;) {
    const frame = frameAt(source, next.offset);
    if (frame === undefined) break;
    if (frame.sequence !== next.sequence) {
      throw damaged(
        `frame ${frame.sequence} stands where ${next.sequence} belongs`,
        path,
        next.offset,
      );
    }
    const isNew = next.offset >= known;
    next = { offset: frame.end, sequence: frame.sequence + 1 };
    // What the owner knows already is checked all the same: a hole must not wait until somebody reads there.
    if (!isNew) continue;
    options.visit?.({ records: recordsOf(frame, path), next });
    frames += 1;
  }
  if (next.offset < known) throw damaged("a frame that was synced is bad", path, next.offset);
  const truncatedBytes = size - next.offset;
  if (truncatedBytes > 0) {
    refuseHole(source, next, path);
    if (options.sealed === true)
      throw damaged("a finished log ends in a bad frame", path, next.offset);
    disk.truncate(file, next.offset);
  }
  const log = new AppendLog({ path, maxFrameBytes, disk, file, seed: seedOf(header), next });
  return { log, recovery: { frames, truncatedBytes } };
}

/** @throws {StorageError} LOG_DAMAGED unless the bytes from `next` on can be one frame that was never synced */
function refuseHole(source: FrameSource, next: LogPosition, path: string): void {
  if (source.size - next.offset > FRAME_HEADER_BYTES + source.maxPayloadBytes) {
    throw damaged("a bad frame is followed by more than one flush can hold", path, next.offset);
  }
  const after = findFrame(source, { from: next.offset, minSequence: next.sequence });
  if (after === undefined) return;
  throw damaged(
    `frame ${next.sequence} is bad, yet frame ${after.sequence} follows at byte ${after.offset}`,
    path,
    next.offset,
  );
}

function recordsOf(frame: Frame, path: string): readonly LogRecord[] {
  const records: LogRecord[] = [];
  const data = dataOf(frame.payload);
  let index = 0;
  while (index < frame.payload.length) {
    const start = index + RECORD_HEADER_BYTES;
    const end = start <= frame.payload.length ? start + data.getUint32(index) : Infinity;
    if (end > frame.payload.length) throw damaged("a record leaves its frame", path, frame.offset);
    const offset = frame.offset + FRAME_HEADER_BYTES + index;
    records.push({ offset, payload: frame.payload.subarray(start, end) });
    index = end;
  }
  return records;
}

/** The record at `offset` of an open log file, its checksum checked. */
export function readRecord(
  disk: Disk,
  file: { readonly handle: number; readonly path: string; readonly maxFrameBytes: number },
  offset: number,
): Uint8Array {
  try {
    const header = readBytes(disk, file.handle, { offset, length: RECORD_HEADER_BYTES });
    if (header.length < RECORD_HEADER_BYTES) throw damaged("a record is gone", file.path, offset);
    const data = dataOf(header);
    const length = data.getUint32(0);
    if (length > file.maxFrameBytes) throw damaged("a record has no length", file.path, offset);
    const payload = readBytes(disk, file.handle, { offset: offset + RECORD_HEADER_BYTES, length });
    if (payload.length < length || crc32(payload) !== data.getUint32(4)) {
      throw damaged("a record fails its checksum", file.path, offset);
    }
    return payload;
  } catch (error) {
    throw ioError(error, { what: "reading a record", path: file.path });
  }
}

function readBytes(
  disk: Disk,
  file: number,
  range: { readonly offset: number; readonly length: number },
): Uint8Array {
  const bytes = new Uint8Array(range.length);
  return bytes.subarray(0, disk.read(file, bytes, range.offset));
}

export class AppendLog {
  readonly path: string;
  readonly #maxFrameBytes: number;
  readonly #disk: Disk;
  readonly #file: number;
  readonly #seed: number;
  #next: LogPosition;
  #queue: Append[] = [];
  #queuedBytes = 0;
  /** Written, not yet known to be synced. */
  #unsynced: Batch | undefined;
  #pump: Promise<void> | undefined;
  #failure: StorageError | undefined;
  #closed = false;

  /** From `openAppendLog` only. */
  constructor(state: {
    readonly path: string;
    readonly maxFrameBytes: number;
    readonly disk: Disk;
    readonly file: number;
    readonly seed: number;
    readonly next: LogPosition;
  }) {
    this.path = state.path;
    this.#maxFrameBytes = state.maxFrameBytes;
    this.#disk = state.disk;
    this.#file = state.file;
    this.#seed = state.seed;
    this.#next = state.next;
  }

  /** Where the next frame goes; the size of the file, too. */
  get next(): LogPosition {
    return this.#next;
  }

  /** Durable when the promise resolves. Appends that meet a sync under way share the next frame. */
  append(records: readonly Uint8Array[], onDurable?: OnDurable): Promise<readonly number[]> {
    this.#assertUsable();
    return new Promise((resolve, reject) => {
      this.#enqueue(records, { onDurable, resolve, reject });
      this.#pump ??= Promise.resolve().then(() => this.#writeQueue());
    });
  }

  /** Durable on return, and so is every append before it. */
  appendSync(records: readonly Uint8Array[], onDurable?: OnDurable): readonly number[] {
    this.#assertUsable();
    let offsets: readonly number[] = [];
    const resolve = (value: readonly number[]): void => {
      offsets = value;
    };
    // The failure is thrown below; there is no promise to reject.
    this.#enqueue(records, { onDurable, resolve, reject: () => {} });
    this.syncNow();
    return offsets;
  }

  /** Makes every append so far durable before it returns. */
  syncNow(): void {
    this.#assertUsable();
    try {
      for (;;) {
        if (this.#unsynced !== undefined) {
          this.#disk.dataSync(this.#file);
          this.#settle(this.#unsynced);
        }
        if (this.#queue.length === 0) return;
        this.#writeFrame();
      }
    } catch (error) {
      throw this.#poison(error);
    }
  }

  /** @throws {StorageError} LOG_DAMAGED if the bytes are not those that were written */
  readAt(offset: number): Uint8Array {
    assert(!this.#closed, "a closed log is not read");
    const { path } = this;
    const maxFrameBytes = this.#maxFrameBytes;
    return readRecord(this.#disk, { handle: this.#file, path, maxFrameBytes }, offset);
  }

  /** Waits for what was appended, then closes the file. Never throws for a log that is already poisoned. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pump;
    this.#disk.close(this.#file);
  }

  #enqueue(records: readonly Uint8Array[], waiter: Omit<Append, "records" | "bytes">): void {
    const bytes = records.reduce((sum, { length }) => sum + RECORD_HEADER_BYTES + length, 0);
    assert(records.length > 0, "an append has at least one record");
    assert(bytes <= this.#maxFrameBytes, `${bytes} bytes do not fit a frame`);
    assert(this.#queuedBytes + bytes <= MAX_QUEUED_BYTES, "the owner awaits its appends");
    this.#queue.push({ records, bytes, ...waiter });
    this.#queuedBytes += bytes;
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0 && this.#failure === undefined) {
        // A batch that appendSync wrote is settled before it returns, so nothing is unsynced here.
        const batch = this.#writeFrame();
        await this.#disk.dataSyncAsync(this.#file);
        // appendSync may have synced this batch in the meantime, or poisoned the log.
        if (this.#unsynced === batch && this.#failure === undefined) this.#settle(batch);
      }
    } catch (error) {
      this.#poison(error);
    } finally {
      this.#pump = undefined;
    }
  }

  #writeFrame(): Batch {
    assert(this.#unsynced === undefined, "a frame is written only after the last one was synced");
    const appends: Append[] = [];
    let bytes = 0;
    for (const append of this.#queue) {
      if (bytes + append.bytes > this.#maxFrameBytes) break;
      appends.push(append);
      bytes += append.bytes;
    }
    this.#queue.splice(0, appends.length);
    this.#queuedBytes -= bytes;
    const { offset, sequence } = this.#next;
    const end = offset + FRAME_HEADER_BYTES + bytes;
    const batch = { appends, offset, next: { offset: end, sequence: sequence + 1 } };
    this.#unsynced = batch;
    const parts = appends.flatMap(({ records }) => records.flatMap(recordParts));
    this.#disk.write(this.#file, encodeFrame({ seed: this.#seed, sequence }, parts), offset);
    this.#next = batch.next;
    return batch;
  }

  #settle(batch: Batch): void {
    this.#unsynced = undefined;
    let offset = batch.offset + FRAME_HEADER_BYTES;
    for (const { records, onDurable, resolve } of batch.appends) {
      const offsets = records.map((record) => {
        const start = offset;
        offset += RECORD_HEADER_BYTES + record.length;
        return start;
      });
      onDurable?.(offsets, batch.next);
      resolve(offsets);
    }
  }

  #poison(cause: unknown): StorageError {
    const failure = this.#failure ?? ioError(cause, { what: "writing the log", path: this.path });
    this.#failure = failure;
    for (const { reject } of this.#unsynced?.appends ?? []) reject(failure);
    for (const { reject } of this.#queue) reject(failure);
    this.#unsynced = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
    return failure;
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    assert(!this.#closed, "a closed log takes no records");
  }
}

function recordParts(record: Uint8Array): readonly Uint8Array[] {
  const header = new Uint8Array(RECORD_HEADER_BYTES);
  const data = dataOf(header);
  data.setUint32(0, record.length);
  data.setUint32(4, crc32(record));
  return [header, record];
}
