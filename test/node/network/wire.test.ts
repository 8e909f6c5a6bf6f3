// The wire between a validator and its peers, on real libp2p: all that leaves passes it, as often and as late as it wants.

import { afterEach, describe, expect, test } from "vitest";
import type { Wire } from "../../../node/network/index.ts";
import {
  at,
  bytes,
  linked,
  refusal,
  type Setup,
  start,
  stopAll,
  text,
  type Validator,
  validators,
} from "./fixture.ts";

afterEach(stopAll);

/** A wire whose ways change under the test. */
function changing() {
  const ways: { carry: Wire } = { carry: (_to, _bytes, send) => send() };
  const wire: Wire = (to, size, send) => ways.carry(to, size, send);
  return { ways, wire };
}

/** Validator 0 has the wire, the others send as they are. */
async function withWire(count: number, wire: Wire, setup: Setup = {}): Promise<Validator[]> {
  const peers = await validators(count);
  const all = await Promise.all(
    peers.map(({ index }) => start(index, peers, index === 0 ? { ...setup, wire } : setup)),
  );
  await Promise.all(all.map((one) => one.linked(count - 1)));
  return all;
}

const ASK = { timeoutMs: 10_000 };

/** What is asked behind it, over the same connection or another: a round trip from 1 to 0. */
async function roundTrip(all: readonly Validator[], from: number, to: number): Promise<void> {
  await at(all, from).network.request(to, bytes("ping"), ASK);
}

describe("a wire", () => {
  test("carries frames, requests, answers and gossip, each with its receiver and size", async () => {
    const { ways, wire } = changing();
    const all = await withWire(2, wire);
    const carried: [number, number][] = [];
    ways.carry = (to, size, send) => {
      carried.push([to, size]);
      send();
    };
    at(all, 0).network.send(1, new Uint8Array(1_001));
    expect(carried).toEqual([[1, 1_001]]);
    await at(all, 0).network.request(1, new Uint8Array(1_002), ASK);
    await at(all, 1).network.request(0, new Uint8Array(1_003), ASK);
    at(all, 0).network.publish("proposals", new Uint8Array(1_004));
    await at(all, 1).signal.until(() => at(all, 1).gossip.length === 1);
    const sizes = carried.map(([, size]) => size).filter((size) => size > 1_000);
    expect(sizes).toEqual([1_001, 1_002, 1_003, 1_004]);
  });

  test("that swallows frames leaves the link up, and carries again when it is well", async () => {
    const { ways, wire } = changing();
    const all = await withWire(2, wire);
    const { carry } = ways;
    ways.carry = () => {};
    at(all, 0).network.send(1, bytes("lost"));
    ways.carry = carry;
    at(all, 0).network.send(1, bytes("heard"));
    await at(all, 1).signal.until(() => at(all, 1).frames.length > 0);
    expect(at(all, 1).frames.map((frame) => text(frame.bytes))).toEqual(["heard"]);
    expect(at(all, 1).network.connected()).toEqual([0]);
  });

  test("that swallows a request ends it by its time limit", async () => {
    const { ways, wire } = changing();
    const all = await withWire(2, wire);
    ways.carry = () => {};
    const asked = at(all, 0).network.request(1, bytes("lost"), { timeoutMs: 50 });
    expect(await refusal(asked)).toBe("timeout");
    expect(at(all, 1).network.stats().requestsIn).toBe(0);
    expect(at(all, 0).network.stats().requestsOutFailed).toBe(1);
  });

  test("that swallows an answer ends the request by its time limit, and the next one is answered", async () => {
    const { ways, wire } = changing();
    const all = await withWire(2, wire);
    const { carry } = ways;
    ways.carry = () => {};
    const asked = at(all, 1).network.request(0, bytes("no answer"), { timeoutMs: 200 });
    expect(await refusal(asked)).toBe("timeout");
    expect(at(all, 0).network.stats().requestsIn).toBe(1);
    ways.carry = carry;
    await roundTrip(all, 1, 0);
  });

  test("that swallows gossip keeps it from that peer alone", async () => {
    const { ways, wire } = changing();
    // Nobody passes it on.
    const all = await withWire(3, wire, { verdict: () => "ignore" });
    ways.carry = (to, _size, send) => {
      if (to !== 1) send();
    };
    at(all, 0).network.publish("proposals", bytes("block"));
    await at(all, 2).signal.until(() => at(all, 2).gossip.length === 1);
    await roundTrip(all, 2, 1);
    expect(at(all, 1).gossip).toEqual([]);
  });

  test("that is cut while a peer arrives does not keep gossip from it afterwards", async () => {
    const { ways, wire } = changing();
    const { carry } = ways;
    ways.carry = () => {};
    const all = await withWire(2, wire);
    ways.carry = carry;
    at(all, 0).network.publish("proposals", bytes("block"));
    at(all, 1).network.publish("proposals", bytes("another"));
    await Promise.all(all.map((one) => one.signal.until(() => one.gossip.length === 1)));
  });

  test("that doubles delivers a frame twice, gossip once, and one answer to a request", async () => {
    const { ways, wire } = changing();
    const all = await withWire(2, wire);
    ways.carry = (_to, _size, send) => {
      send();
      send();
    };
    const { network } = at(all, 0);
    network.send(1, bytes("vote"));
    network.publish("proposals", bytes("block"));
    expect(text(await network.request(1, bytes("question"), ASK))).toBe("question");
    const { signal, frames, gossip } = at(all, 1);
    await signal.until(() => frames.length === 2 && gossip.length === 1);
    await roundTrip(all, 1, 0);
    expect(frames.map((frame) => text(frame.bytes))).toEqual(["vote", "vote"]);
    expect(gossip.length).toBe(1);
    expect(at(all, 1).network.stats().requestsIn).toBe(1);
  });

  test("that is late delivers nothing sooner, and everything then", async () => {
    const { ways, wire } = changing();
    const all = await withWire(2, wire);
    const held: (() => void)[] = [];
    ways.carry = (_to, size, send) => {
      if (size === 0) return send();
      held.push(send);
      at(all, 0).signal.notify();
    };
    const { network } = at(all, 0);
    network.send(1, bytes("vote"));
    network.publish("proposals", bytes("block"));
    const answered = network.request(1, bytes("question"), ASK);
    // Its answer does not pass the wire, which is at the other end.
    const { signal, frames, gossip } = at(all, 1);
    await at(all, 0).signal.until(() => held.length === 3);
    expect([frames.length, gossip.length, at(all, 1).network.stats().requestsIn]).toEqual([
      0, 0, 0,
    ]);
    for (const send of held) send();
    expect(text(await answered)).toBe("question");
    await signal.until(() => frames.length === 1 && gossip.length === 1);
  });
});

