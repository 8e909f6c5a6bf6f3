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

/** So much of its future share a peer may use up at once. */
const BURST_MS = 5_000;

export class RequestServer {
  readonly #context: RequestServerContext;
  readonly #rate: TokenBucket;
  #open = 0;
  #unreadBytes = 0;
  /** Settled once the answer that is being made is made. */
  #line: Promise<void> = Promise.resolve();
  /** When the peer has used up no more than its share of our time. */
  #evenAtMs = 0;

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
    const { limits } = this.#context;
    const response = await this.#inTurn(stream, request);
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

  /** One answer after the other, and no more of them than the peer's share of our time allows: reading blocks is work. */
  async #inTurn(stream: Stream, request: Uint8Array): Promise<Uint8Array> {
    const { limits, onRequest } = this.#context;
    const before = this.#line;
    let done = () => {};
    this.#line = new Promise((resolve) => {
      done = resolve;
    });
    let response: Promise<Uint8Array>;
    try {
      await before;
      await openAfter(stream, this.#evenAtMs - BURST_MS - performance.now());
      if (stream.status !== "open") throw new StreamFault("ended", "the asker is gone");
      const startMs = performance.now();
      response = onRequest(request);
      const spentMs = performance.now() - startMs;
      const dueMs = (1_000 * spentMs) / limits.answerMsPerSecond;
      this.#evenAtMs = Math.max(this.#evenAtMs, startMs) + dueMs;
    } finally {
      done();
    }
    return await response;
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

/** Resolves after so long, or as soon as the stream is over. */
function openAfter(stream: Stream, ms: number): Promise<void> {
  if (ms <= 0 || stream.status !== "open") return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      stream.removeEventListener("close", settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    stream.addEventListener("close", settle);
  });
}

function abortAfter(stream: Stream, ms: number): NodeJS.Timeout {
  return setTimeout(() => stream.abort(new Error("the request took too long")), ms);
}
