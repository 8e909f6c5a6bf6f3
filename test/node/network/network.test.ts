// Real libp2p on loopback.

import { createHook } from "node:async_hooks";
import { afterEach, describe, expect, test } from "vitest";
import type { NetworkPeer } from "../../../node/network/index.ts";
import {
  at,
  bytes,
  linked,
  otherChainId,
  refusal,
  running,
  type Setup,
  seed,
  start,
  stopAll,
  text,
  type Validator,
  validator,
  validators,
} from "./fixture.ts";

afterEach(stopAll);

describe("four validators", () => {
  test("are all linked to each other", async () => {
    const all = await linked(4);
    expect(all.map(({ network }) => network.connected())).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });

  test("hear each gossip message once, on its topic", async () => {
    const all = await linked(4);
    at(all, 2).network.publish("proposals", bytes("a block"));
    at(all, 2).network.publish("transactions", bytes("a block"));
    for (const one of [0, 1, 3].map((index) => at(all, index))) {
      await one.signal.until(() => one.gossip.length === 2);
    }
    // One round trip later every copy that was under way has come.
    await at(all, 0).network.request(1, bytes("ping"), { timeoutMs: 10_000 });
    for (const index of [0, 1, 3]) {
      expect(at(all, index).gossip.map(({ topic, text }) => [topic, text])).toEqual([
        ["proposals", "a block"],
        ["transactions", "a block"],
      ]);
    }
    expect(at(all, 2).gossip).toEqual([]);
  });

  test("get frames in order, as copies of their own", async () => {
    const all = await linked(4);
    const sent = Array.from({ length: 5_000 }, (_, index) => bytes(`frame ${index}`));
    for (const frame of sent) at(all, 0).network.broadcast(frame);
    at(all, 0).network.send(3, new Uint8Array(1024 * 1024).fill(5));
    for (const index of [1, 2, 3]) {
      const { signal, frames } = at(all, index);
      const expected = index === 3 ? 5_001 : 5_000;
      await signal.until(() => frames.length === expected);
      expect(frames.slice(0, 5_000).map((frame) => text(frame.bytes))).toEqual(sent.map(text));
      expect(
        frames.every(({ from, bytes }) => from === 0 && bytes.buffer.byteLength === bytes.length),
      ).toBe(true);
    }
  });

  test("survive the restart of one: it is linked again, and gossip flows both ways", async () => {
    const peers = await validators(4);
    const all = await Promise.all(peers.map(({ index }) => start(index, peers)));
    await Promise.all(all.map((one) => one.linked(3)));
    const others = [0, 1, 2].map((index) => at(all, index));
    await at(all, 3).network.stop();
    await Promise.all(others.map((one) => one.linked(2)));
    // It waits for the others, so it is up to them.
    const again = await start(3, peers, { limits: { dialFallbackMs: 600_000 } });
    await Promise.all([again.linked(3), ...others.map((one) => one.linked(3))]);
    again.network.publish("certificates", bytes("I am back"));
    await Promise.all(others.map((one) => one.signal.until(() => one.gossip.length === 1)));
    at(all, 0).network.publish("certificates", bytes("welcome"));
    await again.signal.until(() => again.gossip.length === 1);
  });
});

describe("the validator with the higher index", () => {
  test("dials when the other one does not", async () => {
    const [first, second] = (await validators(2)) as [NetworkPeer, NetworkPeer];
    const lower = await start(0, [first, { ...second, addresses: [] }]);
    const higher = await start(1, [first, second]);
    await Promise.all([lower.linked(1), higher.linked(1)]);
  });
});

describe("our own bytes", () => {
  test("are refused above the limit of each kind", async () => {
    const limits = { maxFrameBytes: 10, maxGossipBytes: 20, maxRequestBytes: 30 };
    const { network } = validator(0, await validators(2), { limits });
    const tooLarge = expect.objectContaining({ code: "too-large" });
    expect(() => network.send(1, new Uint8Array(11))).toThrow(tooLarge);
    expect(() => network.broadcast(new Uint8Array(11))).toThrow(tooLarge);
    expect(() => network.send(1, new Uint8Array(0))).toThrow(tooLarge);
    expect(() => network.publish("proposals", new Uint8Array(21))).toThrow(tooLarge);
    const request = network.request(1, new Uint8Array(31), { timeoutMs: 100 });
    expect(await refusal(request)).toBe("too-large");
  });

  test("go nowhere without a link, and are counted", async () => {
    const { network } = validator(0, await validators(3));
    network.broadcast(bytes("vote"));
    network.publish("proposals", bytes("block"));
    expect(network.stats()).toMatchObject({ framesUndeliverable: 2, gossipPublishFailed: 1 });
  });
});

