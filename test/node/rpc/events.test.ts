// The stream of events over HTTP: exact over any number of drops, filtered, bounded, and ended in order.

import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { type Evidence, messageCodec } from "../../../consensus/index.ts";
import { decode, fromHex, view } from "../../../crypto/index.ts";
import { EventReaders } from "../../../node/rpc/event-readers.ts";
import type { RpcLimits } from "../../../node/rpc/index.ts";
import { randomOf } from "../../consensus/network.ts";
import { block, committee } from "../replica/fixtures.ts";
import { type Frame, GrowingChain, idsOf, Reader } from "./event-fixtures.ts";
import { fakeApi, get, serve } from "./fixtures.ts";

async function serving(
  options: { readonly chain?: GrowingChain; readonly limits?: Partial<RpcLimits> } = {},
) {
  const { chain = new GrowingChain(), limits } = options;
  const served = await serve(fakeApi({ events: () => chain }), limits);
  return { chain, served, url: `${served.url}/v1/events` };
}

async function reading(url: string, lastEventId?: string): Promise<Reader> {
  const reader = new Reader(url, { lastEventId });
  await reader.opened;
  return reader;
}

const evidence: Evidence = {
  offender: 3,
  view: view(1),
  first: committee.vote(block(1), { by: 3 }),
  second: committee.vote(block(1, { timestampMs: 77 }), { by: 3 }),
};

const named = (name: string) => (frames: readonly Frame[]) => {
  return frames.some(({ event }) => event === name);
};

describe("a reader of events", () => {
  test("is told of every block and every transaction, in order, from the height it asks for", async () => {
    const { chain, url } = await serving();
    chain.grow(6);
    const reader = await reading(`${url}?from=3`);
    await reader.untilEvents(chain.ids(3).length);
    expect(idsOf(reader.frames)).toEqual(chain.ids(3));
  });

  test("hears of blocks as they become final", async () => {
    const { chain, url } = await serving();
    const reader = await reading(`${url}?from=1`);
    for (const tip of [1, 2, 3]) {
      chain.grow(1);
      await reader.untilEvents(chain.ids().length);
      expect(idsOf(reader.frames)).toEqual(chain.ids());
      expect(chain.tip()).toBe(tip);
    }
  });

  test("that does not say from where begins with the next final block", async () => {
    const { chain, url } = await serving();
    chain.grow(5);
    const reader = await reading(url);
    await reader.until((frames) => frames.length >= 2);
    chain.grow(2);
    await reader.untilEvents(chain.ids(6).length);
    expect(idsOf(reader.frames)).toEqual(chain.ids(6));
  });

  test("that has seen no event yet knows where it stands all the same", async () => {
    const { chain, url } = await serving();
    chain.grow(2);
    const reader = await reading(url);
    await reader.until((frames) => frames.length >= 2);
    expect(reader.frames).toEqual([{ retry: "1000" }, { id: "2.4" }]);
    chain.grow(1);
    const later = await reading(url, "2.4");
    await later.untilEvents(chain.ids(3).length);
    expect(idsOf(later.frames)).toEqual(chain.ids(3));
  });

  test("that asks for a height beyond the tip waits for it", async () => {
    const { chain, url } = await serving();
    chain.grow(2);
    const reader = await reading(`${url}?from=4`);
    chain.grow(1);
    chain.grow(1);
    await reader.untilEvents(chain.ids(4).length);
    expect(idsOf(reader.frames)).toEqual(chain.ids(4));
  });

  test("that asks for height 0 begins with the first block, for nothing happened at genesis", async () => {
    const { chain, url } = await serving();
    chain.grow(1);
    const reader = await reading(`${url}?from=0`);
    await reader.untilEvents(chain.ids().length);
    expect(idsOf(reader.frames)).toEqual(chain.ids());
  });

  test.each([
    ["1.0", "1.1"],
    ["2.1", "2.2"],
    ["2.4", "3.0"],
    ["3.9", "4.0"],
    ["0.0", "1.0"],
  ])("that saw %s goes on with %s, whatever else it asks for", async (seen, first) => {
    const { chain, url } = await serving();
    chain.grow(5);
    const reader = await reading(`${url}?from=1`, seen);
    await reader.untilEvents(1);
    expect(idsOf(reader.frames)[0]).toBe(first);
  });

  test("is shown the block as its own page shows it", async () => {
    const { chain, url, served } = await serving();
    chain.grow(1);
    const reader = await reading(`${url}?from=1`);
    await reader.untilEvents(1);
    const page = await get(`${served.url}/v1/blocks/latest`);
    const shown = JSON.parse(reader.frames.find(({ id }) => id === "1.0")?.data ?? "");
    expect(Object.keys(shown)).toEqual(Object.keys(page.body));
    expect(shown).toMatchObject({ height: 1, stateRoot: page.body.stateRoot });
  });

  test("is shown a transaction with its receipt", async () => {
    const { chain, url } = await serving({ chain: new GrowingChain(() => 4) });
    chain.grow(1);
    const reader = await reading(`${url}?from=1&topics=tx`);
    await reader.untilEvents(4);
    const shown = JSON.parse(reader.frames.find(({ id }) => id === "1.2")?.data ?? "");
    expect(shown).toEqual({
      hash: `0x0000000100000002${"00".repeat(24)}`,
      result: "ok",
      height: 1,
      index: 1,
      block: `0x00000001${"00".repeat(28)}`,
      feePaid: "1",
      output: "0x01",
    });
  });

  test("is told of a skipped transaction too, so that the ids of a block have no hole", async () => {
    const { chain, url } = await serving({ chain: new GrowingChain(() => 4) });
    chain.grow(1);
    const reader = await reading(`${url}?from=1`);
    await reader.untilEvents(5);
    const shown = JSON.parse(reader.frames.find(({ id }) => id === "1.4")?.data ?? "");
    expect(shown).toMatchObject({ index: 3, result: "skipped" });
  });
});

