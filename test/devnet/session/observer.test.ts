// The observer against a validator that is a small HTTP server: its answers are written here, line by line.

import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Observer } from "../../../devnet/session/observer.ts";
import type { Contradiction, Proofs } from "../../../devnet/session/proofs.ts";
import { Sightings } from "../../../devnet/session/sightings.ts";

type Stream = { readonly path: string; readonly outgoing: ServerResponse };

let server: Server;
let observer: Observer;
let sightings: Sightings;
let found: (Contradiction & { readonly by: number })[];
/** Streams of events that the observer opens, as they come. */
let streams: Stream[];
let onStream: () => void;
let pruned: number | undefined;

beforeEach(async () => {
  streams = [];
  onStream = () => {};
  found = [];
  pruned = undefined;
  sightings = new Sightings(0);
  server = createServer((incoming, outgoing) => {
    if (incoming.url === "/v1/status") {
      outgoing.writeHead(503, { "content-type": "application/json" }).end("{}");
      return;
    }
    if (incoming.url?.endsWith(`&from=${pruned}`)) {
      outgoing.writeHead(410, { "content-type": "application/problem+json" }).end("{}");
      return;
    }
    outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    streams.push({ path: incoming.url ?? "", outgoing });
    onStream();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proofs: Pick<Proofs, "take" | "isSettled"> = {
    take: (by, contradiction) => found.push({ by, ...contradiction }),
    isSettled: (offender) => offender === 2,
  };
  observer = new Observer({
    urls: [`http://127.0.0.1:${port}`],
    sightings,
    proofs,
    counts: () => true,
    nowMs: () => 5,
  });
  observer.start(4);
});

afterEach(async () => {
  observer.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function stream(number: number): Promise<Stream> {
  for (;;) {
    const open = streams[number];
    if (open !== undefined) return open;
    await new Promise<void>((resolve) => {
      onStream = resolve;
    });
  }
}

function block(height: number): string {
  const data = { height, hash: `h${height}`, stateRoot: `s${height}`, transactions: ["0x1"] };
  return `id: ${height}.0\nevent: block\ndata: ${JSON.stringify(data)}\n\n`;
}

function evidence(offender: number): string {
  const data = { offender, view: 3, kind: "vote", first: "0x01", second: "0x02" };
  return `event: evidence\ndata: ${JSON.stringify(data)}\n\n`;
}

describe("the observer of a live devnet", () => {
  test("goes on after a break with the first block that it has not seen", async () => {
    const first = await stream(0);
    expect(first.path).toBe("/v1/events?topics=block,evidence&from=4");
    first.outgoing.end(block(7) + block(8));
    const second = await stream(1);
    expect(second.path).toBe("/v1/events?topics=block,evidence&from=9");
    second.outgoing.end(block(9));
    expect((await stream(2)).path).toContain("from=10");
    expect(sightings.highest).toBe(9);
    expect(sightings.transactions).toBe(3);
    expect(sightings.skips(() => true)).toEqual([]);
  });

  test("begins with the newest block where the past is no longer held", async () => {
    pruned = 4;
    const first = await stream(0);
    expect(first.path).toBe("/v1/events?topics=block,evidence");
    first.outgoing.end(block(90));
    expect((await stream(1)).path).toContain("from=91");
    expect(sightings.skips(() => true)).toEqual([]);
  });

  test("hands on evidence that is not settled yet", async () => {
    (await stream(0)).outgoing.end(evidence(2) + evidence(3));
    await stream(1);
    expect(found).toEqual([{ by: 0, first: "0x01", second: "0x02" }]);
  });

  test.each([
    ["null", "event: block\ndata: null\n\n"],
    ["a block without a height", 'event: block\ndata: {"hash":"x"}\n\n'],
    ["a height that is a text", 'event: block\ndata: {"height":"9","hash":"x"}\n\n'],
    ["evidence that is null", "event: evidence\ndata: null\n\n"],
    ["evidence without messages", 'event: evidence\ndata: {"offender":3}\n\n'],
    ["an event of another kind", "event: view\ndata: {}\n\n"],
  ])("reads on after %s", async (_, text) => {
    (await stream(0)).outgoing.end(text + block(7));
    expect((await stream(1)).path).toContain("from=8");
    expect(sightings.highest).toBe(7);
    expect(found).toEqual([]);
  });

  test("asks again after what is no JSON", async () => {
    (await stream(0)).outgoing.end("event: block\ndata: {\n\n");
    (await stream(1)).outgoing.end(block(7));
    await stream(2);
    expect(sightings.highest).toBe(7);
  });
});