describe("the door", () => {
  test("stays shut for a stranger, and validators stay linked", async () => {
    const [first, second, stranger] = (await validators(3)) as [
      NetworkPeer,
      NetworkPeer,
      NetworkPeer,
    ];
    const inside = await Promise.all([0, 1].map((index) => start(index, [first, second])));
    await Promise.all(inside.map((one) => one.linked(1)));
    // It knows the validators and dials first; they do not know it.
    const outside = await start(
      0,
      [
        { ...stranger, index: 0 },
        { ...first, index: 1 },
        { ...second, index: 2 },
      ],
      { secretKey: seed(2) },
    );
    for (const one of inside) {
      await one.signal.until(() => one.network.stats().strangersRefused > 0);
      expect(one.network.connected().length).toBe(1);
    }
    expect(outside.network.connected()).toEqual([]);
  });

  test("lets nothing through between chains", async () => {
    const peers = await validators(2);
    const here = await start(0, peers);
    const there = await start(1, peers, { chainId: otherChainId });
    await here.signal.until(() => here.warnings.some((warning) => /another chain/.test(warning)));
    here.network.publish("proposals", bytes("ours"));
    here.network.broadcast(bytes("ours"));
    expect(await refusal(here.network.request(1, bytes("?"), { timeoutMs: 500 }))).not.toBe(
      "no refusal",
    );
    expect([here.network.connected(), there.network.connected()]).toEqual([[], []]);
    expect([there.gossip, there.frames]).toEqual([[], []]);
  });

  test("is not ours with another validator's key", async () => {
    const peers = await validators(2);
    const wrongKey = expect.objectContaining({ code: "wrong-key" });
    expect(() => validator(0, peers, { secretKey: seed(1) })).toThrow(wrongKey);
  });

  test("cannot be opened on a port that is taken", async () => {
    const peers = await validators(1);
    await start(0, peers);
    const second = validator(0, peers);
    const message = /^cannot listen on .*: listen EADDRINUSE.*; free the port or choose another$/;
    const refused = expect.objectContaining({
      code: "port-in-use",
      message: expect.stringMatching(message),
    });
    await expect(second.network.start()).rejects.toEqual(refused);
    await running[0]?.network.stop();
    await second.network.start();
    await second.network.stop();
  });
});

