import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Draft,
  initialSafetyState,
  type Message,
  messageCodec,
} from "../../../consensus/index.ts";
import { decode, type Hash, type View } from "../../../crypto/index.ts";
import { createMetrics } from "../../../node/metrics/index.ts";
import type { Network } from "../../../node/network/index.ts";
import type { Replica, ReplicaEffect, ReplicaEvent } from "../../../node/replica/index.ts";
import { Driver, type DriverOptions } from "../../../node/runtime/driver.ts";
import type { Ask } from "../../../node/sync/index.ts";
import { proposalWithPayloadCodec } from "../../../node/sync/wire.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee, transfer } from "../replica/fixtures.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const self = 1;
const ask: Ask = { id: 7, to: 2, question: { type: "block", hash: hashOf("wanted") } };
const voteDraft: Draft = { type: "vote", content: committee.contentOf(block(1)), voter: self };
const state = { ...initialSafetyState(committee.genesis), lastVotedView: 1 as View };

/** A driver of a replica that says what the test scripts: for each event the effects in `answers`, in turn. */
function driving(answers: ((event: ReplicaEvent) => readonly ReplicaEffect[])[]) {
  const log: string[] = [];
  const events: ReplicaEvent[] = [];
  const failures: unknown[] = [];
  const frames: Message[] = [];
  const published: { readonly topic: string; readonly bytes: Uint8Array }[] = [];
  const requests: PromiseWithResolvers[] = [];
  const inventory = { whereabouts: () => undefined };
  const replica = {
    inventory,
    step: (event: ReplicaEvent) => {
      events.push(event);
      return answers.shift()?.(event) ?? [];
    },
  };
  const network: Partial<Network> = {
    broadcast: (bytes) => {
      log.push("broadcast");
      const decoded = decode(messageCodec, bytes);
      if (decoded.ok) frames.push(decoded.value);
    },
    publish: (topic, bytes) => {
      log.push(`publish ${topic}`);
      published.push({ topic, bytes });
    },
    penalise: (peer) => void log.push(`penalise ${peer}`),
    request: () =>
      new Promise((resolve, reject) => {
        requests.push({ resolve, reject });
      }),
  };
  const stores = {
    safetyLog: {
      persistAsync: () => {
        log.push("persist");
        return Promise.resolve();
      },
    },
    blockStore: {
      putBlock: () => void log.push("put block"),
      finalize: () => void log.push("finalize"),
      flush: () => {
        log.push("flush");
        return Promise.resolve();
      },
    },
    stateStore: {
      commit: () => void log.push("commit state"),
      pending: () => 0,
      flushed: () => Promise.resolve(),
    },
  };
  const tracker = {
    included: () => {},
    final: () => void log.push("tell clients"),
    indexed: () => {},
    noteExpiry: () => {},
  };
  const quiet = () => {};
  const options = {
    replica: replica as unknown as Replica,
    self,
    chainId: committee.validators.chainId,
    signer: committee.signerOf(self),
    stores,
    ledger: { proveAt: () => undefined },
    network,
    tracker,
    events: {
      indexed: (height: number) => void log.push(`events of ${height}`),
      enteredView: (view: number) => void log.push(`view ${view}`),
      foundEvidence: () => void log.push("evidence"),
    },
    metrics: createMetrics({ sample: () => ({}) as never, processMetrics: false }),
    wallMs: () => Date.now(),
    log: { trace: quiet, debug: quiet, info: quiet, warn: quiet },
    onAnswer: (id: number) => {
      log.push(`answer ${id}`);
      return Promise.resolve();
    },
    onFinal: () => void log.push("final"),
    onHalt: () => void log.push("halt"),
    failed: (error: unknown) => failures.push(error),
  } as unknown as DriverOptions;
  const driver = new Driver(options);
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return { driver, log, events, failures, frames, published, requests, settle };
}

type PromiseWithResolvers = {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
};

const start: ReplicaEvent = { type: "start" };

