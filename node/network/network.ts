// The transport between validators: wires libp2p, the links and gossip together and runs the watchdog.

import { assert, toHex } from "../../crypto/index.ts";
import type {
  Network,
  NetworkHandlers,
  NetworkOptions,
  NetworkStats,
  RequestOptions,
  Topic,
  ValidatorIndex,
} from "./contract.ts";
import { NetworkError, reasonOf } from "./errors.ts";
import { GossipPort, TopicNames } from "./gossip.ts";
import type { Connection, Node, PeerId } from "./libp2p-types.ts";
import { type NetworkLimits, networkLimits } from "./limits.ts";
import { Link, type Protocols } from "./link.ts";
import { wasAbused } from "./muxer.ts";
import { createNode, stopNode } from "./node.ts";
import { Roster, type RosterEntry } from "./roster.ts";
import { newCounters } from "./stats.ts";

/** Throws NetworkError "wrong-key" when the key is not the one listed for `self`. */
export function createNetwork(options: NetworkOptions, handlers: NetworkHandlers): Network {
  return new Libp2pNetwork(options, handlers);
}

/** Enough of the chain id to keep chains apart by accident; the handshake keeps enemies out. */
const CHAIN_HEX_DIGITS = 16;

type Running = {
  readonly node: Node;
  readonly gossip: GossipPort;
  readonly watchdog: NodeJS.Timeout;
};

class Libp2pNetwork implements Network {
  readonly #options: NetworkOptions;
  readonly #limits: NetworkLimits;
  readonly #handlers: NetworkHandlers;
  readonly #roster: Roster;
  readonly #names: TopicNames;
  readonly #protocols: Protocols;
  readonly #links = new Map<ValidatorIndex, Link>();
  readonly #counters = newCounters();
  #state: "stopped" | "starting" | "running" | "stopping" = "stopped";
  #running: Running | undefined;
  #started: Promise<void> | undefined;
  #checkedAtMs = 0;

  constructor(options: NetworkOptions, handlers: NetworkHandlers) {
    this.#options = options;
    this.#limits = networkLimits(options.limits);
    this.#handlers = handlers;
    this.#roster = new Roster(options.peers, options.self);
    this.#roster.ownKey(options.secretKey);
    const chain = toHex(options.chainId).slice(2, 2 + CHAIN_HEX_DIGITS);
    this.#names = new TopicNames(chain);
    this.#protocols = {
      frames: `/quorate/${chain}/frames/1`,
      requests: `/quorate/${chain}/request/1`,
    };
    for (const entry of this.#roster.others) this.#links.set(entry.index, this.#newLink(entry));
  }

