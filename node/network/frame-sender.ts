// Our half of the direct stream to one peer: frames of one turn leave together, and what the peer does not read waits
// in a bounded queue of ours instead of the library's unbounded one.

import { encodeFrames } from "./framing.ts";
import type { Stream } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import { SendQueue } from "./send-queue.ts";
import type { Counters } from "./stats.ts";

export class FrameSender {
  readonly #queue: SendQueue;
  readonly #batchBytes: number;
  readonly #counters: Counters;
  #stream: Stream | undefined;
  #flushDue = false;
  #fullSinceMs: number | undefined;
  #unsentBytes = 0;

  readonly #onFault: (reason: string) => void;

  constructor(context: {
    limits: NetworkLimits;
    counters: Counters;
    onFault: (reason: string) => void;
  }) {
    const { limits, counters, onFault } = context;
    this.#queue = new SendQueue({
      maxFrames: limits.sendQueueFrames,
      maxBytes: limits.sendQueueBytes,
    });
    this.#batchBytes = limits.sendBatchBytes;
    this.#counters = counters;
    this.#onFault = onFault;
  }

  get isOpen(): boolean {
    return this.#stream?.writeStatus === "writable";
  }

  /** Since when the stream has been full without moving; undefined while there is room. */
  get fullSinceMs(): number | undefined {
    return this.#fullSinceMs;
  }

  send(frame: Uint8Array): void {
    this.#counters.framesDropped += this.#queue.push(frame);
    this.#flushSoon();
  }

  /** Sends over `stream` from now on, the queue first. */
  open(stream: Stream): void {
    this.#stream = stream;
    this.#fullSinceMs = undefined;
    stream.addEventListener("drain", () => {
      // The library writes what it holds in a microtask of its own, queued just before this one.
      queueMicrotask(() => this.#drained(stream));
    });
    stream.addEventListener("close", () => {
      if (this.#stream === stream) this.#stream = undefined;
    });
    // The peer has a stream of its own to send on; what comes back on ours is unbounded if nobody takes it.
    stream.addEventListener("message", () => {
      stream.abort(new Error("bytes on our half of the direct stream"));
      this.#onFault("bytes on our half of the direct stream");
    });
    this.#flushSoon();
  }

  /** Ends the stream and drops what waits: to a peer that comes back later, old frames are worth nothing. */
  close(reason: Error): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#fullSinceMs = undefined;
    this.#counters.framesDropped += this.#queue.clear();
    stream?.abort(reason);
  }

  /** The connection's own buffer drains for all streams at once: that alone is no room in this one. */
  #drained(stream: Stream): void {
    if (this.#stream !== stream) return;
    const unsentBytes = stream.writeBufferLength;
    if (unsentBytes === 0) {
      this.#fullSinceMs = undefined;
      this.#flushSoon();
    } else if (unsentBytes < this.#unsentBytes) {
      this.#fullSinceMs = performance.now();
    }
    this.#unsentBytes = unsentBytes;
  }

  /** A microtask runs after all that the engine does in one step, yet before the next event: coalesced, not delayed. */
  #flushSoon(): void {
    if (this.#flushDue || this.#fullSinceMs !== undefined || this.#stream === undefined) return;
    this.#flushDue = true;
    queueMicrotask(() => {
      this.#flushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#fullSinceMs === undefined) {
      const stream = this.#stream;
      if (stream === undefined) return;
      const frames = this.#queue.take(this.#batchBytes);
      let hasRoom: boolean;
      try {
        hasRoom = stream.send(encodeFrames(frames));
      } catch {
        // The stream is closing under us; its close event or the watchdog renews it.
        this.#counters.framesDropped += frames.length;
        if (this.#stream === stream) this.#stream = undefined;
        return;
      }
      this.#counters.framesOut += frames.length;
      for (const frame of frames) this.#counters.frameBytesOut += frame.length;
      if (hasRoom) continue;
      this.#fullSinceMs = performance.now();
      this.#unsentBytes = stream.writeBufferLength;
    }
  }
}
