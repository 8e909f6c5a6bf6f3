import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Message, messageCodec } from "../../../consensus/index.ts";
import { encode } from "../../../crypto/index.ts";
import { Delays } from "../../../devnet/ailing/delays.ts";
import { guarded } from "../../../devnet/ailing/guarded-behaviour.ts";
import { HeardTransactions } from "../../../devnet/ailing/heard-transactions.ts";
import { LyingNetwork } from "../../../devnet/ailing/lying-network.ts";
import type { Behaviour, Delivery } from "../../../devnet/behaviours/index.ts";
import { Conduct } from "../../../devnet/behaviours/index.ts";
import { Simulation } from "../../../devnet/sim/simulation.ts";
import type { Network, NetworkHandlers } from "../../../node/network/index.ts";
import { transactionId } from "../../../node/transaction/index.ts";

const SELF = 3;
const OTHERS = [0, 1, 2];
const TOPICS = ["transactions", "proposals", "certificates"] as const;
type Call = readonly [string, ...unknown[]];

/** A network that goes nowhere, and says what it was told. */
function fake() {
  const calls: Call[] = [];
  let handlers: NetworkHandlers | undefined;
  const note =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
    };
  const network = {
    start: async () => {},
    stop: async () => {},
    publish: note("publish"),
    send: note("send"),
    broadcast: note("broadcast"),
    request: async (...args: unknown[]) => {
      calls.push(["request", ...args]);
      return Uint8Array.of(1);
    },
  } as unknown as Network;
  const create = (given: NetworkHandlers) => {
    handlers = given;
    return network;
  };
  return { calls, create, heard: () => handlers as NetworkHandlers };
}

async function lying(told: Partial<NetworkHandlers> = {}) {
  const inner = fake();
  const failures: unknown[] = [];
  const network = new LyingNetwork({
    self: SELF,
    others: OTHERS,
    create: inner.create,
    handlers: told as NetworkHandlers,
    unspeakable: (error) => failures.push(error),
    stopped: () => {},
  });
  await network.start();
  return { ...inner, network, failures };
}

/** A conduct of one behaviour that only changes what goes out. */
function conductOf(outgoing: (deliveries: readonly Delivery[]) => readonly Delivery[]): Conduct {
  const behaviour: Behaviour = {
    name: "made-up",
    word: "make-up",
    catalogue: [],
    summary: "for a test",
    adopt: () => ({ outgoing }),
  };
  return new Conduct([behaviour], {} as Parameters<Behaviour["adopt"]>[0]);
}

/** A vote that a simulated validator signed. */
function anyVote(): Message {
  const simulation = new Simulation({ seed: 1 });
  const votes: Message[] = [];
  simulation.watch((seen) => {
    if (seen.type === "signed" && seen.message.type === "vote") votes.push(seen.message);
  });
  simulation.start().run(500);
  return votes[0] as Message;
}

describe("a network between lies", () => {
  const bytes = Uint8Array.of(1, 2, 3);

  test("passes the very bytes on, whatever they are", async () => {
    const { network, calls } = await lying();
    network.broadcast(bytes);
    network.send(1, bytes);
    network.publish("proposals", bytes);
    network.publish("transactions", bytes, [2]);
    await network.request(0, bytes, { timeoutMs: 1 });
    expect(calls).toEqual([
      ["broadcast", bytes],
      ["send", 1, bytes],
      ["publish", "proposals", bytes],
      ["publish", "transactions", bytes, [2]],
      ["request", 0, bytes, { timeoutMs: 1 }],
    ]);
    expect(calls.every((call) => call.includes(bytes))).toBe(true);
  });

  test("hears what comes as it comes", async () => {
    const seen: unknown[] = [];
    const { heard } = await lying({
      onFrame: (_, frame) => {
        seen.push(frame);
        return false;
      },
      onGossip: (_, __, gossip) => {
        seen.push(gossip);
        return "reject";
      },
      onRequest: async (_, question) => question,
    });
    expect(heard().onFrame(0, bytes)).toBe(false);
    expect(heard().onGossip("proposals", 0, bytes)).toBe("reject");
    expect(await heard().onRequest(0, bytes)).toBe(bytes);
    expect(seen).toEqual([bytes, bytes]);
  });

  test("looks into nothing", async () => {
    const look = () => {
      throw new Error("it looked");
    };
    const sealed = new Proxy(new Uint8Array(), { get: look, has: look, getPrototypeOf: look });
    const { network, heard, calls } = await lying({
      onFrame: () => true,
      onGossip: () => "accept",
    });
    for (const topic of TOPICS) {
      network.publish(topic, sealed);
      expect(heard().onGossip(topic, 0, sealed)).toBe("accept");
    }
    network.broadcast(sealed);
    network.send(0, sealed);
    await network.request(0, sealed, { timeoutMs: 1 });
    expect(heard().onFrame(0, sealed)).toBe(true);
    expect(calls.map(([name]) => name)).toEqual([
      ...TOPICS.map(() => "publish"),
      "broadcast",
      "send",
      "request",
    ]);
  });
});