describe("the driver", () => {
  test("persists, signs, sends to all and hands the message back, in this order", async () => {
    const { driver, log, events, frames, settle } = driving([
      () => [
        { type: "persist", state },
        { type: "sign", draft: voteDraft },
      ],
    ]);
    driver.step(start);
    expect(log).toEqual([]);
    await settle();
    expect(log).toEqual(["persist", "broadcast"]);
    const vote = committee.vote(block(1), { by: self });
    expect(frames).toEqual([vote]);
    expect(events[1]).toMatchObject({ type: "message", from: self, message: vote });
  });

  test("has a block on disk before the vote that promises to keep it", async () => {
    const { driver, log, settle } = driving([
      () => [
        { type: "store", hash: hashOf("block"), stored: { block: block(1), bodies: [] } },
        { type: "persist", state },
        { type: "sign", draft: voteDraft },
      ],
    ]);
    driver.step(start);
    await settle();
    expect(log.at(-1)).toBe("broadcast");
    expect(log).toContain("flush");
    expect(log.indexOf("put block")).toBeLessThan(log.indexOf("flush"));
  });

  test("writes a state only after the block that led to it is on disk", async () => {
    const made = block(1);
    const final = {
      block: made,
      hash: hashOf("block"),
      stateRoot: hashOf("root"),
      transactions: [],
      receipts: [],
      changes: [],
    };
    const { driver, log, settle } = driving([() => [{ type: "final", final }]]);
    driver.step(start);
    expect(log).toEqual(["finalize", "tell clients", "final"]);
    await settle();
    const indexed = ["commit state", "events of 1"];
    expect(log).toEqual(["finalize", "tell clients", "final", "flush", ...indexed]);
  });

  test("tells those who listen of views and of evidence", () => {
    const first = committee.vote(block(1), { by: 3 });
    const evidence = { offender: 3, view: 1 as View, first, second: first };
    const { driver, log } = driving([
      () => [
        { type: "enter-view", view: 4 as View, leader: 0 },
        { type: "evidence", evidence },
      ],
    ]);
    driver.step(start);
    expect(log).toEqual(["view 4", "evidence"]);
  });

  test.each([
    ["with its bodies when they are few", 3, 3],
    ["without its bodies when they are many", 129, 0],
  ])("publishes a proposal %s", async (_, count, inline) => {
    const carried = Array.from({ length: count }, (_, nonce) => transfer({ nonce }));
    const made = block(1, { with: carried });
    const draft: Draft = { type: "proposal", block: made };
    const { driver, published, events, settle } = driving([
      () => [{ type: "sign", draft, transactions: carried }],
    ]);
    driver.step(start);
    await settle();
    const decoded = decode(proposalWithPayloadCodec, published[0]?.bytes ?? new Uint8Array(0));
    const ids = carried.map(({ id }) => id);
    expect(published[0]?.topic).toBe("proposals");
    expect(decoded.ok && decoded.value.ids).toEqual(ids);
    expect(decoded.ok && decoded.value.bodies).toHaveLength(inline);
    expect(events[1]).toMatchObject({ ids });
  });

  test("keeps one timer of each name, the newest", () => {
    const { driver, events } = driving([
      () => [
        { type: "timer", timer: "view", ms: 100 },
        { type: "timer", timer: "propose", ms: 50 },
        { type: "timer", timer: "view", ms: 200 },
      ],
    ]);
    driver.step(start);
    vi.advanceTimersByTime(199);
    expect(events.slice(1)).toEqual([{ type: "timer", timer: "propose" }]);
    vi.advanceTimersByTime(1);
    expect(events.slice(2)).toEqual([{ type: "timer", timer: "view" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("says who is at fault, and that the event was unsound", () => {
    const { driver, log } = driving([() => [{ type: "penalise", peer: 2, reason: "lies" }]]);
    expect(driver.step(start)).toBe(false);
    expect(driver.step(start)).toBe(true);
    expect(log).toEqual(["penalise 2"]);
  });

  test("hands an answer on, and tells the replica of one that never came", async () => {
    const { driver, log, events, requests, settle } = driving([
      () => [
        { type: "ask", ask },
        { type: "ask", ask: { ...ask, id: 8 } },
      ],
    ]);
    driver.step(start);
    requests[0]?.resolve(new Uint8Array(1));
    requests[1]?.reject(new Error("no answer within a second"));
    await settle();
    expect(log).toEqual(["answer 7"]);
    expect(events.slice(1)).toEqual([{ type: "answer", id: 8 }]);
  });

  test("tells each client what became of its transaction", () => {
    const first = transfer();
    const admission = { ok: true, status: "added" } as const;
    const { driver } = driving([() => [{ type: "admission", id: first.id, admission }]]);
    const admissions = driver.admit([first]);
    expect(admissions.get(first.id)).toEqual(admission);
    expect(driver.admit([]).get(first.id)).toBeUndefined();
  });

  test("passes transactions of our clients on by gossip", () => {
    const transactions: readonly SignedTransaction[] = [transfer()];
    const { driver, published } = driving([() => [{ type: "gossip-transactions", transactions }]]);
    driver.step(start);
    expect(published.map(({ topic }) => topic)).toEqual(["transactions"]);
  });
});

describe("a driver that must stop", () => {
  const halt = {
    type: "halt",
    halt: {
      reason: "state-diverged",
      height: block(1).height,
      view: block(1).view,
      ours: hashOf("ours") as Hash,
      theirs: hashOf("theirs") as Hash,
    },
  } as const;

  test("signs nothing after a halt, not even what was drafted before", async () => {
    const { driver, log, settle } = driving([
      () => [{ type: "persist", state }, { type: "sign", draft: voteDraft }, halt],
    ]);
    driver.step(start);
    await settle();
    expect(log.filter((line) => line !== "persist")).toEqual(["halt"]);
  });

  test("signs nothing after a halt that its own message brings", async () => {
    const { driver, log, settle } = driving([
      () => [
        { type: "sign", draft: voteDraft },
        { type: "sign", draft: voteDraft },
      ],
      () => [halt],
    ]);
    driver.step(start);
    await settle();
    expect(log).toEqual(["broadcast", "halt"]);
  });

  test("reports a bug of the replica, once, and does nothing more", async () => {
    const error = new Error("invariant broken");
    const { driver, failures, events, settle } = driving([
      () => [{ type: "timer", timer: "view", ms: 100 }],
      () => {
        throw error;
      },
    ]);
    driver.step(start);
    driver.step(start);
    driver.step(start);
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    expect(failures).toEqual([error]);
    expect(events).toHaveLength(2);
  });

  test("leaves no timer behind when it is closed, and hears nothing any more", async () => {
    const { driver, events, requests, settle } = driving([
      () => [
        { type: "timer", timer: "view", ms: 100 },
        { type: "gossip-transactions", transactions: [transfer()] },
        { type: "ask", ask },
      ],
    ]);
    driver.step(start);
    driver.close();
    requests[0]?.reject(new Error("the network stops"));
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toHaveLength(1);
  });
});
