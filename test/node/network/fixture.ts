// Validators on loopback, each with a record of what its network told it, and waits that end with an event.

import { hash, publicKeyOf, secretKey } from "../../../crypto/index.ts";
import { TopicNames } from "../../../node/network/gossip.ts";
import {
  createNetwork,
  type GossipVerdict,
  type Network,
  NetworkError,
  type NetworkHandlers,
  type NetworkLimits,
  type NetworkPeer,
  type Topic,
  type ValidatorIndex,
  type Wire,
} from "../../../node/network/index.ts";
import type { Connection, Node, Stream } from "../../../node/network/libp2p-types.ts";
import { networkLimits } from "../../../node/network/limits.ts";
import { createNode, stopNode } from "../../../node/network/node.ts";
import { Roster } from "../../../node/network/roster.ts";
import { freeRun } from "../../e2e/ports.ts";

const CHAIN = "0303030303030303";
const chainId = hash(new Uint8Array(32).fill(3));
export const otherChainId = hash(new Uint8Array(32).fill(4));
export const FRAMES = `/quorate/${CHAIN}/frames/1`;
export const REQUESTS = `/quorate/${CHAIN}/request/1`;

export function seed(index: ValidatorIndex): Uint8Array {
  return new Uint8Array(32).fill(index + 1);
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

export async function validators(count: number): Promise<NetworkPeer[]> {
  const first = await freeRun(count);
  return Array.from({ length: count }, (_, at) => first + at).map((port, index) => ({
    index,
    networkKey: publicKeyOf(secretKey(seed(index))),
    addresses: [`/ip4/127.0.0.1/tcp/${port}`],
  }));
}

/** Waits for conditions over state that changes only with events. */
export class Signal {
  #waiting: (() => void)[] = [];

  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const check of waiting) check();
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (condition()) resolve();
        else this.#waiting.push(check);
      };
      check();
    });
  }
}

export type Validator = {
  readonly network: Network;
  readonly signal: Signal;
  readonly gossip: { topic: Topic; from: ValidatorIndex; text: string }[];
  readonly frames: { from: ValidatorIndex; bytes: Uint8Array }[];
  readonly warnings: string[];
  linked(count: number): Promise<void>;
};

export type Setup = {
  readonly handlers?: Partial<NetworkHandlers>;
  readonly verdict?: (content: string) => GossipVerdict | Promise<GossipVerdict>;
  readonly limits?: Partial<NetworkLimits>;
  readonly chainId?: typeof chainId;
  readonly secretKey?: Uint8Array;
  readonly wire?: Wire;
};

export function validator(
  self: ValidatorIndex,
  peers: readonly NetworkPeer[],
  setup: Setup = {},
): Validator {
  const signal = new Signal();
  const gossip: Validator["gossip"] = [];
  const frames: Validator["frames"] = [];
  const warnings: string[] = [];
  const told = () => signal.notify();
  const handlers: NetworkHandlers = {
    onGossip: (topic, from, content) => {
      gossip.push({ topic, from, text: text(content) });
      told();
      return setup.verdict?.(text(content)) ?? "accept";
    },
    onFrame: (from, frame) => {
      frames.push({ from, bytes: frame });
      told();
      return text(frame) !== "bad";
    },
    onRequest: async (_, request) => request,
    onPeer: told,
    ...setup.handlers,
  };
  const network = createNetwork(
    {
      chainId: setup.chainId ?? chainId,
      self,
      secretKey: setup.secretKey ?? seed(self),
      listen: peers.find((peer) => peer.index === self)?.addresses ?? [],
      peers,
      log: {
        debug: told,
        info: told,
        warn: (fields, message) => {
          warnings.push(`${message} ${JSON.stringify(fields)}`);
          told();
        },
      },
      limits: setup.limits ?? {},
      ...(setup.wire && { wire: setup.wire }),
    },
    handlers,
  );
  const linked = (count: number) => signal.until(() => network.connected().length === count);
  return { network, signal, gossip, frames, warnings, linked };
}

/** What `start` started, until `stopAll`. */
export const running: Validator[] = [];

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map(({ network }) => network.stop()));
}

export async function start(
  self: number,
  peers: readonly NetworkPeer[],
  setup: Setup = {},
): Promise<Validator> {
  const started = validator(self, peers, setup);
  running.push(started);
  await started.network.start();
  return started;
}

/** Validators that are all linked to each other. */
export async function linked(count: number, setup: Setup = {}): Promise<Validator[]> {
  const peers = await validators(count);
  const all = await Promise.all(peers.map(({ index }) => start(index, peers, setup)));
  await Promise.all(all.map((one) => one.linked(count - 1)));
  return all;
}

export function at(all: readonly Validator[], index: number): Validator {
  const found = all[index];
  if (found === undefined) throw new Error(`no validator ${index}`);
  return found;
}

/** The code that a network call was refused with. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "no refusal",
    (error) => (error instanceof NetworkError ? error.code : String(error)),
  );
}

export type RawPeer = {
  readonly node: Node;
  connect(to: NetworkPeer): Promise<Connection>;
  stop(): Promise<void>;
};

/** A validator's key in the hands of whoever writes the test: libp2p alone, none of our rules. */
export async function rawPeer(
  self: ValidatorIndex,
  peers: readonly NetworkPeer[],
  onFrames: (stream: Stream) => void = () => {},
): Promise<RawPeer> {
  const names = new TopicNames(CHAIN);
  const roster = new Roster(peers, self);
  const node = await createNode({
    limits: networkLimits(),
    roster,
    secretKey: seed(self),
    listen: peers.find((peer) => peer.index === self)?.addresses ?? [],
    names,
    refuses: () => false,
  });
  await node.handle(FRAMES, onFrames);
  await node.start();
  for (const topic of ["transactions", "proposals", "certificates"] as const) {
    node.services.gossip.subscribe(names.name(topic));
  }
  return {
    node,
    connect: async (to) => {
      const entry = roster.others.find(({ index }) => index === to.index);
      return await node.dial([...(entry?.addresses ?? [])]);
    },
    stop: () => stopNode(node),
  };
}

/** Resolves when the stream or connection is over, however. */
export function closed(target: Stream | Connection): Promise<void> {
  return new Promise((resolve) => {
    if (target.status !== "open") resolve();
    const events: Pick<EventTarget, "addEventListener"> = target;
    events.addEventListener("close", () => resolve(), { once: true });
  });
}
