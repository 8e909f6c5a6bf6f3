// Server-sent events (WHATWG HTML, 9.2) out of the body of an answer, as they come. Reads what Quorate's nodes write:
// names and data; ids and comments are passed over.

export type ServerEvent = { readonly name: string; readonly data: string };

/** One event; the JSON of the largest block stays far below. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

/** Ends with the body. Throws what reading it throws, and a TypeError for an event beyond all measure. */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const lines = new Lines();
  let name = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const line of lines.take(decoder.decode(value, { stream: true }))) {
        if (line === "") {
          if (data.length > 0) yield { name, data: data.join("\n") };
          name = "";
          data = [];
          lines.startEvent();
        } else if (line.startsWith("event:")) {
          name = fieldOf(line, "event:");
        } else if (line.startsWith("data:")) {
          data.push(fieldOf(line, "data:"));
        }
      }
    }
  } finally {
    // Whatever ended the reading, nobody reads on; a body that broke already cannot be cancelled.
    await reader.cancel().catch(() => undefined);
  }
}

function fieldOf(line: string, prefix: string): string {
  const value = line.slice(prefix.length);
  return value.startsWith(" ") ? value.slice(1) : value;
}

/** Cuts a text that comes in pieces at LF, CR or CRLF. */
class Lines {
  #pieces: string[] = [];
  #chars = 0;
  #endedInReturn = false;

  /** What came so far counts no more. */
  startEvent(): void {
    this.#chars = 0;
  }

  *take(text: string): IterableIterator<string> {
    const fresh = this.#endedInReturn && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") this.#endedInReturn = text.endsWith("\r");
    const parts = fresh.split(/\r\n|\n|\r/);
    const rest = parts.pop() ?? "";
    for (const part of parts) {
      this.#measure(part.length);
      const line = this.#pieces.join("") + part;
      this.#pieces = [];
      yield line;
    }
    this.#measure(rest.length);
    if (rest !== "") this.#pieces.push(rest);
  }

  #measure(chars: number): void {
    this.#chars += chars;
    if (this.#chars > MAX_EVENT_CHARS) throw new TypeError("an event is too large");
  }
}
