// Reading a request's body within a limit that holds while it streams, whatever its headers claimed.

import type { IncomingMessage } from "node:http";

export type Body =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly refusal: "too-large"; readonly limit: number }
  /** The client went away in the middle; nobody is left to answer. */
  | { readonly ok: false; readonly refusal: "aborted" };

export function readBody(incoming: IncomingMessage, limit: number): Promise<Body> {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) {
    return Promise.resolve({ ok: false, refusal: "too-large", limit });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (body: Body) => {
      incoming.off("data", onData);
      incoming.off("end", onEnd);
      incoming.off("close", onClose);
      incoming.off("error", onClose);
      resolve(body);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) {
        chunks.push(chunk);
        return;
      }
      incoming.pause();
      settle({ ok: false, refusal: "too-large", limit });
    };
    const onEnd = () => {
      const [first] = chunks;
      const bytes = chunks.length === 1 && first ? first : Buffer.concat(chunks, length);
      settle({ ok: true, bytes });
    };
    const onClose = () => settle({ ok: false, refusal: "aborted" });
    incoming.on("data", onData);
    incoming.on("end", onEnd);
    incoming.on("close", onClose);
    incoming.on("error", onClose);
  });
}
