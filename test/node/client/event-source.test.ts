import { describe, expect, test } from "vitest";
import { eventsIn } from "../../../node/client/event-source.ts";

/** The events in a body that comes in these pieces. */
async function eventsOf(...pieces: readonly (string | Uint8Array)[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      }
      controller.close();
    },
  });
  const events: unknown[] = [];
  for await (const event of eventsIn(body)) events.push(event);
  return events;
}

const BLOCK = { name: "block", data: "{}" };

describe("a stream of events", () => {
  test("is read whatever comes between", async () => {
    const text = "retry: 1000\n\n: heartbeat\n\nid: 4.0\n\nid: 5.0\nevent: block\ndata: {}\n\n";
    expect(await eventsOf(text)).toEqual([BLOCK]);
  });

  test("is read however it is cut", async () => {
    const text = "event: block\r\ndata: {}\r\n\r\nevent: tx\ndata: é\n\n";
    const bytes = new TextEncoder().encode(text);
    const single = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await eventsOf(...single)).toEqual([BLOCK, { name: "tx", data: "é" }]);
  });

  test("gives nothing of an event that is cut off", async () => {
    expect(await eventsOf("event: block\ndata: {}\n")).toEqual([]);
  });

  test("joins data of several lines, and takes them without a space", async () => {
    const events = await eventsOf("data:{\ndata: }\n\n");
    expect(events).toEqual([{ name: "", data: "{\n}" }]);
  });

  test("does not carry a name over to the next event", async () => {
    const events = await eventsOf("event: block\ndata: {}\n\ndata: {}\n\n");
    expect(events).toEqual([BLOCK, { name: "", data: "{}" }]);
  });

  test.each([
    ["one endless line", "data: "],
    ["endless lines", "data: \n"],
  ])("is left at %s", async (_what, start) => {
    const piece = `${start}${"x".repeat(1024 * 1024)}`;
    const endless = eventsOf(...Array.from({ length: 17 }, () => piece));
    await expect(endless).rejects.toThrow("an event is too large");
  });
});
