// What lies on disk: block records, and whole log files, which are opened as after a crash. Their sums are put right in
// half of all inputs, or hardly any change would come past them.

import { crc32 } from "node:zlib";
import { ascii, equalBytes } from "../../crypto/index.ts";
import { type LogRecord, openAppendLog } from "../../node/storage/append-log.ts";
import {
  type BlockRecord,
  decodeBlockRecord,
  encodeBlockRecord,
} from "../../node/storage/block-record.ts";
import { encodeFileHeader, encodeFrame, seedOf } from "../../node/storage/frame.ts";
import { openSafetyLog, SAFETY_LOG_FILE, StorageError } from "../../node/storage/index.ts";
import { hashOf, world } from "../consensus/fixtures.ts";
import { MemoryDisk } from "../node/storage/memory-disk.ts";
import { must, type Target } from "./target.ts";

const { height } = world().block(3);

const BLOCK_RECORDS: readonly BlockRecord[] = [
  { type: "block", hash: hashOf("block"), height, bytes: ascii("a block's bytes") },
  { type: "final", hash: hashOf("block"), height, certificate: undefined },
  { type: "final", hash: hashOf("block"), height, certificate: ascii("its certificate") },
  { type: "certificate", height, certificate: ascii("its certificate") },
];

/** The reader may take every failure for a bug of ours, for the bytes passed a sum; but what it reads, it must keep. */
const blockRecordTarget: Target = {
  name: "block-record",
  seeds: () => BLOCK_RECORDS.map(encodeBlockRecord),
  check: (input) => {
    let record: BlockRecord;
    try {
      record = decodeBlockRecord(input);
    } catch (error) {
      return `refused ${error instanceof Error ? error.name : "by something else"}`;
    }
    must(equalBytes(encodeBlockRecord(record), input), "a record is the only encoding");
    return `accepted ${record.type}`;
  },
};

const IDENTITY = new Uint8Array(32).fill(7);
const MAX_FRAME_BYTES = 400;
const DIRECTORY = "/data";
const LOG = `${DIRECTORY}/fuzzed.log`;
const SAFETY_LOG = `${DIRECTORY}/${SAFETY_LOG_FILE}`;
const HEADER_BYTES = 64;
const SALT_OFFSET = 52;
const HEADER_SUM_OFFSET = 60;
const FRAME_HEADER_BYTES = 16;

/** The file that an input stands for. An odd first byte means: with its sums put right. */
function fileOf(input: Uint8Array): Uint8Array {
  const file = input.slice(1);
  if (((input[0] ?? 0) & 1) === 0 || file.length < HEADER_BYTES) return file;
  const data = new DataView(file.buffer);
  data.setUint32(HEADER_SUM_OFFSET, crc32(file.subarray(0, HEADER_SUM_OFFSET)));
  const seed = seedOf(file);
  let at = HEADER_BYTES;
  while (at + FRAME_HEADER_BYTES <= file.length) {
    const end = at + FRAME_HEADER_BYTES + data.getUint32(at);
    if (end > file.length) break;
    const length = crc32(file.subarray(at, at + 4), seed);
    data.setUint32(at + 4, crc32(file.subarray(at + 8, end), length));
    at = end;
  }
  return file;
}

/** A file of these frames. Its salt is zero, for one seed must give one corpus. */
function logFile(kind: string, frames: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const header = encodeFileHeader({ kind, identity: IDENTITY }, 1);
  header.fill(0, SALT_OFFSET, HEADER_SUM_OFFSET);
  const encoded = frames.map(([sequence, payload]) =>
    encodeFrame({ seed: 0, sequence }, [payload]),
  );
  return Uint8Array.of(1, ...header, ...encoded.flatMap((frame) => [...frame]));
}

function recordsOf(...texts: readonly string[]): Uint8Array {
  return Uint8Array.from(
    texts.flatMap((text, index) => {
      const head = new DataView(new ArrayBuffer(8));
      head.setUint32(0, text.length);
      head.setUint32(4, index);
      return [...new Uint8Array(head.buffer), ...ascii(text)];
    }),
  );
}

