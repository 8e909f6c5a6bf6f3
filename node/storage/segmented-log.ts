// One log over many files, named by the sequence of their first frame. Only the last file is written; a file that has
// reached its size is synced before the next one begins, so a bad tail anywhere but in the last file is damage.

import { join } from "node:path";
import { assert } from "../../crypto/index.ts";
import { type AppendLog, type LogFrame, openAppendLog, readRecord } from "./append-log.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { damaged, decodeFileHeader, FILE_HEADER_BYTES } from "./frame.ts";
import { ioError } from "./storage-error.ts";

/** `segment` is the sequence of the file's first frame. */
export type RecordLocation = { readonly segment: number; readonly offset: number };

/** Where the next frame begins: everything before it is durable. */
export type LogCursor = {
  readonly segment: number;
  readonly offset: number;
  readonly sequence: number;
};

export type LocatedFrame = {
  readonly records: readonly { readonly location: RecordLocation; readonly payload: Uint8Array }[];
  readonly next: LogCursor;
};

export type OnLocated = (locations: readonly RecordLocation[], next: LogCursor) => void;

export type SegmentedLogOptions = {
  readonly directory: string;
  /** 32 bytes: the chain id. */
  readonly identity: Uint8Array;
  readonly maxFrameBytes: number;
  /** A file of this size or more is followed by a new one. */
  readonly segmentBytes: number;
  /** Frames before it are checked at open where they share its file, and not visited. */
  readonly resumeAt: LogCursor | undefined;
  readonly visit: (frame: LocatedFrame) => void;
  readonly disk?: Disk;
};

const KIND = "quorblok";
const NAME_PATTERN = /^blocks-(\d{16})\.log$/;
const FIRST_SEGMENT = 1;
/** Old segments that stay open for reading; the one opened first is closed first. */
const MAX_OPEN_SEGMENTS = 16;

/** @throws {StorageError} LOG_DAMAGED, WRONG_CHAIN, UNKNOWN_FORMAT, IO */
export function openSegmentedLog(options: SegmentedLogOptions): {
  readonly log: SegmentedLog;
  readonly truncatedBytes: number;
} {
  const disk = options.disk ?? nodeDisk;
  const { directory, resumeAt } = options;
  disk.makeDirectory(directory);
  const found = segmentsIn(disk, directory);
  const first = resumeAt?.segment ?? FIRST_SEGMENT;
  const fresh = found.length === 0 && resumeAt === undefined;
  if (!fresh && !found.includes(first)) {
    throw damaged("a segment of the block log is gone", segmentPath(directory, first), 0);
  }
  const segments = fresh ? [FIRST_SEGMENT] : found.filter((segment) => segment >= first);
  let current: AppendLog | undefined;
  let truncatedBytes = 0;
  for (const [index, segment] of segments.entries()) {
    const following = segments[index + 1];
    const opened = openSegment({ ...options, disk }, segment, following !== undefined);
    if (following === undefined) {
      current = opened.log;
      truncatedBytes = opened.recovery.truncatedBytes;
    } else {
      const end = opened.log.next;
      void opened.log.close();
      if (end.sequence !== following) {
        throw damaged(
          `ends before frame ${end.sequence}, yet the next file begins with ${following}`,
          opened.log.path,
          end.offset,
        );
      }
    }
  }
  const segment = segments.at(-1);
  assert(current !== undefined && segment !== undefined, "a log has a last segment");
  return { log: new SegmentedLog({ ...options, disk }, current, segment), truncatedBytes };
}

type ResolvedOptions = SegmentedLogOptions & { readonly disk: Disk };

function segmentsIn(disk: Disk, directory: string): readonly number[] {
  const segments: number[] = [];
  for (const name of disk.list(directory)) {
    const digits = NAME_PATTERN.exec(name)?.[1];
    if (digits !== undefined) segments.push(Number(digits));
  }
  return segments.sort((left, right) => left - right);
}