  start(): Promise<void> {
    assert(this.#state === "stopped", "the network is started once at a time");
    this.#state = "starting";
    this.#started = this.#start();
    return this.#started;
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {
      // Told to whoever started it.
    });
    if (this.#running === undefined || this.#state !== "running") return;
    const { node, gossip, watchdog } = this.#running;
    this.#state = "stopping";
    clearInterval(watchdog);
    gossip.close();
    for (const link of this.#links.values()) link.stop();
    await stopNode(node);
    this.#running = undefined;
    this.#state = "stopped";
  }

  publish(topic: Topic, bytes: Uint8Array, to?: readonly ValidatorIndex[]): void {
    this.#assertSize(bytes, this.#limits.maxGossipBytes, "a gossip message");
    if (this.#running === undefined || this.#state !== "running") {
      this.#counters.gossipPublishFailed += 1;
    } else this.#running.gossip.publish(topic, bytes, to);
  }

  send(to: ValidatorIndex, bytes: Uint8Array): void {
    this.#assertSize(bytes, this.#limits.maxFrameBytes, "a frame");
    this.#link(to).send(bytes);
  }

  broadcast(bytes: Uint8Array): void {
    this.#assertSize(bytes, this.#limits.maxFrameBytes, "a frame");
    for (const link of this.#links.values()) link.send(bytes);
  }

  async request(
    to: ValidatorIndex,
    bytes: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    this.#assertSize(bytes, this.#limits.maxRequestBytes, "a request");
    const link = this.#link(to);
    if (this.#state !== "running") throw new NetworkError("stopped", "the network is not running");
    this.#counters.requestsOut += 1;
    try {
      return await link.request(bytes, options);
    } catch (error) {
      this.#counters.requestsOutFailed += 1;
      throw error;
    }
  }

  connected(): readonly ValidatorIndex[] {
    return [...this.#links].filter(([, link]) => link.isConnected).map(([index]) => index);
  }

  penalise(peer: ValidatorIndex, reason: string): void {
    this.#link(peer).penalise(reason);
  }

  stats(): NetworkStats {
    return { peers: this.connected().length, ...this.#counters };
  }

  async #start(): Promise<void> {
    const { secretKey, listen } = this.#options;
    try {
      const node = await createNode({
        limits: this.#limits,
        roster: this.#roster,
        secretKey,
        listen,
        names: this.#names,
        refuses: (peer) => this.#refuses(peer),
      });
      const gossip = this.#newGossipPort(node);
      await this.#listenTo(node);
      this.#running = { node, gossip, watchdog: this.#newWatchdog() };
      await node.start();
      gossip.subscribe();
    } catch (error) {
      clearInterval(this.#running?.watchdog);
      this.#running = undefined;
      this.#state = "stopped";
      throw cannotListen(listen, error);
    }
    this.#state = "running";
    for (const link of this.#links.values()) link.start();
  }

  #newLink(entry: RosterEntry): Link {
    return new Link(entry, {
      limits: this.#limits,
      counters: this.#counters,
      log: this.#options.log,
      handlers: this.#handlers,
      wire: this.#options.wire,
      protocols: this.#protocols,
      isLower: this.#roster.self.index < entry.index,
      dial: async (to, signal) => {
        await this.#running?.node.dial([...to.addresses], { signal });
      },
      hears: (peerName) => this.#running?.gossip.hears(peerName) ?? false,
    });
  }

  #newGossipPort(node: Node): GossipPort {
    return new GossipPort(node.services.gossip, {
      names: this.#names,
      limits: this.#limits,
      counters: this.#counters,
      log: this.#options.log,
      wire: this.#options.wire,
      indexOf: (peerName) => this.#roster.find(peerName)?.index,
      nameOf: (index) => this.#roster.others.find((entry) => entry.index === index)?.name,
      onGossip: (topic, from, bytes) => this.#handlers.onGossip(topic, from, bytes),
      onFault: (from, reason) => this.#links.get(from)?.penalise(reason),
      onSubscriptions: (peerName) => {
        const entry = this.#roster.find(peerName);
        if (entry !== undefined) this.#links.get(entry.index)?.update();
      },
    });
  }

  async #listenTo(node: Node): Promise<void> {
    node.addEventListener("connection:open", (event) => {
      if (this.#state === "stopping") event.detail.abort(new Error("the network stops"));
      else this.#linkOf(event.detail)?.attach(event.detail);
    });
    node.addEventListener("connection:close", (event) => {
      if (this.#state === "stopping") return;
      const link = this.#linkOf(event.detail);
      link?.lost(event.detail);
      if (wasAbused(event.detail)) link?.ban("an abused connection");
    });
    const { frames, requests } = this.#protocols;
    const streams = 2 * this.#limits.concurrentRequests;
    await node.handle(
      frames,
      (stream, connection) => this.#linkOf(connection)?.acceptFrames(stream, connection),
      { maxInboundStreams: 2, maxOutboundStreams: 2 },
    );
    await node.handle(
      requests,
      (stream, connection) => this.#linkOf(connection)?.acceptRequest(stream, connection),
      { maxInboundStreams: streams, maxOutboundStreams: streams },
    );
  }

  #newWatchdog(): NodeJS.Timeout {
    this.#checkedAtMs = performance.now();
    return setInterval(() => this.#check(), this.#limits.watchdogMs);
  }

  /** A process that was paused or busy finds every deadline missed, and must not blame its peers. */
  #check(): void {
    const nowMs = performance.now();
    const isLate = nowMs - this.#checkedAtMs > 3 * this.#limits.watchdogMs;
    this.#checkedAtMs = nowMs;
    if (isLate) return;
    for (const link of this.#links.values()) link.check(nowMs);
  }

  #refuses(peer: PeerId): boolean {
    const entry = this.#roster.find(peer.toString());
    const link = entry === undefined ? undefined : this.#links.get(entry.index);
    if (link !== undefined && !link.isBanned) return false;
    this.#counters.strangersRefused += 1;
    this.#options.log.debug({ peerId: peer.toString() }, "connection refused");
    return true;
  }

  #linkOf(connection: Connection): Link | undefined {
    const entry = this.#roster.find(connection.remotePeer.toString());
    return entry === undefined ? undefined : this.#links.get(entry.index);
  }

  #link(index: ValidatorIndex): Link {
    const link = this.#links.get(index);
    if (link === undefined) {
      throw new NetworkError("unknown-peer", `validator ${index} is ourselves or does not exist`);
    }
    return link;
  }

  #assertSize(bytes: Uint8Array, maxBytes: number, what: string): void {
    if (bytes.length > 0 && bytes.length <= maxBytes) return;
    throw new NetworkError("too-large", `${what} has 1..${maxBytes} bytes, not ${bytes.length}`);
  }
}

function cannotListen(listen: readonly string[], cause: unknown): NetworkError {
  const reason = reasonOf(cause);
  // libp2p wraps what the system said in advice about its own configuration.
  const said = /listen E[A-Z]+.*/.exec(reason)?.[0] ?? reason;
  return new NetworkError(
    said.includes("EADDRINUSE") ? "port-in-use" : "listen",
    `cannot listen on ${listen.join(", ")}: ${said}; free the port or choose another`,
    { cause },
  );
}
