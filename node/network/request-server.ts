// Answers one validator's requests: one request and one answer a stream, a bounded number and rate, a deadline for each.

import { reasonOf } from "./errors.ts";
import { encodeFrames } from "./framing.ts";
import type { Stream } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import type { Counters } from "./stats.ts";
import { readOneFrame, StreamFault } from "./stream-frame.ts";
import { TokenBucket } from "./token-bucket.ts";

export type RequestServerContext = {
  readonly limits: NetworkLimits;
  readonly counters: Counters;
  readonly onRequest: (request: Uint8Array) => Promise<Uint8Array>;
  readonly onFault: (reason: string) => void;
  /** The request handler threw, or broke the limit of answers. */
  readonly onFailure: (reason: string) => void;
};

export class RequestServer {
  readonly #context: RequestServerContext;
  readonly #rate: TokenBucket;
  #open = 0;
  #unreadBytes = 0;

  constructor(context: RequestServerContext) {
    this.#context = context;
    const { requestsPerSecond } = context.limits;
    this.#rate = new TokenBucket({
      capacity: requestsPerSecond,
      perSecond: requestsPerSecond,
      nowMs: performance.now(),
    });
  }

  /** Takes charge of an inbound stream. Never rejects. */
  async serve(stream: Stream): Promise<void> {
    const { limits, counters } = this.#context;
    if (this.#open >= limits.concurrentRequests || !this.#rate.take(performance.now())) {
      counters.requestsRefused += 1;
      stream.abort(new Error("too many requests"));
      return;
    }
    this.#open += 1;
    counters.requestsIn += 1;
    let deadline = abortAfter(stream, limits.requestReadMs);
    let isClosed = stream.status !== "open";
    const close = () => {
      isClosed = true;
      clearTimeout(deadline);
      this.#open -= 1;
    };
    if (isClosed) close();
    else stream.addEventListener("close", close, { once: true });
    try {
      const request = await readOneFrame(stream, limits.maxRequestBytes);
      clearTimeout(deadline);
      if (!isClosed) deadline = abortAfter(stream, limits.requestAnswerMs);
      await this.#answer(stream, request);
    } catch (error) {
      this.#fail(stream, error);
    }
  }

  async #answer(stream: Stream, request: Uint8Array): Promise<void> {
    const { limits, onRequest } = this.#context;
    const response = await onRequest(request);
    if (stream.status !== "open") throw new StreamFault("ended", "the asker is gone");
    if (response.length === 0 || response.length > limits.maxResponseBytes) {
      throw new Error(`an answer has 1..${limits.maxResponseBytes} bytes, not ${response.length}`);
    }
    if (this.#unreadBytes + response.length > limits.responseBytesInFlight) {
      throw new Error("the peer leaves too many answers unread");
    }
    this.#unreadBytes += response.length;
    try {
      stream.send(encodeFrames([response]));
      // Resolves once all bytes are sent, rejects when the stream closes first: the deadline sees to one or the other.
      await stream.close();
    } finally {
      this.#unreadBytes -= response.length;
    }
  }

  #fail(stream: Stream, error: unknown): void {
    const { counters, onFault, onFailure } = this.#context;
    counters.requestsFailed += 1;
    stream.abort(error instanceof Error ? error : new Error(reasonOf(error)));
    if (error instanceof StreamFault) {
      if (error.kind === "malformed") onFault("a malformed request");
    } else onFailure(reasonOf(error));
  }
}

function abortAfter(stream: Stream, ms: number): NodeJS.Timeout {
  return setTimeout(() => stream.abort(new Error("the request took too long")), ms);
}