describe("a network that lies", () => {
  const vote = anyVote();
  const frame = encode(messageCodec, vote);

  test("sends what its conduct leaves alone as one broadcast of the same bytes", async () => {
    const { network, calls } = await lying();
    network.conduct = conductOf((deliveries) => deliveries);
    network.broadcast(frame);
    expect(calls).toEqual([["broadcast", frame]]);
  });

  test("sends what its conduct lets through to some as the same bytes to each", async () => {
    const { network, calls } = await lying();
    network.conduct = conductOf((deliveries) => deliveries.filter(({ to }) => to !== 1));
    network.broadcast(frame);
    expect(calls).toEqual([
      ["send", 0, frame],
      ["send", 2, frame],
    ]);
  });

  test("sends raw bytes as frames", async () => {
    const { network, calls } = await lying();
    const content = { type: "raw", bytes: Uint8Array.of(7) } as const;
    network.conduct = conductOf(() => [{ to: 0, content }]);
    network.broadcast(frame);
    expect(calls).toEqual([["send", 0, content.bytes]]);
  });

  test("says what cannot be said to nobody, and reports it", async () => {
    const { network, calls, failures } = await lying();
    const message = { ...vote, voter: -1 } as Message;
    network.conduct = conductOf(() => [{ to: 0, content: { type: "message", message, ids: [] } }]);
    network.broadcast(frame);
    expect(calls).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  test("sends nothing to itself or to validators that do not exist", async () => {
    const { network, calls } = await lying();
    network.conduct = conductOf((deliveries) => {
      return [SELF, 4, -1].map((to) => ({ ...(deliveries[0] as Delivery), to }));
    });
    network.broadcast(frame);
    expect(calls).toEqual([]);
  });

  test("takes nothing that was delayed out of the grave of its network", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { network, calls } = await lying();
    network.conduct = conductOf((deliveries) =>
      deliveries.map((delivery) => ({ ...delivery, delayMs: 5 })),
    );
    network.send(0, frame);
    vi.advanceTimersByTime(5);
    expect(calls).toEqual([["send", 0, frame]]);
    network.send(1, frame);
    await network.stop();
    vi.advanceTimersByTime(60_000);
    expect(calls).toHaveLength(1);
  });
});

describe("a behaviour that breaks", () => {
  test("is off from then on, told once, and what it would have changed passes as it is", () => {
    const broke: unknown[] = [];
    const bad: Behaviour = {
      name: "bad",
      word: "be-bad",
      catalogue: [],
      summary: "for a test",
      adopt: () => ({
        outgoing: () => {
          throw new Error("a bug");
        },
        incoming: () => false,
      }),
    };
    const control = {} as Parameters<Behaviour["adopt"]>[0];
    const tactics = guarded(bad, (error) => broke.push(error)).adopt(control);
    expect(tactics.incoming?.(0, anyVote(), [])).toBe(false);
    const deliveries: readonly Delivery[] = [];
    expect(tactics.outgoing?.(deliveries)).toBe(deliveries);
    expect(tactics.outgoing?.(deliveries)).toBe(deliveries);
    expect(tactics.incoming?.(0, anyVote(), [])).toBe(true);
    expect(broke).toHaveLength(1);
  });

  test("is off when it breaks in what it had planned", () => {
    const broke: unknown[] = [];
    const planned: (() => void)[] = [];
    const late: Behaviour = {
      name: "late",
      word: "be-late",
      catalogue: [],
      summary: "for a test",
      adopt: ({ after }) => ({
        started: () =>
          after(1, () => {
            throw new Error("a bug");
          }),
      }),
    };
    const control = { after: (_: number, act: () => void) => planned.push(act) };
    const given = control as unknown as Parameters<Behaviour["adopt"]>[0];
    guarded(late, (error) => broke.push(error))
      .adopt(given)
      .started?.();
    for (const act of planned) act();
    expect(broke).toHaveLength(1);
  });
});

describe("what a liar remembers", () => {
  test("is the newest transactions, at most 65,536 of them", () => {
    const heard = new HeardTransactions();
    const body = (at: number) => Uint8Array.of(at >> 16, (at >> 8) & 255, at & 255);
    const bodies = Array.from({ length: 65_537 }, (_, at) => body(at));
    heard.note(bodies);
    expect(heard.bodyOf(transactionId(body(0)))).toBeUndefined();
    expect(heard.bodyOf(transactionId(body(1)))).toEqual(body(1));
    expect(heard.bodyOf(transactionId(body(65_536)))).toEqual(body(65_536));
  });

  test("is at most 32 MiB of them", () => {
    const heard = new HeardTransactions();
    const body = (at: number) => new Uint8Array(1024 * 1024).fill(at);
    heard.note(Array.from({ length: 33 }, (_, at) => body(at)));
    expect(heard.bodyOf(transactionId(body(0)))).toBeUndefined();
    expect(heard.bodyOf(transactionId(body(1)))).toBeDefined();
  });

  test("decodes to nothing where the bytes are no transaction", () => {
    const heard = new HeardTransactions();
    heard.note([Uint8Array.of(1)]);
    expect(heard.find(transactionId(Uint8Array.of(1)))).toBeUndefined();
  });

  test("what it plans is bounded, and told when it is dropped", () => {
    const delays = new Delays();
    let dropped = 0;
    const plan = () =>
      delays.after(
        60_000,
        () => {},
        () => dropped++,
      );
    expect(Array.from({ length: 4_096 }, plan).every((isPlanned) => isPlanned)).toBe(true);
    expect(plan()).toBe(false);
    delays.clear();
    expect(dropped).toBe(4_096);
  });
});
