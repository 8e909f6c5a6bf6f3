// The peer's half of the direct stream: cut into frames, held to its rate by pausing (honest bursts lose nothing), ended
// on the first malformed length.

import { FrameReader } from "./framing.ts";
import type { Stream } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import type { Counters } from "./stats.ts";
import type { TokenBucket } from "./token-bucket.ts";

export type FrameReceiverContext = {
  readonly limits: NetworkLimits;
  readonly counters: Counters;
  /** Outlives the stream, so that a new stream is no new allowance. */
  readonly rate: TokenBucket;
  /** False: the frame is malformed or hostile. */
  readonly onFrame: (frame: Uint8Array) => boolean;
  readonly onFault: (reason: string) => void;
};

export class FrameReceiver {
  readonly #stream: Stream;
  readonly #context: FrameReceiverContext;
  readonly #reader: FrameReader;
  #partialSinceMs: number | undefined;
  #throttle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(stream: Stream, context: FrameReceiverContext) {
    this.#stream = stream;
    this.#context = context;
    this.#reader = new FrameReader(context.limits.maxFrameBytes);
    stream.addEventListener("close", () => this.#end());
    // The peer ended its half; ours was never used.
    stream.addEventListener("remoteCloseWrite", () => this.close(new Error("ended by the peer")));
    stream.addEventListener("message", (event) => {
      if (this.#closed) return;
      this.#reader.push(event.data.subarray());
      this.#deliver();
    });
  }

  close(reason: Error): void {
    this.#end();
    this.#stream.abort(reason);
  }

  /** Called by the watchdog: a frame that was begun must be finished. */
  checkDeadline(nowMs: number): void {
    const since = this.#partialSinceMs;
    if (since === undefined || nowMs - since < this.#context.limits.partialFrameMs) return;
    this.#fault("a frame was begun and not finished");
  }

  #deliver(): void {
    const { rate, counters, onFrame, onFault } = this.#context;
    const nowMs = performance.now();
    while (!this.#closed) {
      const waitMs = this.#reader.unread > 0 ? rate.waitMs(nowMs) : 0;
      if (waitMs > 0) {
        this.#pause(waitMs);
        return;
      }
      const frame = this.#reader.next();
      if (frame === undefined) break;
      if (frame === "malformed") {
        this.#fault("a frame's length is out of range");
        return;
      }
      rate.take(nowMs);
      this.#partialSinceMs = undefined;
      counters.framesIn += 1;
      counters.frameBytesIn += frame.length;
      if (!onFrame(frame)) onFault("a malformed frame");
    }
    if (!this.#reader.partial) this.#partialSinceMs = undefined;
    else this.#partialSinceMs ??= nowMs;
  }

  #pause(waitMs: number): void {
    // A stream that is ending cannot be paused; what it still holds is above the peer's rate.
    if (this.#stream.readStatus !== "readable" && this.#stream.readStatus !== "paused") {
      this.close(new Error("ended above its rate"));
      return;
    }
    this.#context.counters.framesThrottled += 1;
    // Our own slowness must not count against the peer's deadline.
    this.#partialSinceMs = undefined;
    this.#stream.pause();
    this.#throttle = setTimeout(() => {
      this.#throttle = undefined;
      this.#deliver();
      if (!this.#closed && this.#throttle === undefined) this.#stream.resume();
    }, waitMs);
  }

  #fault(reason: string): void {
    this.close(new Error(reason));
    this.#context.onFault(reason);
  }

  #end(): void {
    this.#closed = true;
    this.#partialSinceMs = undefined;
    clearTimeout(this.#throttle);
    this.#throttle = undefined;
  }
}