function segmentPath(directory: string, segment: number): string {
  return join(directory, `blocks-${String(segment).padStart(16, "0")}.log`);
}

function openSegment(
  options: ResolvedOptions,
  segment: number,
  sealed: boolean,
): ReturnType<typeof openAppendLog> {
  const { directory, identity, maxFrameBytes, disk, resumeAt, visit } = options;
  const visitFrame = (frame: LogFrame): void => {
    const records = frame.records.map(({ offset, payload }) => ({
      location: { segment, offset },
      payload,
    }));
    visit({ records, next: { segment, ...frame.next } });
  };
  return openAppendLog({
    path: segmentPath(directory, segment),
    identity,
    maxFrameBytes,
    kind: KIND,
    firstSequence: segment,
    ...(resumeAt?.segment === segment && { resumeAt }),
    visit: visitFrame,
    sealed,
    disk,
  });
}

export class SegmentedLog {
  readonly #options: ResolvedOptions;
  #current: AppendLog;
  #segment: number;
  readonly #readers = new Map<number, number>();
  /** Finished files whose last asynchronous sync has not come back yet. */
  readonly #closing = new Set<Promise<void>>();

  /** From `openSegmentedLog` only. */
  constructor(options: ResolvedOptions, current: AppendLog, segment: number) {
    this.#options = options;
    this.#current = current;
    this.#segment = segment;
  }

  async append(records: readonly Uint8Array[], onLocated: OnLocated): Promise<void> {
    this.#roll();
    await this.#current.append(records, this.#located(onLocated));
  }

  appendSync(records: readonly Uint8Array[], onLocated: OnLocated): void {
    this.#roll();
    this.#current.appendSync(records, this.#located(onLocated));
  }

  /** Makes every append so far durable before it returns. */
  syncNow(): void {
    this.#current.syncNow();
  }

  /** @throws {StorageError} LOG_DAMAGED, IO */
  read(location: RecordLocation): Uint8Array {
    if (location.segment === this.#segment) return this.#current.readAt(location.offset);
    const path = segmentPath(this.#options.directory, location.segment);
    const { maxFrameBytes, disk } = this.#options;
    const handle = this.#reader(location.segment, path);
    return readRecord(disk, { handle, path, maxFrameBytes }, location.offset);
  }

  async close(): Promise<void> {
    await this.#current.close();
    await Promise.all(this.#closing);
    for (const handle of this.#readers.values()) this.#options.disk.close(handle);
    this.#readers.clear();
  }

  #located(onLocated: OnLocated) {
    const segment = this.#segment;
    return (
      offsets: readonly number[],
      next: { readonly offset: number; readonly sequence: number },
    ): void => {
      const locations = offsets.map((offset) => ({ segment, offset }));
      onLocated(locations, { segment, ...next });
    };
  }

  #roll(): void {
    if (this.#current.next.offset < this.#options.segmentBytes) return;
    this.#current.syncNow();
    const segment = this.#current.next.sequence;
    const { log } = openSegment(this.#options, segment, false);
    const closing = this.#current.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    this.#current = log;
    this.#segment = segment;
  }

  #reader(segment: number, path: string): number {
    const open = this.#readers.get(segment);
    if (open !== undefined) return open;
    const { disk, identity } = this.#options;
    try {
      const handle = disk.open(path, "read");
      this.#readers.set(segment, handle);
      const header = new Uint8Array(FILE_HEADER_BYTES);
      const length = disk.read(handle, header, 0);
      decodeFileHeader(header.subarray(0, length), { kind: KIND, identity }, path);
      const [oldest] = this.#readers;
      if (this.#readers.size > MAX_OPEN_SEGMENTS && oldest !== undefined) {
        this.#readers.delete(oldest[0]);
        disk.close(oldest[1]);
      }
      return handle;
    } catch (error) {
      throw ioError(error, { what: "opening a segment", path });
    }
  }
}