/** What an opening gives, or the code of the StorageError that it ends with; any other error is a failure. */
function opened<T>(open: () => T): T | string {
  try {
    return open();
  } catch (error) {
    if (error instanceof StorageError) return `refused ${error.code}`;
    throw error;
  }
}

function openLog(disk: MemoryDisk) {
  const records: LogRecord[] = [];
  const options = { path: LOG, identity: IDENTITY, maxFrameBytes: MAX_FRAME_BYTES, disk };
  const { recovery } = openAppendLog({
    ...options,
    visit: (frame) => {
      for (const record of frame.records) {
        records.push({ offset: record.offset, payload: record.payload.slice() });
      }
    },
  });
  return { recovery, records };
}

const appendLogTarget: Target = {
  name: "append-log",
  // A bad tail is searched in windows of a mebibyte.
  freeBytes: 8 * 1024 * 1024,
  seeds: () => [
    logFile("quorlogs", []),
    logFile("quorlogs", [
      [1, Uint8Array.of(0, 0, 0, 1, 0x99, 0, 0, 0, 0)],
      [2, recordsOf("two", "records")],
    ]),
  ],
  check: (input) => {
    const file = fileOf(input);
    const disk = new MemoryDisk();
    disk.setBytes(LOG, file);
    const found = opened(() => openLog(disk));
    if (typeof found === "string") return found;
    const { recovery, records } = found;
    const kept = disk.bytesOf(LOG);
    must(kept.length + recovery.truncatedBytes === file.length, "what is not kept is cut off");
    must(equalBytes(kept, file.subarray(0, kept.length)), "what is kept is as it was");
    for (const { offset, payload } of records) {
      const place = file.subarray(offset + 8, offset + 8 + payload.length);
      must(equalBytes(payload, place), "a record is where the log says");
      const claimed = new DataView(file.buffer, file.byteOffset + offset).getUint32(0);
      must(payload.length === claimed, "a record is as long as it says");
    }
    const again = opened(() => openLog(disk));
    must(typeof again !== "string", "a log that was opened opens again");
    must(again.recovery.truncatedBytes === 0, "a tail is cut off once");
    must(
      again.records.length === records.length,
      "a log that is opened again has the same records",
    );
    return `accepted ${Math.min(recovery.frames, 3)} ${recovery.truncatedBytes > 0}`;
  },
};

const safetyLogTarget: Target = {
  name: "safety-log",
  // Each opening that cleans up writes a file with room for many records.
  freeBytes: 8 * 1024 * 1024,
  seeds: () => {
    const frames = ["first", "second"].flatMap((text, index) => {
      return [0, 1].map(() => [index + 1, ascii(text)] as const);
    });
    return [logFile("quorsafe", []), logFile("quorsafe", frames)];
  },
  check: (input) => {
    const disk = new MemoryDisk();
    disk.makeDirectory();
    disk.setBytes(SAFETY_LOG, fileOf(input));
    const log = opened(() => openSafetyLog(DIRECTORY, IDENTITY, disk));
    if (typeof log === "string") return log;
    const again = opened(() => openSafetyLog(DIRECTORY, IDENTITY, disk));
    must(typeof again !== "string", "a safety log that was opened opens again");
    must(again.recovery.cleanedBytes === 0, "a safety log is cleaned once");
    const isSame =
      log.last === undefined
        ? again.last === undefined
        : again.last !== undefined && equalBytes(log.last, again.last);
    must(isSame, "a safety log that is opened again has the same last record");
    return `accepted ${Math.min(log.recovery.records, 3)} ${log.recovery.cleanedBytes > 0}`;
  },
};

export const STORAGE_TARGETS: readonly Target[] = [
  blockRecordTarget,
  appendLogTarget,
  safetyLogTarget,
];
