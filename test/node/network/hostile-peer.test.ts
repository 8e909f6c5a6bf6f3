// One validator of several is hostile or broken: what it costs it, and what it costs us.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeFrames } from "../../../node/network/framing.ts";
import type { NetworkLimits, NetworkPeer } from "../../../node/network/index.ts";
import type { Stream } from "../../../node/network/libp2p-types.ts";
import {
  bytes,
  closed,
  FRAMES,
  type RawPeer,
  REQUESTS,
  rawPeer,
  Signal,
  type Validator,
  validator,
  validators,
} from "./fixture.ts";

const BOMB = new Uint8Array([255, 255, 255, 255, 1, 2, 3]);

let peers: [NetworkPeer, NetworkPeer, NetworkPeer];
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  peers = (await validators(3)) as typeof peers;
});

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** Validator 1, honest; it does not dial validator 2 in good time, so the tests choose the connection. */
async function honest(limits: Partial<NetworkLimits> = {}): Promise<Validator> {
  const one = validator(1, [peers[0], peers[1], { ...peers[2], addresses: [] }], { limits });
  stops.push(() => one.network.stop());
  await one.network.start();
  return one;
}

/** Validator 2, in the hands of the test. */
async function hostile(onFrames?: (stream: Stream) => void): Promise<RawPeer> {
  const peer = await rawPeer(2, peers, onFrames);
  stops.push(peer.stop);
  return peer;
}

const quiet = { watchdogMs: 60_000 };

describe("a length bomb", () => {
  test("costs a strike and the stream, and the link lives", async () => {
    const victim = await honest(quiet);
    const connection = await (await hostile()).connect(peers[1]);
    const stream = await connection.newStream(FRAMES);
    stream.send(BOMB);
    await closed(stream);
    expect(victim.network.stats()).toMatchObject({ strikes: 1, bans: 0, framesIn: 0 });
    const again = await connection.newStream(FRAMES);
    again.send(encodeFrames([bytes("sorry")]));
    await victim.signal.until(() => victim.frames.length === 1);
  });

  test("again and again leads to a ban; the other validators are unharmed", async () => {
    const victim = await honest({ ...quiet, strikes: 3 });
    const other = validator(0, peers.slice(0, 2));
    stops.push(() => other.network.stop());
    await other.network.start();
    await other.linked(1);
    const peer = await hostile();
    const connection = await peer.connect(peers[1]);
    for (let index = 0; index < 3; index++) {
      const stream = await connection.newStream(FRAMES);
      stream.send(BOMB);
      await closed(stream);
    }
    await closed(connection);
    expect(victim.network.stats()).toMatchObject({ strikes: 3, bans: 1 });
    const refused = await peer.connect(peers[1]).then(closed, () => "refused");
    expect([undefined, "refused"]).toContain(refused);
    expect(victim.network.stats().strangersRefused).toBeGreaterThan(0);
    other.network.send(1, bytes("still here"));
    await victim.signal.until(() => victim.frames.some(({ from }) => from === 0));
  });

  test("in a request costs a strike", async () => {
    const victim = await honest(quiet);
    const connection = await (await hostile()).connect(peers[1]);
    const stream = await connection.newStream(REQUESTS);
    stream.send(BOMB);
    await closed(stream);
    expect(victim.network.stats()).toMatchObject({ strikes: 1, requestsFailed: 1 });
  });

  test("in an answer costs a strike, and the request fails as malformed", async () => {
    const victim = await honest(quiet);
    const peer = await hostile();
    await peer.node.handle(REQUESTS, (stream) => {
      stream.send(BOMB);
    });
    await peer.connect(peers[1]);
    await victim.linked(1);
    const request = victim.network.request(2, bytes("?"), { timeoutMs: 30_000 });
    await expect(request).rejects.toMatchObject({ code: "malformed" });
    expect(victim.network.stats().strikes).toBe(1);
  });
});

describe("a frame that the node calls malformed", () => {
  test("costs a strike", async () => {
    const victim = await honest(quiet);
    const connection = await (await hostile()).connect(peers[1]);
    (await connection.newStream(FRAMES)).send(encodeFrames([bytes("bad"), bytes("good")]));
    await victim.signal.until(() => victim.frames.length === 2);
    expect(victim.network.stats().strikes).toBe(1);
  });
});

describe("a second direct stream", () => {
  test("replaces the first", async () => {
    const victim = await honest(quiet);
    const connection = await (await hostile()).connect(peers[1]);
    const first = await connection.newStream(FRAMES);
    const second = await connection.newStream(FRAMES);
    await closed(first);
    second.send(encodeFrames([bytes("by the second")]));
    await victim.signal.until(() => victim.frames.length === 1);
  });

  test("and a third, and so on, costs strikes in the end", async () => {
    const victim = await honest({ ...quiet, strikes: 100 });
    const connection = await (await hostile()).connect(peers[1]);
    for (let index = 0; index < 30 && victim.network.stats().strikes === 0; index++) {
      await connection.newStream(FRAMES).catch(() => undefined);
    }
    expect(victim.network.stats().strikes).toBeGreaterThan(0);
  });
});

