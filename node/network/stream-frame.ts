// One frame, and nothing else, out of a request stream.

import { FrameReader } from "./framing.ts";
import type { Stream } from "./libp2p-types.ts";

export class StreamFault extends Error {
  readonly kind: "ended" | "malformed";

  constructor(kind: "ended" | "malformed", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Rejects with StreamFault when the stream ends first, or the bytes are no single frame. Sets no deadline. */
export function readOneFrame(stream: Stream, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader(maxBytes);
    const ended = () => reject(new StreamFault("ended", "the stream ended before a whole message"));
    stream.addEventListener("close", ended);
    stream.addEventListener("end", ended);
    stream.addEventListener("message", (event) => {
      if (reader.unread > 0) return;
      reader.push(event.data.subarray());
      const frame = reader.next();
      if (frame === undefined) return;
      if (frame === "malformed" || reader.unread > 0) {
        reject(new StreamFault("malformed", "the message breaks the framing or the limit"));
      } else resolve(frame);
    });
    if (stream.readableEnded || stream.status !== "open") ended();
  });
}
