// The bytes of a log file. Header, 64 bytes: kind (8), format version (4), identity (32), first sequence (8), salt (8),
// crc32 of the 60 bytes before (4). Frame: payload length (4), crc32 (4), sequence (8), payload. Big-endian.
// The crc starts from the file's random salt: nobody who chooses payloads can forge a frame inside one.

import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { ascii, assert, equalBytes } from "../../crypto/index.ts";
import { StorageError, SYNC_AGAIN } from "./storage-error.ts";

export const FILE_HEADER_BYTES = 64;
export const FRAME_HEADER_BYTES = 16;
export const IDENTITY_BYTES = 32;

const FORMAT_VERSION = 1;
const KIND_BYTES = 8;
const VERSION_OFFSET = 8;
const IDENTITY_OFFSET = 12;
const FIRST_SEQUENCE_OFFSET = 44;
const SALT_OFFSET = 52;
const HEADER_CRC_OFFSET = 60;
const UINT32_RANGE = 0x1_0000_0000;
const SEARCH_WINDOW_BYTES = 1 << 20;

export type FileIdentity = {
  /** Eight ASCII letters: what the file is. */
  readonly kind: string;
  /** 32 bytes: the chain. */
  readonly identity: Uint8Array;
};

/** `seed` starts the checksum of every frame in the file. */
export type FileHeader = { readonly firstSequence: number; readonly seed: number };

export function encodeFileHeader(file: FileIdentity, firstSequence: number): Uint8Array {
  const kind = ascii(file.kind);
  assert(kind.length === KIND_BYTES, "the kind of a log has eight letters");
  assert(file.identity.length === IDENTITY_BYTES, "the identity of a log has 32 bytes");
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const data = dataOf(bytes);
  bytes.set(kind, 0);
  data.setUint32(VERSION_OFFSET, FORMAT_VERSION);
  bytes.set(file.identity, IDENTITY_OFFSET);
  setUint53(data, FIRST_SEQUENCE_OFFSET, firstSequence);
  bytes.set(randomBytes(HEADER_CRC_OFFSET - SALT_OFFSET), SALT_OFFSET);
  data.setUint32(HEADER_CRC_OFFSET, crc32(bytes.subarray(0, HEADER_CRC_OFFSET)));
  return bytes;
}

/** @throws {StorageError} UNKNOWN_FORMAT, LOG_DAMAGED or WRONG_CHAIN */
export function decodeFileHeader(bytes: Uint8Array, file: FileIdentity, path: string): FileHeader {
  const unknown = (what: string): StorageError =>
    new StorageError({
      code: "UNKNOWN_FORMAT",
      what,
      path,
      offset: 0,
      remedy: "Point the node at its own data directory, or run the version that wrote this one.",
    });
  if (bytes.length < FILE_HEADER_BYTES) throw damaged("the header is cut short", path, 0);
  if (!equalBytes(bytes.subarray(0, KIND_BYTES), ascii(file.kind))) {
    throw unknown(`not a file of kind "${file.kind}"`);
  }
  const data = dataOf(bytes);
  if (data.getUint32(HEADER_CRC_OFFSET) !== crc32(bytes.subarray(0, HEADER_CRC_OFFSET))) {
    throw damaged("the header fails its checksum", path, 0);
  }
  const version = data.getUint32(VERSION_OFFSET);
  if (version !== FORMAT_VERSION) throw unknown(`format version ${version} is not known`);
  if (!equalBytes(bytes.subarray(IDENTITY_OFFSET, FIRST_SEQUENCE_OFFSET), file.identity)) {
    throw new StorageError({
      code: "WRONG_CHAIN",
      what: "the log belongs to another chain",
      path,
      remedy: "Use the genesis that this directory was made with, or another data directory.",
    });
  }
  return { firstSequence: getUint53(data, FIRST_SEQUENCE_OFFSET), seed: seedOf(bytes) };
}

