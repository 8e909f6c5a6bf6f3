// Events as frames of a text/event-stream (WHATWG HTML, 9.2). The frames of the chain have ids, `height.index`: 0 is the
// block, 1.. are its transactions in their order, so that an id names the same event on every node and for ever.

import { type Message, messageCodec } from "../../consensus/index.ts";
import { encode, type Height, height } from "../../crypto/index.ts";
import type { FinalEvents, Occurrence } from "./api.ts";
import { blockJson, hexOf, receiptJson } from "./presentation.ts";

/** `view` and `evidence` are no part of the chain: whoever is away while they happen does not hear of them. */
export const EVENT_TOPICS = ["block", "tx", "view", "evidence"] as const;

export type EventTopic = (typeof EVENT_TOPICS)[number];

/** A place in the events of the chain. */
export type EventPosition = {
  readonly height: Height;
  /** 0 for the block, 1.. for its transactions. */
  readonly index: number;
};

/** Nothing but an id: readers take note of it and dispatch nothing, so that even who saw no event yet can resume. */
export function bookmark(position: EventPosition): string {
  return `id: ${formatEventId(position)}\n\n`;
}

/** A comment: readers ignore it. */
export const HEARTBEAT_FRAME = ": heartbeat\n\n";

/** Every number that it matches is exact. */
export const EVENT_ID = /^(?:0|[1-9][0-9]{0,14})\.(?:0|[1-9][0-9]{0,8})$/;

export function formatEventId({ height, index }: EventPosition): string {
  return `${height}.${index}`;
}

/** Of a text that matches EVENT_ID. */
export function parseEventId(text: string): EventPosition {
  const [at, index] = text.split(".").map(Number);
  return { height: height(at ?? 0), index: index ?? 0 };
}

/** A final block's frames, written out when first asked for and shared by all who read the block. */
class FinalFrames {
  readonly #final: FinalEvents;
  readonly #frames: (string | undefined)[] = [];

  constructor(final: FinalEvents) {
    this.#final = final;
  }

  /** Of the block and its transactions. */
  get count(): number {
    return 1 + this.#final.receipts.length;
  }

  at(index: number): string {
    this.#frames[index] ??= this.#write(index);
    return this.#frames[index];
  }

  #write(index: number): string {
    const { block, receipts } = this.#final;
    const { height } = block.block;
    const id = formatEventId({ height, index });
    const receipt = receipts[index - 1];
    if (receipt === undefined) return frame("block", blockJson(block), id);
    return frame("tx", receiptJson({ receipt, height, block: block.hash }), id);
  }
}

const written = new WeakMap<FinalEvents, FinalFrames>();

export function framesOf(final: FinalEvents): FinalFrames {
  const known = written.get(final);
  if (known !== undefined) return known;
  const frames = new FinalFrames(final);
  written.set(final, frames);
  return frames;
}

/** Of what is no part of the chain: without an id, so that it leaves the place to resume from as it is. */
export function occurrenceFrame(occurrence: Exclude<Occurrence, { type: "final" }>): string {
  if (occurrence.type === "view") {
    const { view, leader } = occurrence;
    return frame("view", { view, leader });
  }
  const { offender, view, first, second } = occurrence.evidence;
  const bytesOf = (message: Message) => hexOf(encode(messageCodec, message));
  const kind = first.type;
  const contradiction = { first: bytesOf(first), second: bytesOf(second) };
  return frame("evidence", { offender, view, kind, ...contradiction });
}

/** JSON has no line breaks of its own, so one data line is enough. */
function frame(event: string, data: unknown, id?: string): string {
  const named = id === undefined ? "" : `id: ${id}\n`;
  return `${named}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
