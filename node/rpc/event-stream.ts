// One reader's stream. It pulls block after block from the feed, no faster than the reader takes them, and so holds at most
// one block and what the socket has not taken yet: a slow reader is behind, never cut off, and nothing is left out.

import { type Height, next } from "../../crypto/index.ts";
import type { EventFeed, Occurrence } from "./api.ts";
import {
  type EventPosition,
  type EventTopic,
  framesOf,
  HEARTBEAT_FRAME,
  occurrenceFrame,
} from "./event-frames.ts";
import type { Turns } from "./turns.ts";

/** As much of a response as a stream needs. */
export type EventSink = {
  /** False when it is full until the next `drain`. */
  write(text: string): boolean;
  once(event: "drain", listener: () => void): unknown;
  off(event: "drain", listener: () => void): unknown;
};

export type EventStreamOptions = {
  readonly feed: EventFeed;
  readonly sink: EventSink;
  readonly topics: ReadonlySet<EventTopic>;
  /** The first event that the reader has not seen. */
  readonly start: EventPosition;
  /** What the stream begins with. */
  readonly preamble: string;
  readonly heartbeatMs: number;
  /** Taken between two pieces of work, for there may be a whole chain of them. */
  readonly turns: Turns;
  readonly signal: AbortSignal;
};

/** Written at once, in one turn. */
const CHUNK_CHARS = 16 * 1_024;
/** Kept for a slow reader; the oldest go first. */
const MAX_WAITING_EVIDENCE = 16;

/** Resolves once `signal` aborts. Rejects when the feed fails or has lost a block that it had. */
export async function streamEvents(options: EventStreamOptions): Promise<void> {
  const stream = new EventStream(options);
  const unsubscribe = options.feed.subscribe((occurrence) => stream.note(occurrence));
  try {
    await stream.run();
  } finally {
    unsubscribe();
    stream.close();
  }
}

class EventStream {
  readonly #options: EventStreamOptions;
  readonly #beat: NodeJS.Timeout;
  #position: EventPosition;
  /** Frames that are not written yet, fewer than CHUNK_CHARS but for the last. */
  #chunk = "";
  /** The newest only: who is slow has no use for the others. */
  #view: Occurrence | undefined;
  #evidence: Occurrence[] = [];
  #isSilent = false;
  #isWoken = false;
  #wake: (() => void) | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#position = options.start;
    this.#beat = setTimeout(() => {
      this.#isSilent = true;
      this.#wakeUp();
    }, options.heartbeatMs);
    options.signal.addEventListener("abort", () => this.#wakeUp(), { once: true });
  }

  note(occurrence: Occurrence): void {
    const { topics } = this.#options;
    if (occurrence.type === "final") return this.#wakeUp();
    if (!topics.has(occurrence.type)) return;
    if (occurrence.type === "view") this.#view = occurrence;
    else this.#evidence.push(occurrence);
    if (this.#evidence.length > MAX_WAITING_EVIDENCE) this.#evidence.shift();
    this.#wakeUp();
  }

  close(): void {
    clearTimeout(this.#beat);
  }

  async run(): Promise<void> {
    const { signal, preamble, feed, topics, turns } = this.#options;
    const readsChain = topics.has("block") || topics.has("tx");
    this.#chunk = preamble;
    while (!signal.aborted) {
      this.#tellOccurrences();
      const isBehind = readsChain && this.#position.height <= feed.tip();
      if (isBehind) await this.#tellBlock(this.#position.height);
      if (this.#isSilent && this.#chunk === "") this.#chunk = HEARTBEAT_FRAME;
      await this.#write();
      if (isBehind) await turns.next();
      else await this.#woken();
    }
  }

  async #tellBlock(height: Height): Promise<void> {
    const { feed, topics, signal, turns } = this.#options;
    const final = feed.finalAt(height);
    if (final === undefined) throw new Error(`the events of height ${height} are no longer here`);
    const frames = framesOf(final);
    for (let { index } = this.#position; index < frames.count && !signal.aborted; index++) {
      if (!topics.has(index === 0 ? "block" : "tx")) continue;
      this.#chunk += frames.at(index);
      if (this.#chunk.length < CHUNK_CHARS) continue;
      await this.#write();
      await turns.next();
    }
    this.#position = { height: next(height), index: 0 };
  }

  #tellOccurrences(): void {
    const waiting = this.#view === undefined ? this.#evidence : [...this.#evidence, this.#view];
    for (const occurrence of waiting) {
      if (occurrence.type !== "final") this.#chunk += occurrenceFrame(occurrence);
    }
    this.#evidence = [];
    this.#view = undefined;
  }

  /** Writes what has gathered; resolves when the reader has room for more. */
  async #write(): Promise<void> {
    const { sink, signal } = this.#options;
    const chunk = this.#chunk;
    this.#chunk = "";
    if (chunk === "" || signal.aborted) return;
    const hasRoom = sink.write(chunk);
    this.#isSilent = false;
    this.#beat.refresh();
    if (hasRoom) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        sink.off("drain", go);
        signal.removeEventListener("abort", go);
        resolve();
      };
      sink.once("drain", go);
      signal.addEventListener("abort", go, { once: true });
    });
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Resolves at the next wake-up, at once if there was one since the last call. */
  async #woken(): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#isWoken = false;
  }
}
