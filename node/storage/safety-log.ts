// What a validator must not forget: an append-only file in which the newest record wins. Every record is written twice
// in one write, so that one flipped bit never brings back an older record, and a torn write never stops the node.
// The file is filled with zeros ahead of the records, because a sync without a new length is cheaper.

import { join } from "node:path";
import { assert } from "../../crypto/index.ts";
import { type Disk, draftOf, fileExists, installFile, nodeDisk } from "./disk.ts";
import {
  damaged,
  decodeFileHeader,
  encodeFileHeader,
  encodeFrame,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  type Frame,
  type FrameSource,
  findFrame,
  frameAt,
  IDENTITY_BYTES,
  seedOf,
} from "./frame.ts";
import { ioError, type StorageError } from "./storage-error.ts";

export const SAFETY_LOG_FILE = "safety.log";

const KIND = "quorsafe";
const MAX_RECORD_BYTES = 256 * 2 ** 10;
const MAX_WRITE_BYTES = 2 * (FRAME_HEADER_BYTES + MAX_RECORD_BYTES);
const COMPACTION_BYTES = 4 * 2 ** 20;
const FILL_BYTES = 256 * 2 ** 10;
const MAX_FILE_BYTES = COMPACTION_BYTES + MAX_WRITE_BYTES + FILL_BYTES;

export type SafetyRecovery = {
  /** Different records that were found. */
  readonly records: number;
  /** Bytes of a torn or half-flipped last write that were cleaned away. */
  readonly cleanedBytes: number;
};

type SafetyLogState = {
  readonly path: string;
  readonly identity: Uint8Array;
  readonly disk: Disk;
  readonly last: Frame | undefined;
  readonly recovery: SafetyRecovery;
  readonly file: number;
  readonly seed: number;
  readonly position: number;
  readonly filledTo: number;
};

/** @throws {StorageError} LOG_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT, IO */
export function openSafetyLog(
  directory: string,
  identity: Uint8Array,
  disk: Disk = nodeDisk,
): SafetyLog {
  assert(identity.length === IDENTITY_BYTES, "the identity of a log has 32 bytes");
  const path = join(directory, SAFETY_LOG_FILE);
  try {
    disk.makeDirectory(directory);
    disk.remove(draftOf(path));
    const found = fileExists(disk, path)
      ? readSafetyFile(disk, { path, identity })
      : { last: undefined, records: 0, dirtyBytes: 0 };
    const recovery = { records: found.records, cleanedBytes: found.dirtyBytes };
    const common = { path, identity, disk, last: found.last, recovery };
    // What was read may be in the system's cache alone, and after a failed sync it stays there: pages that a sync gave up
    // on count as clean. Only a new file is sure to be on the disk.
    return new SafetyLog({ ...common, ...installSafetyFile(disk, common, found.last) });
  } catch (error) {
    throw ioError(error, { what: "opening the safety log", path });
  }
}

/** Writes a new file that holds `record` alone and puts it in the place of the old one. */
function installSafetyFile(
  disk: Disk,
  log: { readonly path: string; readonly identity: Uint8Array },
  record: { readonly sequence: number; readonly payload: Uint8Array } | undefined,
): Pick<SafetyLogState, "file" | "seed" | "position" | "filledTo"> {
  const header = encodeFileHeader({ kind: KIND, identity: log.identity }, record?.sequence ?? 1);
  const seed = seedOf(header);
  const twins =
    record === undefined
      ? new Uint8Array(0)
      : twinFrames({ seed, sequence: record.sequence }, record.payload);
  const position = header.length + twins.length;
  const content = new Uint8Array(position + FILL_BYTES);
  content.set(header, 0);
  content.set(twins, header.length);
  const file = installFile(disk, log.path, content);
  return { file, seed, position, filledTo: content.length };
}

function twinFrames(
  stamp: { readonly seed: number; readonly sequence: number },
  record: Uint8Array,
): Uint8Array {
  const frame = encodeFrame(stamp, [record]);
  const twins = new Uint8Array(2 * frame.length);
  twins.set(frame, 0);
  twins.set(frame, frame.length);
  return twins;
}

type SafetyFile = {
  readonly last: Frame | undefined;
  readonly records: number;
  readonly dirtyBytes: number;
};

