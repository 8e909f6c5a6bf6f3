import { describe, expect, test } from "vitest";
import { FrameSender } from "../../../node/network/frame-sender.ts";
import type { Stream } from "../../../node/network/libp2p-types.ts";
import { networkLimits } from "../../../node/network/limits.ts";
import { newCounters } from "../../../node/network/stats.ts";

/** Records what it is given; says "full" while told so. */
class FakeStream extends EventTarget {
  readonly sent: Uint8Array[] = [];
  readonly writeStatus = "writable";
  hasRoom = true;
  writeBufferLength = 0;
  aborted = false;

  send(bytes: Uint8Array): boolean {
    this.sent.push(bytes);
    return this.hasRoom;
  }

  abort(): void {
    this.aborted = true;
  }
}

function sender(limits: Parameters<typeof networkLimits>[0] = {}) {
  const stream = new FakeStream();
  const counters = newCounters();
  const faults: string[] = [];
  const frames = new FrameSender({
    limits: networkLimits(limits),
    counters,
    onFault: (reason) => faults.push(reason),
  });
  const open = () => frames.open(stream as unknown as Stream);
  return { stream, counters, faults, frames, open };
}

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

describe("a frame sender", () => {
  test("writes all frames of one turn at once", async () => {
    const { stream, frames, open, counters } = sender();
    open();
    for (let mark = 0; mark < 1000; mark++) frames.send(new Uint8Array([mark % 256]));
    await turn();
    expect(stream.sent.map((bytes) => bytes.length)).toEqual([5_000]);
    expect(counters.framesOut).toBe(1_000);
  });

  test("sends what was queued before the stream was open", async () => {
    const { stream, frames, open } = sender();
    frames.send(new Uint8Array([7]));
    await turn();
    open();
    await turn();
    expect(stream.sent).toEqual([new Uint8Array([0, 0, 0, 1, 7])]);
  });

  test("stops when the stream is full, goes on when it drains, and drops the oldest between", async () => {
    const { stream, frames, open, counters } = sender({ sendQueueFrames: 2 });
    stream.hasRoom = false;
    open();
    frames.send(new Uint8Array([1]));
    await turn();
    expect(frames.fullSinceMs).toBeDefined();
    for (const mark of [2, 3, 4, 5]) frames.send(new Uint8Array([mark]));
    await turn();
    expect(stream.sent.length).toBe(1);
    expect(counters.framesDropped).toBe(2);
    stream.hasRoom = true;
    stream.dispatchEvent(new Event("drain"));
    await turn();
    await turn();
    expect(stream.sent[1]).toEqual(new Uint8Array([0, 0, 0, 1, 4, 0, 0, 0, 1, 5]));
    expect(frames.fullSinceMs).toBeUndefined();
  });

  test("is not fooled when only the connection drains, and takes slow progress for progress", async () => {
    const { stream, frames, open } = sender();
    stream.hasRoom = false;
    stream.writeBufferLength = 10;
    open();
    frames.send(new Uint8Array([1]));
    await turn();
    frames.send(new Uint8Array([2]));
    const fullSinceMs = frames.fullSinceMs as number;
    stream.dispatchEvent(new Event("drain"));
    await turn();
    await turn();
    expect(stream.sent.length).toBe(1);
    expect(frames.fullSinceMs).toBe(fullSinceMs);
    stream.writeBufferLength = 4;
    stream.dispatchEvent(new Event("drain"));
    await turn();
    expect(frames.fullSinceMs).toBeGreaterThan(fullSinceMs);
    expect(stream.sent.length).toBe(1);
  });

  test("takes bytes on our own half for a fault", () => {
    const { stream, faults, open } = sender();
    open();
    stream.dispatchEvent(new Event("message"));
    expect(stream.aborted).toBe(true);
    expect(faults).toEqual(["bytes on our half of the direct stream"]);
  });

  test("drops what waits when it is closed", () => {
    const { stream, frames, open, counters } = sender();
    open();
    frames.send(new Uint8Array([1]));
    frames.close(new Error("over"));
    expect(counters.framesDropped).toBe(1);
    expect(stream.aborted).toBe(true);
  });
});