test("1,000 forced drops leave no gap and no repeat (seed 20260121)", async () => {
  const limits = { requestsPerSecond: 1_000_000 };
  const { chain, url } = await serving({ limits });
  const random = randomOf(20_260_121);
  const below = (limit: number) => Math.floor(random() * limit);
  const seen: string[] = [];
  let drops = 0;
  for (; drops < 1_000; drops++) {
    // Anywhere: within the first line, within a frame, between two, while the reader is behind or waits at the tip.
    const budget = 1 + below(4_000);
    const reader = new Reader(`${url}?from=1`, { lastEventId: seen.at(-1), budget });
    reader.onText = () => chain.grow(1 + below(2));
    chain.grow(below(3));
    await reader.spent;
    seen.push(...idsOf(reader.frames));
  }
  const left = chain.ids().length - seen.length;
  const last = await reading(`${url}?from=1`, seen.at(-1));
  await last.untilEvents(left);
  expect([...seen, ...idsOf(last.frames)]).toEqual(chain.ids());
  expect(seen.length).toBeGreaterThan(drops);
});

describe("topics", () => {
  test.each([
    ["block", ["1.0", "2.0"]],
    ["tx", ["1.1", "1.2", "2.1", "2.2", "2.3", "2.4"]],
    ["tx,block", ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4"]],
  ])("%s are all that a reader of them hears of", async (topics, ids) => {
    const { chain, url } = await serving();
    chain.grow(2);
    const reader = await reading(`${url}?from=1&topics=${topics}`);
    await reader.untilEvents(ids.length);
    chain.grow(1);
    await reader.untilEvents(ids.length + 1);
    expect(idsOf(reader.frames).slice(0, ids.length)).toEqual(ids);
    expect(idsOf(reader.frames)[ids.length]).toMatch(/^3\./);
  });

  test("that are no part of the chain have no id, and leave the place to resume from alone", async () => {
    const { chain, url } = await serving();
    chain.grow(1);
    const reader = await reading(`${url}?from=1&topics=block,tx,view,evidence`);
    await reader.untilEvents(3);
    chain.tell({ type: "view", view: view(9), leader: 2 });
    chain.tell({ type: "evidence", evidence });
    await reader.until(named("evidence"));
    await reader.until(named("view"));
    const told = reader.frames.filter(({ event }) => event === "view" || event === "evidence");
    expect(told.map(({ id }) => id)).toEqual([undefined, undefined]);
    const byName = Object.fromEntries(
      told.map(({ event, data }) => [event, JSON.parse(`${data}`)]),
    );
    expect(byName.view).toEqual({ view: 9, leader: 2 });
    expect(byName.evidence).toMatchObject({ offender: 3, view: 1, kind: "vote" });
    const bytes = fromHex(byName.evidence.second) ?? new Uint8Array(0);
    expect(decode(messageCodec, bytes)).toEqual({ ok: true, value: evidence.second });
  });

  test("that are not asked for are not told", async () => {
    const { chain, url } = await serving();
    const reader = await reading(`${url}?topics=view`);
    chain.grow(2);
    chain.tell({ type: "evidence", evidence });
    chain.tell({ type: "view", view: view(9), leader: 2 });
    await reader.until(named("view"));
    expect(reader.frames.filter(({ data }) => data !== undefined)).toHaveLength(1);
    expect(chain.read).toEqual([]);
  });
});

describe("a request for events is refused", () => {
  test.each([
    ["a height that is none", "from=-1", "from"],
    ["a height with a leading zero", "from=01", "from"],
    ["an unknown topic", "topics=block,blocks", "topics"],
    ["no topic at all", "topics=", "topics"],
    ["a parameter that does not exist", "since=4", "since"],
  ])("with %s", async (_, query, parameter) => {
    const { url } = await serving();
    const { status, body } = await get(`${url}?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "INVALID_REQUEST", details: { parameter } });
  });

  test.each(["", "41", "41.0.1", "41.-1", "x.0", "041.0", "1e3.0", "9999999999999999.0"])(
    "with the id %j",
    async (id) => {
      const { url } = await serving();
      const answer = await fetch(url, { headers: { "last-event-id": id } });
      expect(answer.status).toBe(400);
      const details = { parameter: "last-event-id" };
      expect(await answer.json()).toMatchObject({ code: "INVALID_REQUEST", details });
    },
  );

  test("for a height that this node does not keep", async () => {
    const chain = new GrowingChain();
    chain.grow(5);
    chain.finalAt = () => undefined;
    const { url } = await serving({ chain });
    const { status, body } = await get(`${url}?from=3`);
    expect(status).toBe(410);
    expect(body).toMatchObject({ code: "PRUNED", details: { height: 3 } });
  });

  test("while as many streams are open as there may be, and not once one has gone", async () => {
    const { chain, url } = await serving({ limits: { maxEventStreams: 2 } });
    const readers = [await reading(url), await reading(url)];
    const { status, body, answer } = await get(url);
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: "STREAMS_FULL", retryable: true, details: { limit: 2 } });
    expect(answer.headers.get("retry-after")).toBe("5");
    const gone = chain.whenListeners(1);
    readers[0]?.cut();
    await gone;
    expect((await reading(url).then((reader) => reader.opened)).statusCode).toBe(200);
  });
});

describe("places for readers of events", () => {
  const outgoing = () => Object.assign(new EventEmitter(), { destroyed: false });
  const hold = (readers: EventReaders, address: string) => {
    const answer = outgoing();
    const held = readers.hold(
      { outgoing: answer as unknown as ServerResponse, address },
      (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    );
    return { answer, held };
  };

  test("are shared out: one address has so many, and others still find some", async () => {
    const readers = new EventReaders({ maxEventStreams: 9, maxEventStreamsPerAddress: 1 });
    const { answer, held } = hold(readers, "192.0.2.1");
    expect(readers.refusal("192.0.2.1")).toMatchObject({
      code: "RATE_LIMITED",
      details: { limit: 1, retryAfterMs: 5_000 },
    });
    expect(readers.refusal("192.0.2.2")).toBeUndefined();
    answer.emit("close");
    await held;
    expect(readers.refusal("192.0.2.1")).toBeUndefined();
  });

  test("are not shared out on this machine", () => {
    const readers = new EventReaders({ maxEventStreams: 9, maxEventStreamsPerAddress: 1 });
    hold(readers, "127.0.0.1");
    expect(readers.refusal("127.0.0.1")).toBeUndefined();
  });

  test("are all gone once the server stops", async () => {
    const readers = new EventReaders({ maxEventStreams: 9, maxEventStreamsPerAddress: 9 });
    const { held } = hold(readers, "192.0.2.1");
    readers.stop();
    await held;
    expect(readers.refusal("192.0.2.2")).toMatchObject({ code: "STREAMS_FULL" });
  });
});

describe("a stream of events", () => {
  test("can be read by pages of any origin, and is kept by nobody on the way", async () => {
    const { url } = await serving();
    const { headers } = await (await reading(url)).opened;
    expect(headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "access-control-allow-origin": "*",
      "x-accel-buffering": "no",
    });
  });

  test("is not opened by HEAD, which shows its headers", async () => {
    const { chain, url } = await serving();
    const answer = await fetch(url, { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(chain.subscriptions).toBe(0);
  });

  test("ends in order when the server stops", async () => {
    const { chain, url, served } = await serving();
    chain.grow(3);
    const reader = await reading(`${url}?from=1`);
    await reader.untilEvents(chain.ids().length);
    await served.stop();
    expect(await reader.ended()).toBe(true);
    expect(chain.listeners).toBe(0);
  });

  test("of a reader that takes nothing does not keep the server from stopping", async () => {
    const { chain, url, served } = await serving({ chain: new GrowingChain(() => 400, 1_024) });
    chain.grow(40);
    const reader = await reading(`${url}?from=1`);
    reader.pause();
    await chain.whenStalled();
    await served.stop();
    expect(chain.listeners).toBe(0);
  });

  test("outlives the time that an idle connection is given", async () => {
    const limits = { idleTimeoutMs: 20, keepAliveTimeoutMs: 10, eventHeartbeatMs: 60 };
    const { url } = await serving({ limits });
    const isHeartbeat = (frame: Frame) => Object.keys(frame).length === 0;
    const outlives = async () => {
      const reader = await reading(`${url}?topics=evidence`);
      const beats = reader.until((frames) => frames.filter(isHeartbeat).length >= 3);
      return await Promise.race([beats.then(() => true), reader.ended().then(() => false)]);
    };
    // A busy machine may take so long to hear of the request that the connection is idle before it is a stream.
    for (let attempts = 0; attempts < 20; attempts++) {
      if (await outlives().catch(() => false)) return;
    }
    expect.unreachable("no stream outlived it");
  });

  test("that fails is cut off, for its reader to come back, and is told of in the log", async () => {
    const chain = new GrowingChain();
    const { url, served } = await serving({ chain });
    const reader = await reading(`${url}?from=1`);
    chain.finalAt = () => undefined;
    chain.grow(1);
    expect(await reader.ended()).toBe(false);
    expect(served.logged).toMatchObject([{ level: "error", path: "/v1/events" }]);
    expect(chain.listeners).toBe(0);
  });
});

test("a slow reader is behind, costs no memory, and gets everything in the end", async () => {
  const { chain, url } = await serving({ chain: new GrowingChain(() => 40, 1_024) });
  chain.grow(250);
  const reader = await reading(`${url}?from=1`);
  reader.pause();
  await chain.whenStalled();
  // What the operating system buffers for a connection, and little more.
  const behind = chain.read.at(-1) ?? 0;
  expect(behind).toBeLessThan(200);
  chain.grow(5);
  reader.resume();
  await reader.untilEvents(chain.ids().length);
  expect(idsOf(reader.frames)).toEqual(chain.ids());
});