describe("gossip for some", () => {
  test("goes to these neighbours only", async () => {
    const all = await linked(4, { verdict: () => "ignore" });
    at(all, 0).network.publish("proposals", bytes("block"), [2]);
    await at(all, 2).signal.until(() => at(all, 2).gossip.length === 1);
    await Promise.all([roundTrip(all, 2, 1), roundTrip(all, 2, 3)]);
    expect(all.map(({ gossip }) => gossip.length)).toEqual([0, 0, 1, 0]);
  });

  test("is passed on by them as by anybody", async () => {
    const all = await linked(4);
    at(all, 0).network.publish("proposals", bytes("block"), [2]);
    for (const index of [1, 2, 3]) {
      const one = at(all, index);
      await one.signal.until(() => one.gossip.length === 1);
    }
    const [first] = at(all, 2).gossip;
    expect(first).toEqual({ topic: "proposals", from: 0, text: "block" });
    expect(at(all, 1).gossip[0]?.from).not.toBe(0);
  });

  test("differs from one to the other, if so wished", async () => {
    const all = await linked(3, { verdict: () => "ignore" });
    at(all, 0).network.publish("proposals", bytes("left"), [1]);
    at(all, 0).network.publish("proposals", bytes("right"), [2]);
    await at(all, 1).signal.until(() => at(all, 1).gossip.length === 1);
    await at(all, 2).signal.until(() => at(all, 2).gossip.length === 1);
    expect([1, 2].map((index) => at(all, index).gossip[0]?.text)).toEqual(["left", "right"]);
  });

  test("passes the wire", async () => {
    const { ways, wire } = changing();
    const all = await withWire(3, wire, { verdict: () => "ignore" });
    ways.carry = (to, _size, send) => {
      if (to !== 1) send();
    };
    at(all, 0).network.publish("proposals", bytes("block"), [1, 2]);
    await at(all, 2).signal.until(() => at(all, 2).gossip.length === 1);
    await roundTrip(all, 2, 1);
    expect(at(all, 1).gossip).toEqual([]);
  });

  test("passes over ourselves and whoever does not exist", async () => {
    const all = await linked(2);
    at(all, 0).network.publish("proposals", bytes("block"), [0, 7, 1]);
    await at(all, 1).signal.until(() => at(all, 1).gossip.length > 0);
    await roundTrip(all, 1, 0);
    expect(all.map(({ gossip }) => gossip.length)).toEqual([0, 1]);
  });
});