describe("a flood", () => {
  test("of frames is slowed down to the rate, and nothing is lost", async () => {
    const victim = await honest({ ...quiet, framesPerSecond: 2_000 });
    const connection = await (await hostile()).connect(peers[1]);
    const frames = Array.from({ length: 2_300 }, (_, index) => bytes(`frame ${index}`));
    (await connection.newStream(FRAMES)).send(encodeFrames(frames));
    await victim.signal.until(() => victim.frames.length === frames.length);
    expect(victim.frames.map((frame) => frame.bytes)).toEqual(frames);
    expect(victim.network.stats().framesThrottled).toBeGreaterThan(0);
    expect(victim.network.stats().strikes).toBe(0);
  });

  test("of requests is reset above the rate", async () => {
    const victim = await honest({ ...quiet, requestsPerSecond: 5 });
    const connection = await (await hostile()).connect(peers[1]);
    const ask = async () => {
      const stream = await connection.newStream(REQUESTS);
      stream.send(encodeFrames([bytes("?")]));
      await stream.close();
      await closed(stream);
    };
    await Promise.allSettled(Array.from({ length: 30 }, ask));
    const { requestsIn, requestsRefused } = victim.network.stats();
    expect(requestsIn + requestsRefused).toBe(30);
    expect(requestsRefused).toBeGreaterThan(10);
  });
});

describe("a peer that never reads", () => {
  test("makes its queue drop the oldest frames, and gets the newest when it reads", async () => {
    const signal = new Signal();
    const streams: Stream[] = [];
    let received = 0;
    let tail = new Uint8Array(0);
    const victim = await honest({ ...quiet, sendQueueFrames: 16 });
    const peer = await hostile((stream) => {
      stream.pause();
      stream.addEventListener("message", (event) => {
        received += event.data.byteLength;
        tail = new Uint8Array(event.data.subarray().slice(-1));
        signal.notify();
      });
      streams.push(stream);
      signal.notify();
    });
    await peer.connect(peers[1]);
    await Promise.all([victim.linked(1), signal.until(() => streams.length === 1)]);
    const frame = 32 * 1024;
    for (let mark = 0; mark < 100; mark++) {
      victim.network.send(2, new Uint8Array(frame).fill(mark));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { framesDropped, framesOut } = victim.network.stats();
    expect(framesDropped).toBeGreaterThan(50);
    expect(framesOut + framesDropped).toBe(100 - 16);
    for (const stream of streams) stream.resume();
    await signal.until(() => received === (framesOut + 16) * (frame + 4));
    expect(tail[0]).toBe(99);
  });

  test("loses its link after a while", async () => {
    const victim = await honest({ watchdogMs: 20, stalledSendMs: 100 });
    const signal = new Signal();
    let isPaused = false;
    const peer = await hostile((stream) => {
      stream.pause();
      isPaused = true;
      signal.notify();
    });
    const connection = await peer.connect(peers[1]);
    await Promise.all([victim.linked(1), signal.until(() => isPaused)]);
    for (let index = 0; index < 4; index++) victim.network.send(2, new Uint8Array(256 * 1024));
    await closed(connection);
    expect(victim.network.stats().resets).toBe(1);
    expect(victim.network.connected()).toEqual([]);
  });
});

describe("a stalled stream", () => {
  test("in the middle of a frame costs a strike", async () => {
    const victim = await honest({ watchdogMs: 20, watchdogChecks: 10_000, partialFrameMs: 50 });
    const connection = await (await hostile()).connect(peers[1]);
    const stream = await connection.newStream(FRAMES);
    stream.send(new Uint8Array([0, 0, 1, 0, 42]));
    await closed(stream);
    expect(victim.network.stats().strikes).toBe(1);
  });

  test("that never sends its request is closed", async () => {
    const victim = await honest({ ...quiet, requestReadMs: 50 });
    const connection = await (await hostile()).connect(peers[1]);
    const stream = await connection.newStream(REQUESTS);
    await closed(stream);
    expect(victim.network.stats()).toMatchObject({ requestsIn: 1, requestsFailed: 1, strikes: 0 });
  });

  test("that never ends its request is closed after the answer", async () => {
    await honest({ ...quiet, requestAnswerMs: 50 });
    const connection = await (await hostile()).connect(peers[1]);
    const stream = await connection.newStream(REQUESTS);
    stream.send(encodeFrames([bytes("?")]));
    await closed(stream);
  });

  test("of gossip makes the watchdog renew the link", async () => {
    const victim = await honest({ watchdogMs: 20 });
    const peer = await hostile();
    const hearsVictim = new Promise<void>((resolve) => {
      const { gossip } = peer.node.services;
      gossip.addEventListener("subscription-change", () => resolve(), { once: true });
    });
    const connection = await peer.connect(peers[1]);
    await Promise.all([victim.linked(1), hearsVictim]);
    for (const stream of connection.streams) {
      const isInbound = stream.direction === "inbound" && stream.protocol.startsWith("/meshsub/");
      if (isInbound) stream.abort(new Error("stuck"));
    }
    await closed(connection);
    expect(victim.network.stats().resets).toBe(1);
  });
});

describe("a second connection", () => {
  test("of a peer that lost the first replaces it", async () => {
    const victim = await honest({ ...quiet, crossingMs: 1 });
    const peer = await hostile();
    const first = await peer.connect(peers[1]);
    await victim.linked(1);
    const { node } = peer;
    const second = await node.dial(first.remoteAddr, { force: true });
    await closed(first);
    (await second.newStream(FRAMES)).send(encodeFrames([bytes("over the second")]));
    await victim.signal.until(() => victim.frames.length === 1);
  });
});