export function seedOf(header: Uint8Array): number {
  return crc32(header.subarray(SALT_OFFSET, HEADER_CRC_OFFSET));
}

export function damaged(what: string, path: string, offset: number): StorageError {
  return new StorageError({ code: "LOG_DAMAGED", what, path, offset, remedy: SYNC_AGAIN });
}

/** One frame around the parts, in order. */
export function encodeFrame(
  stamp: { readonly seed: number; readonly sequence: number },
  parts: readonly Uint8Array[],
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  assert(length > 0 && length < UINT32_RANGE, "a frame carries 1..2^32-1 bytes");
  // Every byte is written below, so the buffer need not be cleared first.
  const bytes = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + length);
  const data = dataOf(bytes);
  data.setUint32(0, length);
  setUint53(data, 8, stamp.sequence);
  let offset = FRAME_HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  data.setUint32(4, frameCrc(bytes, stamp.seed));
  return bytes;
}

/** The crc covers the length, the sequence and the payload. */
function frameCrc(frame: Uint8Array, seed: number): number {
  return crc32(frame.subarray(8), crc32(frame.subarray(0, 4), seed));
}

/** Where frames are looked for. `read` gives fewer bytes only beyond the end. */
export type FrameSource = {
  readonly size: number;
  readonly seed: number;
  readonly maxPayloadBytes: number;
  readonly read: (offset: number, length: number) => Uint8Array;
};

export type Frame = {
  readonly offset: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** Where the next frame would begin. */
  readonly end: number;
};

/** The frame that begins at `offset`, if a valid one does. */
export function frameAt(source: FrameSource, offset: number): Frame | undefined {
  if (offset + FRAME_HEADER_BYTES > source.size) return undefined;
  const length = dataOf(source.read(offset, 4)).getUint32(0);
  if (length === 0 || length > source.maxPayloadBytes) return undefined;
  const end = offset + FRAME_HEADER_BYTES + length;
  if (end > source.size) return undefined;
  const bytes = source.read(offset, FRAME_HEADER_BYTES + length);
  if (bytes.length < FRAME_HEADER_BYTES + length) return undefined;
  const data = dataOf(bytes);
  if (data.getUint32(4) !== frameCrc(bytes, source.seed)) return undefined;
  if (data.getUint32(8) >= 1 << 21) return undefined;
  const sequence = getUint53(data, 8);
  return { offset, sequence, payload: bytes.subarray(FRAME_HEADER_BYTES), end };
}

/**
 * The first valid frame at any byte from `from` on whose sequence is at least `minSequence` and not beyond what the
 * rest of the file could hold. Tells a torn tail (none) from a hole (one).
 */
export function findFrame(
  source: FrameSource,
  search: { readonly from: number; readonly minSequence: number },
): Frame | undefined {
  const maxSequence = search.minSequence + (source.size - search.from);
  for (let start = search.from; start < source.size; start += SEARCH_WINDOW_BYTES) {
    const window = source.read(start, SEARCH_WINDOW_BYTES + FRAME_HEADER_BYTES - 1);
    const data = dataOf(window);
    const last = Math.min(SEARCH_WINDOW_BYTES, window.length - FRAME_HEADER_BYTES + 1);
    for (let index = 0; index < last; index++) {
      const sequence = getUint53(data, index + 8);
      if (sequence < search.minSequence || sequence > maxSequence) continue;
      const frame = frameAt(source, start + index);
      if (frame !== undefined) return frame;
    }
  }
  return undefined;
}

export function dataOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function setUint53(data: DataView, offset: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, "a stored counter is in 0..2^53-1");
  data.setUint32(offset, Math.floor(value / UINT32_RANGE));
  data.setUint32(offset + 4, value % UINT32_RANGE);
}

export function getUint53(data: DataView, offset: number): number {
  return data.getUint32(offset) * UINT32_RANGE + data.getUint32(offset + 4);
}
