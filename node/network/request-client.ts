// Our requests to one validator: a stream for each, a bounded number at a time, the others in line.

import type { RequestOptions } from "./contract.ts";
import { NetworkError, reasonOf } from "./errors.ts";
import { encodeFrames } from "./framing.ts";
import type { Connection, Stream } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import { readOneFrame, StreamFault } from "./stream-frame.ts";

export type RequestClientContext = {
  readonly limits: NetworkLimits;
  readonly protocol: string;
  /** The link as it is when the request's turn has come. */
  readonly connection: () => Connection | undefined;
  readonly onFault: (reason: string) => void;
};

type Waiting = { readonly proceed: () => void };

export class RequestClient {
  readonly #context: RequestClientContext;
  readonly #waiting = new Set<Waiting>();
  #open = 0;

  constructor(context: RequestClientContext) {
    this.#context = context;
  }

  /** Rejects only with NetworkError, at the latest after `timeoutMs`. */
  async request(bytes: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const end = new AbortController();
    const timer = setTimeout(() => {
      end.abort(new NetworkError("timeout", `no answer within ${options.timeoutMs} ms`));
    }, options.timeoutMs);
    const onAbort = () => end.abort(new NetworkError("aborted", "the caller gave the request up"));
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#turn(end.signal);
      try {
        return await this.#exchange(bytes, end.signal);
      } finally {
        this.#done();
      }
    } catch (error) {
      throw this.#asNetworkError(error, end.signal);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { concurrentRequests, queuedRequests } = this.#context.limits;
    if (this.#open < concurrentRequests) {
      this.#open += 1;
      return;
    }
    if (this.#waiting.size >= queuedRequests) {
      throw new NetworkError("busy", `${queuedRequests} requests wait for this validator already`);
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting = {
        proceed: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** Hands the place to the next in line, or gives it back. */
  #done(): void {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      waiting.proceed();
      return;
    }
    this.#open -= 1;
  }

  async #exchange(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { limits, protocol, connection } = this.#context;
    const link = connection();
    if (link === undefined) throw new NetworkError("not-connected", "no link to this validator");
    const stream = await link.newStream(protocol, { signal });
    const onAbort = () => stream.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const answer = readOneFrame(stream, limits.maxResponseBytes);
      answer.catch(() => {
        // Awaited below, unless sending throws first.
      });
      stream.send(encodeFrames([bytes]));
      stream.close({ signal }).catch(() => {
        // The answer decides: if our half did not close in order, either it came all the same or the read fails.
      });
      const bytesOfAnswer = await answer;
      endSoon(stream, limits.handshakeMs);
      return bytesOfAnswer;
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(reasonOf(error)));
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #asNetworkError(error: unknown, signal: AbortSignal): NetworkError {
    if (signal.aborted) return signal.reason as NetworkError;
    if (error instanceof NetworkError) return error;
    if (error instanceof StreamFault && error.kind === "malformed") {
      this.#context.onFault("a malformed answer");
      return new NetworkError("malformed", error.message, { cause: error });
    }
    return new NetworkError("reset", `the request was cut off: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** A peer that has answered but keeps its half open would otherwise hold the stream for good. */
function endSoon(stream: Stream, ms: number): void {
  if (stream.status !== "open") return;
  const timer = setTimeout(() => stream.abort(new Error("the peer left its half open")), ms);
  stream.addEventListener("close", () => clearTimeout(timer), { once: true });
}
