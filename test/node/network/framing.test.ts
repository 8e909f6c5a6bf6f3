import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../../crypto/index.ts";
import { encodeFrames, FrameReader } from "../../../node/network/framing.ts";

function readAll(reader: FrameReader, chunks: readonly Uint8Array[]): (Uint8Array | "malformed")[] {
  const frames: (Uint8Array | "malformed")[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      frames.push(frame);
      if (frame === "malformed") return frames;
    }
  }
  return frames;
}

function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const size of sizes) {
    chunks.push(whole.subarray(offset, offset + size));
    offset += size;
  }
  return [...chunks, whole.subarray(offset)];
}

describe("a frame reader", () => {
  test("gives back the same frames, however the bytes are cut", () => {
    const frame = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const sizes = fc.array(fc.integer({ min: 0, max: 200 }));
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1 }), sizes, (frames, cuts) => {
        const read = readAll(new FrameReader(300), cut(encodeFrames(frames), cuts));
        expect(read).toEqual(frames);
      }),
    );
  });

  test("grows a long frame with the bytes that come", () => {
    const frame = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
    const chunks = cut(encodeFrames([frame]), Array(40).fill(20_000));
    const [read] = readAll(new FrameReader(1_000_000), chunks);
    expect(equalBytes(read as Uint8Array, frame)).toBe(true);
  });

  test("puts the length in front, big-endian", () => {
    expect([...encodeFrames([new Uint8Array(258).fill(9)]).subarray(0, 5)]).toEqual([
      0, 0, 1, 2, 9,
    ]);
  });

  test("refuses a length above the limit before the body comes", () => {
    expect(readAll(new FrameReader(10), [new Uint8Array([0, 0, 0, 11])])).toEqual(["malformed"]);
    const bomb = new Uint8Array([255, 255, 255, 255]);
    expect(readAll(new FrameReader(2 ** 20), [bomb])).toEqual(["malformed"]);
  });

  test("refuses an empty frame", () => {
    expect(readAll(new FrameReader(10), [new Uint8Array(4)])).toEqual(["malformed"]);
  });

  test("hands out copies: the chunk may be reused", () => {
    const reader = new FrameReader(10);
    const chunk = Buffer.from(encodeFrames([new Uint8Array([1, 2, 3])]));
    reader.push(chunk);
    const frame = reader.next();
    chunk.fill(0);
    expect(frame).toEqual(new Uint8Array([1, 2, 3]));
  });

  test("knows when a frame was begun", () => {
    const reader = new FrameReader(10);
    readAll(reader, [new Uint8Array([0])]);
    expect(reader.partial).toBe(true);
    readAll(reader, [new Uint8Array([0, 0, 1, 7])]);
    expect(reader.partial).toBe(false);
  });
});
