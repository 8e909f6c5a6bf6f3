// One stream against a sink that the test opens and closes, on the test's own clock.

import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Evidence } from "../../../consensus/index.ts";
import { height, view } from "../../../crypto/index.ts";
import type { EventTopic } from "../../../node/rpc/event-frames.ts";
import { streamEvents } from "../../../node/rpc/event-stream.ts";
import { Turns } from "../../../node/rpc/turns.ts";
import { block, committee } from "../replica/fixtures.ts";
import { framesIn, GrowingChain, idsOf } from "./event-fixtures.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const HEARTBEAT_MS = 15_000;

class Sink extends EventEmitter {
  text = "";
  isFull = false;

  write(text: string): boolean {
    this.text += text;
    return !this.isFull;
  }

  drain(): void {
    this.isFull = false;
    this.emit("drain");
  }

  get frames() {
    return framesIn(this.text).frames;
  }

  get heartbeats(): number {
    return this.text.split(": heartbeat\n\n").length - 1;
  }
}

/** Everything that can go on without the clock has gone on. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve));
}

function streaming(
  chain: GrowingChain,
  topics: readonly EventTopic[] = ["block", "tx"],
  isFull = false,
  turns = new Turns(),
) {
  const sink = new Sink();
  sink.isFull = isFull;
  const controller = new AbortController();
  const done = streamEvents({
    feed: chain,
    sink,
    topics: new Set(topics),
    start: { height: height(1), index: 0 },
    preamble: "",
    heartbeatMs: HEARTBEAT_MS,
    turns,
    signal: controller.signal,
  });
  const stop = async () => {
    controller.abort();
    await done;
  };
  return { sink, stop, done };
}

const evidence = (at: number): Evidence => ({
  offender: 3,
  view: view(at),
  first: committee.vote(block(1), { by: 3 }),
  second: committee.vote(block(1, { timestampMs: 77 }), { by: 3 }),
});

describe("a stream that has nothing to say", () => {
  test("says so after every 15 s of silence, and not before", async () => {
    const { sink, stop } = streaming(new GrowingChain());
    await settle();
    vi.advanceTimersByTime(HEARTBEAT_MS - 1);
    await settle();
    expect(sink.text).toBe("");
    vi.advanceTimersByTime(1);
    await settle();
    expect(sink.heartbeats).toBe(1);
    vi.advanceTimersByTime(HEARTBEAT_MS);
    await settle();
    expect(sink.heartbeats).toBe(2);
    await stop();
  });

  test("counts the silence from the last event", async () => {
    const chain = new GrowingChain();
    const { sink, stop } = streaming(chain);
    await settle();
    vi.advanceTimersByTime(HEARTBEAT_MS - 1);
    chain.grow(1);
    await settle();
    vi.advanceTimersByTime(HEARTBEAT_MS - 1);
    await settle();
    expect(sink.heartbeats).toBe(0);
    vi.advanceTimersByTime(1);
    await settle();
    expect(sink.heartbeats).toBe(1);
    await stop();
  });

  test("is silent however much happens that its reader did not ask for", async () => {
    const chain = new GrowingChain(() => 0);
    const { sink, stop } = streaming(chain, ["tx"]);
    for (let second = 0; second < 15; second++) {
      await settle();
      vi.advanceTimersByTime(1_000);
      chain.grow(1);
    }
    await settle();
    expect(sink.text).toBe(": heartbeat\n\n");
    await stop();
  });

  test("leaves no timer and no listener behind when it ends", async () => {
    const chain = new GrowingChain();
    const { stop } = streaming(chain);
    await settle();
    await stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(chain.listeners).toBe(0);
  });
});

describe("a stream whose reader takes nothing", () => {
  test("reads no further than the block it is at", async () => {
    const chain = new GrowingChain();
    chain.grow(50);
    const { sink, stop } = streaming(chain, ["block", "tx"], true);
    await settle();
    expect(chain.read).toEqual([1]);
    sink.drain();
    await settle();
    await stop();
    expect(idsOf(sink.frames)).toEqual(chain.ids());
  });

  test("stops in the middle of a large block and goes on where it was", async () => {
    const chain = new GrowingChain(() => 500);
    chain.grow(1);
    const { sink, stop } = streaming(chain, ["block", "tx"], true);
    await settle();
    expect(sink.text.length).toBeLessThan(40_000);
    sink.drain();
    await settle();
    await stop();
    expect(idsOf(sink.frames)).toEqual(chain.ids());
  });

  test("is sent no heartbeat, for it would only wait as well", async () => {
    const chain = new GrowingChain();
    chain.grow(1);
    const { sink, stop } = streaming(chain, ["block", "tx"], true);
    await settle();
    const { length } = sink.text;
    vi.advanceTimersByTime(10 * HEARTBEAT_MS);
    await settle();
    expect(sink.text.length).toBe(length);
    await stop();
  });

  test("ends at once when it is told to", async () => {
    const chain = new GrowingChain();
    chain.grow(50);
    const { sink, stop } = streaming(chain, ["block", "tx"], true);
    await settle();
    await stop();
    expect(sink.listenerCount("drain")).toBe(0);
  });

  test("keeps the newest view and the newest evidence for it, and no more", async () => {
    const chain = new GrowingChain();
    chain.grow(1);
    const { sink, stop } = streaming(chain, ["block", "view", "evidence"], true);
    await settle();
    for (let at = 1; at <= 40; at++) {
      chain.tell({ type: "view", view: view(at), leader: 0 });
      chain.tell({ type: "evidence", evidence: evidence(at) });
    }
    sink.drain();
    await settle();
    await stop();
    const viewsOf = (name: string) =>
      sink.frames
        .filter(({ event }) => event === name)
        .map(({ data }) => JSON.parse(`${data}`).view);
    expect(viewsOf("view")).toEqual([40]);
    expect(viewsOf("evidence")).toEqual(Array.from({ length: 16 }, (_, at) => 25 + at));
  });
});

test("a stream whose block is suddenly gone fails rather than leave it out", async () => {
  const chain = new GrowingChain();
  const { done } = streaming(chain);
  await settle();
  chain.finalAt = () => undefined;
  chain.grow(1);
  await expect(done).rejects.toThrow("the events of height 1 are no longer here");
  expect(chain.listeners).toBe(0);
});

test("a stream that hears of a block while its reader takes nothing tells of it afterwards", async () => {
  const chain = new GrowingChain(() => 0);
  const { sink, stop } = streaming(chain, ["block", "view"], true);
  await settle();
  chain.tell({ type: "view", view: view(1), leader: 0 });
  await settle();
  chain.grow(1);
  sink.drain();
  await settle();
  await stop();
  expect(idsOf(sink.frames)).toEqual(chain.ids());
});

test("readers that catch up, however many, take one block between them each turn of the process", async () => {
  const turns = new Turns();
  const chains = Array.from({ length: 20 }, () => new GrowingChain());
  const streams = chains.map((chain) => {
    chain.grow(1_000);
    return streaming(chain, ["block"], false, turns);
  });
  const read = () => chains.reduce((sum, chain) => sum + chain.read.length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  const before = read();
  for (let count = 0; count < 40; count++) await new Promise((resolve) => setImmediate(resolve));
  expect(read() - before).toBeGreaterThanOrEqual(39);
  expect(read() - before).toBeLessThanOrEqual(41);
  const shares = chains.map((chain) => chain.read.length);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  for (const { stop } of streams) await stop();
});
