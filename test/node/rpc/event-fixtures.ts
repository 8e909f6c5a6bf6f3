// A chain that grows when the test says so, as the feed of a fake node, and readers of its stream that break off at will.

import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { onTestFinished } from "vitest";
import { type Hash, type Height, hash, height } from "../../../crypto/index.ts";
import type { Receipt } from "../../../node/ledger/index.ts";
import { eventData } from "../../../node/rpc/answer-schemas.ts";
import type { EventTopic } from "../../../node/rpc/event-frames.ts";
import type { EventFeed, FinalEvents, Occurrence } from "../../../node/rpc/index.ts";
import { blockView } from "./fixtures.ts";

/** A hash that no other height and index has. */
function hashAt(height: number, index: number): Hash {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, height);
  view.setUint32(4, index);
  return hash(bytes);
}

const transactionsAt = (height: number) => (height * 7) % 5;

function finalEvents(at: number, count: number, outputBytes: number): FinalEvents {
  const receipts = Array.from({ length: count }, (_, index): Receipt => {
    const result = index === 3 ? "skipped" : "ok";
    const transaction = hashAt(at, index + 1);
    const output = new Uint8Array(outputBytes).fill(index);
    return { transaction, index, result, code: "", feePaid: 1n, output };
  });
  const block = { ...blockView.block, height: height(at) };
  const transactions = receipts.map(({ transaction }) => transaction);
  return {
    block: { ...blockView, block, hash: hashAt(at, 0), transactions },
    receipts,
    bodies: [],
  };
}

export class GrowingChain implements EventFeed {
  readonly #countAt: (height: number) => number;
  readonly #outputBytes: number;
  readonly #listeners = new Set<(occurrence: Occurrence) => void>();
  /** Heights that were read, in order. */
  readonly read: number[] = [];
  /** How often somebody began to listen. */
  subscriptions = 0;
  #tip = 0;
  #left = () => {};

  constructor(countAt: (height: number) => number = transactionsAt, outputBytes = 1) {
    this.#countAt = countAt;
    this.#outputBytes = outputBytes;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  tip(): Height {
    return height(this.#tip);
  }

  finalAt(height: Height): FinalEvents | undefined {
    if (height > this.#tip || height < 1) return undefined;
    this.read.push(height);
    return finalEvents(height, this.#countAt(height), this.#outputBytes);
  }

  subscribe(listener: (occurrence: Occurrence) => void): () => void {
    this.#listeners.add(listener);
    this.subscriptions += 1;
    return () => {
      this.#listeners.delete(listener);
      this.#left();
    };
  }

  /** Resolves once there are no more than so many who listen. */
  whenListeners(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#left = () => {
        if (this.#listeners.size <= count) resolve();
      };
      this.#left();
    });
  }

  /** Resolves once nobody has read on for a while. */
  async whenStalled(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 500; quiet++) {
      if (this.read.length !== before) quiet = 0;
      before = this.read.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  tell(occurrence: Occurrence): void {
    for (const listener of this.#listeners) listener(occurrence);
  }

  grow(blocks: number): void {
    this.#tip += blocks;
    if (blocks > 0) this.tell({ type: "final" });
  }

  /** Every id from a height on, as far as the chain goes. */
  ids(from = 1): string[] {
    const ids: string[] = [];
    for (let at = from; at <= this.#tip; at++) {
      for (let index = 0; index <= this.#countAt(at); index++) ids.push(`${at}.${index}`);
    }
    return ids;
  }
}

export type Frame = {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
};

/** What whole frames say; comments are frames without fields. The rest of the text is not complete yet. */
export function framesIn(text: string): {
  readonly frames: readonly Frame[];
  readonly rest: string;
} {
  const parts = text.split("\n\n");
  const rest = parts.pop() ?? "";
  const frames = parts.map((part) => {
    const fields = part
      .split("\n")
      .filter((line) => !line.startsWith(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
    return Object.fromEntries(fields) as Frame;
  });
  return { frames, rest };
}

export type ReaderOptions = {
  readonly lastEventId?: string | undefined;
  /** Characters of the stream after which the connection is destroyed. */
  readonly budget?: number;
};

/** One connection to a stream. */
export class Reader {
  readonly frames: Frame[] = [];
  /** Resolves with the answer's head. */
  readonly opened: Promise<IncomingMessage>;
  /** Resolves once the budget is used up. */
  readonly spent: Promise<void>;
  onText = () => {};
  /** Events so far. */
  #count = 0;
  readonly #call: ClientRequest;
  #budget: number;
  #answer: IncomingMessage | undefined;
  #rest = "";
  #spend = () => {};
  #arrived = () => {};

  constructor(url: string, options: ReaderOptions = {}) {
    const { lastEventId, budget = Number.POSITIVE_INFINITY } = options;
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    this.#budget = budget;
    this.spent = new Promise((resolve) => {
      this.#spend = resolve;
    });
    this.#call = request(url, { headers, agent: false });
    this.opened = new Promise((resolve, reject) => {
      this.#call.once("response", resolve);
      this.#call.on("error", reject);
    });
    // A reader that is cut off before it begins is no failure of the test.
    this.opened.then((answer) => this.#read(answer)).catch(() => {});
    this.#call.end();
    onTestFinished(() => {
      this.#call.destroy();
    });
  }

  /** Whether the server ended the stream in order. */
  async ended(): Promise<boolean> {
    const answer = await this.opened;
    if (!answer.closed) await new Promise((resolve) => answer.once("close", resolve));
    return answer.complete;
  }

  untilEvents(count: number): Promise<void> {
    return this.until(() => this.#count >= count);
  }

  /** Resolves once the frames so far are enough. */
  until(isEnough: (frames: readonly Frame[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = () => {
        if (isEnough(this.frames)) resolve();
      };
      this.#arrived();
    });
  }

  pause(): void {
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
  }

  cut(): void {
    this.#call.destroy();
  }

  #read(answer: IncomingMessage): void {
    this.#answer = answer;
    answer.setEncoding("utf8");
    // Being cut short is what this reader is for.
    answer.on("error", () => {});
    answer.on("data", (text: string) => this.#take(text));
  }

  #take(text: string): void {
    if (this.#budget <= 0) return;
    const { frames, rest } = framesIn(this.#rest + text.slice(0, this.#budget));
    this.#rest = rest;
    this.#budget -= text.length;
    for (const frame of frames) expectDocumented(frame);
    this.frames.push(...frames);
    this.#count += idsOf(frames).length;
    this.#arrived();
    if (this.#budget > 0) return this.onText();
    this.cut();
    this.#spend();
  }
}

/** Throws, which fails the test, if an event's data is not what the document says. */
function expectDocumented({ event, data }: Frame): void {
  if (event === undefined) return;
  eventData[event as EventTopic].parse(JSON.parse(data ?? ""));
}

/** The ids of events, not of bookmarks. */
export function idsOf(frames: readonly Frame[]): string[] {
  return frames.flatMap(({ id, data }) => (id === undefined || data === undefined ? [] : [id]));
}