describe("gossip", () => {
  /** 0 and 2 do not know each other: what 2 hears of 0, it hears from 1. */
  async function chainOfThree(setup: Setup = {}): Promise<Validator[]> {
    const peers = (await validators(3)) as [NetworkPeer, NetworkPeer, NetworkPeer];
    const left = await start(0, peers.slice(0, 2));
    const middle = await start(1, peers, setup);
    const right = await start(2, peers.slice(1));
    await Promise.all([left.linked(1), middle.linked(2), right.linked(1)]);
    return [left, middle, right];
  }

  test("is forwarded when accepted, not when rejected or ignored", async () => {
    const verdict: Setup["verdict"] = (content) =>
      content === "good" ? "accept" : content === "bad" ? "reject" : "ignore";
    const all = await chainOfThree({ verdict });
    for (const content of ["bad", "stale", "good"]) {
      at(all, 0).network.publish("transactions", bytes(content));
    }
    const right = at(all, 2);
    await right.signal.until(() => right.gossip.length > 0);
    expect(right.gossip).toEqual([{ topic: "transactions", from: 1, text: "good" }]);
    expect(at(all, 1).network.stats()).toMatchObject({
      gossipAccepted: 1,
      gossipIgnored: 1,
      gossipRejected: 1,
    });
  });

  test("waits for a verdict that takes time", async () => {
    let decide: (verdict: "accept") => void = () => {};
    const verdict = () => new Promise<"accept">((resolve) => (decide = resolve));
    const all = await chainOfThree({ verdict });
    at(all, 0).network.publish("transactions", bytes("to be checked"));
    await at(all, 1).signal.until(() => at(all, 1).gossip.length === 1);
    expect(at(all, 2).gossip).toEqual([]);
    decide("accept");
    await at(all, 2).signal.until(() => at(all, 2).gossip.length === 1);
  });

  test("is ignored when the check fails", async () => {
    const all = await chainOfThree({ verdict: () => Promise.reject(new Error("worker gone")) });
    at(all, 0).network.publish("transactions", bytes("to be checked"));
    const middle = at(all, 1);
    await middle.signal.until(() => middle.warnings.length === 1);
    expect(middle.network.stats()).toMatchObject({ gossipAccepted: 0, gossipIgnored: 1 });
  });

  test("from a relay of bad messages is heard no more", async () => {
    const all = await linked(2, { verdict: () => "reject", limits: { strikes: 1_000 } });
    const [bad, victim] = [at(all, 0), at(all, 1)];
    // Scores are looked at about once a second; the test ends only when one of the messages goes unheard.
    for (let sent = 1; victim.gossip.length === sent - 1; sent++) {
      bad.network.publish("transactions", bytes(`bad ${sent}`));
      await bad.network.request(1, bytes("ping"), { timeoutMs: 10_000 });
      await bad.network.request(1, bytes("ping"), { timeoutMs: 10_000 });
    }
    expect(victim.gossip.length).toBeGreaterThanOrEqual(9);
    expect(victim.network.connected()).toEqual([0]);
  });

  test("that is bad costs its relay a strike each, and a ban in the end", async () => {
    const all = await linked(2, { verdict: () => "reject" });
    const [bad, victim] = [at(all, 0), at(all, 1)];
    for (let sent = 1; sent <= 5; sent++) {
      bad.network.publish("transactions", bytes(`bad ${sent}`));
      await victim.signal.until(() => victim.gossip.length === sent);
    }
    await victim.linked(0);
    expect(victim.network.stats()).toMatchObject({ strikes: 5, bans: 1, gossipRejected: 5 });
  });
});

describe("a peer that gossips more than it may", () => {
  test("is struck, and what is beyond its allowance is not looked at", async () => {
    const all = await linked(2, { limits: { gossipPerSecond: 40, strikes: 1_000 } });
    const [loud, victim] = [at(all, 0), at(all, 1)];
    for (let sent = 0; sent < 200; sent++)
      loud.network.publish("transactions", bytes(`no. ${sent}`));
    await victim.signal.until(() =>
      victim.warnings.some((line) => line.includes("too much gossip")),
    );
    expect(victim.gossip.length).toBeLessThanOrEqual(40);
  });
});

describe("a stopped network", () => {
  test("leaves no timer and no socket", async () => {
    const live = new Map<number, { type: string; resource: object }>();
    const hook = createHook({
      init: (id, type, _, resource) => {
        if (type === "Timeout" || type.startsWith("TCP")) live.set(id, { type, resource });
      },
      destroy: (id) => void live.delete(id),
    });
    hook.enable();
    const all = await linked(3);
    await at(all, 0).network.request(1, bytes("?"), { timeoutMs: 5_000 });
    at(all, 0).network.publish("proposals", bytes("block"));
    await at(all, 2).signal.until(() => at(all, 2).gossip.length === 1);
    await Promise.all(running.splice(0).map(({ network }) => network.stop()));
    // What is destroyed is reported destroyed in the turns after; library timers of a few milliseconds run out.
    const left = () => [...live.values()].filter(({ type, resource }) => isAlive(type, resource));
    for (let turn = 0; turn < 1_000 && left().length > 0; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    hook.disable();
    expect(left().map(({ type }) => type)).toEqual([]);
  });

  test("can be started again", async () => {
    const all = await linked(2);
    await at(all, 0).network.stop();
    await at(all, 1).linked(0);
    await at(all, 0).network.start();
    await Promise.all(all.map((one) => one.linked(1)));
  });

  test("can be stopped while it starts", async () => {
    const { network } = validator(0, await validators(1));
    const started = network.start();
    await network.stop();
    await started;
    expect(network.connected()).toEqual([]);
  });
});

function isAlive(type: string, resource: object): boolean {
  if (type !== "Timeout") return true;
  const timer = resource as { hasRef?(): boolean; _destroyed?: boolean };
  return timer._destroyed !== true && timer.hasRef?.() === true;
}