function readSafetyFile(
  disk: Disk,
  log: { readonly path: string; readonly identity: Uint8Array },
): SafetyFile {
  const { path } = log;
  const bytes = readWhole(disk, path);
  const { firstSequence, seed } = decodeFileHeader(
    bytes.subarray(0, FILE_HEADER_BYTES),
    { kind: KIND, identity: log.identity },
    path,
  );
  const source: FrameSource = {
    size: bytes.length,
    seed,
    maxPayloadBytes: MAX_RECORD_BYTES,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
  let last: Frame | undefined;
  let twins = 2;
  let position = FILE_HEADER_BYTES;
  for (;;) {
    const frame = frameAt(source, position);
    if (frame === undefined) break;
    const expected = last === undefined ? firstSequence : last.sequence + (twins === 2 ? 1 : 0);
    if (frame.sequence !== expected) {
      throw damaged(`record ${frame.sequence} stands where ${expected} belongs`, path, position);
    }
    twins = twins === 2 ? 1 : 2;
    last = frame;
    position = frame.end;
  }
  const dirtyBytes = dirtyLength(bytes, position);
  const walked = last?.sequence ?? firstSequence - 1;
  if (dirtyBytes > 0) {
    last =
      newestBeyond(source, { position, dirtyBytes, path, walked, complete: twins === 2 }) ?? last;
  }
  if (last === undefined && firstSequence > 1) {
    throw damaged("the record that a compaction kept is gone", path, position);
  }
  const records = (last?.sequence ?? walked) - firstSequence + 1;
  const uneven = twins === 2 ? 0 : 1;
  return {
    last: last && { ...last, payload: last.payload.slice() },
    records,
    dirtyBytes: Math.max(dirtyBytes, uneven),
  };
}

function readWhole(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  try {
    const size = disk.size(file);
    if (size > MAX_FILE_BYTES) throw damaged(`${size} bytes are too many`, path, MAX_FILE_BYTES);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, disk.read(file, bytes, 0));
  } finally {
    disk.close(file);
  }
}

/** Bytes from `position` to the last one that is not zero. */
function dirtyLength(bytes: Uint8Array, position: number): number {
  let end = bytes.length;
  while (end > position && bytes[end - 1] === 0) end -= 1;
  return end - position;
}

/**
 * What may stand after the frames in order: the rest of one write that was never synced, or one whose first twin has
 * rotted. Anything else was synced once and is damage.
 */
function newestBeyond(
  source: FrameSource,
  tail: {
    readonly position: number;
    readonly dirtyBytes: number;
    readonly path: string;
    /** The last sequence in order. */
    readonly walked: number;
    /** Both of its twins are there. */
    readonly complete: boolean;
  },
): Frame | undefined {
  const { position, path, walked } = tail;
  if (tail.dirtyBytes > MAX_WRITE_BYTES) {
    throw damaged("more bytes follow the last record than one write holds", path, position);
  }
  let newest: Frame | undefined;
  let from = position;
  for (;;) {
    const frame = findFrame(source, { from, minSequence: walked });
    if (frame === undefined) return newest;
    if (!tail.complete || frame.sequence !== walked + 1) {
      throw damaged(`record ${frame.sequence} follows a bad one`, path, position);
    }
    newest = frame;
    from = frame.end;
  }
}

type Waiter = { readonly resolve: () => void; readonly reject: (error: StorageError) => void };

export class SafetyLog {
  readonly path: string;
  readonly recovery: SafetyRecovery;
  readonly #identity: Uint8Array;
  readonly #disk: Disk;
  #last: Uint8Array | undefined;
  #sequence: number;
  #file: number;
  #seed: number;
  #position: number;
  #filledTo: number;
  /** The newest record that is not yet written; an older one is worth nothing once a newer one is known. */
  #pending: Uint8Array | undefined;
  #waiters: Waiter[] = [];
  /** Their record is written, not yet known to be synced. */
  #unsynced: Waiter[] = [];
  #pump: Promise<void> | undefined;
  /** Files that compaction replaced while a sync of theirs was under way. */
  #retired: number[] = [];
  #failure: StorageError | undefined;
  #closed = false;

