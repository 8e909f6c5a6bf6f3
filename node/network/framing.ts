// A frame is a uint32 length, big-endian, and that many bytes, at least one. The reader trusts nothing: a length above
// the limit is an error before any memory is spent, and a frame's buffer grows only with the bytes that came.

import { assert } from "../../crypto/index.ts";

const FRAME_HEADER_BYTES = 4;
const FIRST_BODY_BYTES = 64 * 1024;

/** All frames behind one another, headers included. */
export function encodeFrames(frames: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const frame of frames) length += FRAME_HEADER_BYTES + frame.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const frame of frames) {
    whole[offset] = frame.length >>> 24;
    whole[offset + 1] = frame.length >>> 16;
    whole[offset + 2] = frame.length >>> 8;
    whole[offset + 3] = frame.length;
    whole.set(frame, offset + FRAME_HEADER_BYTES);
    offset += FRAME_HEADER_BYTES + frame.length;
  }
  return whole;
}

/** Cuts a byte stream into frames. Each frame is a buffer of its own. */
export class FrameReader {
  readonly #maxFrameBytes: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #header = 0;
  #headerBytes = 0;
  #body = new Uint8Array(0);
  #bodyBytes = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Some but not all bytes of a frame have come. */
  get partial(): boolean {
    return this.#headerBytes > 0;
  }

  /** Bytes pushed and not yet looked at. */
  get unread(): number {
    return this.#chunk.length - this.#offset;
  }

  /** The next bytes, only after `next` returned undefined. They are read before the following push, never kept. */
  push(chunk: Uint8Array): void {
    assert(this.unread === 0, "a frame reader is drained before it gets more");
    this.#chunk = chunk;
    this.#offset = 0;
  }

  /** The next whole frame; undefined when more bytes are needed; "malformed" for good once a length is out of range. */
  next(): Uint8Array | "malformed" | undefined {
    while (this.#headerBytes < FRAME_HEADER_BYTES) {
      if (this.#offset === this.#chunk.length) return this.#release();
      this.#header = this.#header * 256 + (this.#chunk[this.#offset] as number);
      this.#offset += 1;
      this.#headerBytes += 1;
    }
    const length = this.#header;
    if (length === 0 || length > this.#maxFrameBytes) return "malformed";
    if (this.#bodyBytes === 0) this.#body = new Uint8Array(Math.min(length, FIRST_BODY_BYTES));
    const count = Math.min(length - this.#bodyBytes, this.unread);
    this.#reserve(this.#bodyBytes + count, length);
    this.#body.set(this.#chunk.subarray(this.#offset, this.#offset + count), this.#bodyBytes);
    this.#offset += count;
    this.#bodyBytes += count;
    if (this.#bodyBytes < length) return this.#release();
    const frame = this.#body;
    this.#header = 0;
    this.#headerBytes = 0;
    this.#body = new Uint8Array(0);
    this.#bodyBytes = 0;
    return frame;
  }

  #reserve(needed: number, length: number): void {
    if (needed <= this.#body.length) return;
    const larger = new Uint8Array(Math.min(length, Math.max(needed, 2 * this.#body.length)));
    larger.set(this.#body.subarray(0, this.#bodyBytes));
    this.#body = larger;
  }

  /** Lets go of the pooled buffer that the chunk may be part of. */
  #release(): undefined {
    this.#chunk = new Uint8Array(0);
    this.#offset = 0;
    return undefined;
  }
}