  /** From `openSafetyLog` only. */
  constructor(state: SafetyLogState) {
    this.path = state.path;
    this.recovery = state.recovery;
    this.#identity = state.identity;
    this.#disk = state.disk;
    this.#last = state.last?.payload;
    this.#sequence = state.last?.sequence ?? 0;
    this.#file = state.file;
    this.#seed = state.seed;
    this.#position = state.position;
    this.#filledTo = state.filledTo;
  }

  /** The newest record: found at open, or durable since. */
  get last(): Uint8Array | undefined {
    return this.#last;
  }

  /** Durable on return. It stands for every record before it, so those that wait are done, too. */
  persist(record: Uint8Array): void {
    this.#assertUsable(record);
    try {
      const superseded = this.#waiters;
      this.#waiters = [];
      this.#pending = undefined;
      // The write before must be durable first: only the last one may ever be torn.
      if (this.#unsynced.length > 0) this.#syncNow();
      this.#write(record);
      this.#unsynced = superseded;
      this.#syncNow();
      this.#last = record.slice();
    } catch (error) {
      throw this.#poison(error);
    }
  }

  /** Durable, or followed by a newer record that is, when the promise resolves. */
  persistAsync(record: Uint8Array): Promise<void> {
    this.#assertUsable(record);
    return new Promise((resolve, reject) => {
      this.#pending = record.slice();
      this.#waiters.push({ resolve, reject });
      this.#pump ??= Promise.resolve().then(() => this.#writePending());
    });
  }

  /** Waits for what was handed in, then closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pump;
    this.#disk.close(this.#file);
  }

  async #writePending(): Promise<void> {
    try {
      while (this.#pending !== undefined && this.#failure === undefined) {
        const record = this.#pending;
        const waiters = this.#waiters;
        this.#pending = undefined;
        this.#waiters = [];
        this.#unsynced = waiters;
        this.#write(record);
        await this.#disk.dataSyncAsync(this.#file);
        // persist() may have synced this write in the meantime, and a newer one.
        if (this.#unsynced !== waiters || this.#failure !== undefined) continue;
        this.#last = record;
        this.#settle();
      }
      for (const file of this.#retired.splice(0)) this.#disk.close(file);
    } catch (error) {
      this.#poison(error);
    } finally {
      this.#pump = undefined;
    }
  }

  #write(record: Uint8Array): void {
    const sequence = this.#sequence + 1;
    const length = 2 * (FRAME_HEADER_BYTES + record.length);
    if (this.#position + length > COMPACTION_BYTES) this.#compact({ sequence, payload: record });
    else {
      if (this.#position + length > this.#filledTo) {
        const fill = new Uint8Array(Math.max(FILL_BYTES, length));
        this.#disk.write(this.#file, fill, this.#filledTo);
        this.#filledTo += fill.length;
      }
      const twins = twinFrames({ seed: this.#seed, sequence }, record);
      this.#disk.write(this.#file, twins, this.#position);
      this.#position += length;
    }
    this.#sequence = sequence;
  }

  /** The new record goes into a new file; until the rename is durable, the old file with the old record stands. */
  #compact(record: { readonly sequence: number; readonly payload: Uint8Array }): void {
    const log = { path: this.path, identity: this.#identity };
    const installed = installSafetyFile(this.#disk, log, record);
    if (this.#pump === undefined) this.#disk.close(this.#file);
    else this.#retired.push(this.#file);
    this.#file = installed.file;
    this.#seed = installed.seed;
    this.#position = installed.position;
    this.#filledTo = installed.filledTo;
  }

  #syncNow(): void {
    this.#disk.dataSync(this.#file);
    this.#settle();
  }

  #settle(): void {
    for (const { resolve } of this.#unsynced.splice(0)) resolve();
    this.#unsynced = [];
  }

  #poison(cause: unknown): StorageError {
    const failure =
      this.#failure ?? ioError(cause, { what: "writing the safety log", path: this.path });
    this.#failure = failure;
    for (const { reject } of [...this.#unsynced, ...this.#waiters]) reject(failure);
    this.#unsynced = [];
    this.#waiters = [];
    this.#pending = undefined;
    return failure;
  }

  #assertUsable(record: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    assert(!this.#closed, "a closed safety log takes no record");
    assert(
      record.length > 0 && record.length <= MAX_RECORD_BYTES,
      `a safety record has 1..${MAX_RECORD_BYTES} bytes, not ${record.length}`,
    );
  }
}
