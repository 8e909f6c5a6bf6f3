// What the node sees of the network: validators by index, byte strings in, byte strings out. Nothing here knows libp2p
// or the messages of the consensus.

import type { Hash, PublicKey } from "../../crypto/index.ts";
import type { NetworkLimits } from "./limits.ts";

/** Position in the list of validators, from 0. */
export type ValidatorIndex = number;

export const TOPICS = ["transactions", "proposals", "certificates"] as const;
export type Topic = (typeof TOPICS)[number];

export type NetworkPeer = {
  readonly index: ValidatorIndex;
  /** The Ed25519 key that the peer proves in the handshake; not the key that signs votes. */
  readonly networkKey: PublicKey;
  /** Multiaddrs without a `/p2p` part, such as `/ip4/127.0.0.1/tcp/5000`. Empty: we wait for the peer to dial. */
  readonly addresses: readonly string[];
};

/** The part of pino that the network uses. */
export type NetworkLog = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
};

/**
 * What stands between us and our peers: whatever goes to one of them, `send` puts on its way, as often as it is called and
 * no sooner. Frames, requests, answers and gossip all pass here.
 */
export type Wire = (to: ValidatorIndex, bytes: number, send: () => void) => void;

export type NetworkOptions = {
  /** Part of every topic and protocol name: two chains cannot exchange a byte above the handshake. */
  readonly chainId: Hash;
  readonly self: ValidatorIndex;
  /** 32-byte seed of our network key. */
  readonly secretKey: Uint8Array;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** All validators, ourselves included. Nobody else may connect. */
  readonly peers: readonly NetworkPeer[];
  readonly limits?: Partial<NetworkLimits>;
  /** Sends at once, and once, unless given. */
  readonly wire?: Wire;
  readonly log: NetworkLog;
};

/** "reject" is for bytes that are provably bad, for it costs the relay; stale, duplicate, unknown: "ignore". */
export type GossipVerdict = "accept" | "ignore" | "reject";

/**
 * All byte strings handed in are copies of their own. A handler that throws synchronously has a bug: the exception
 * stays uncaught and ends the process; only `onRequest` may fail.
 */
export type NetworkHandlers = {
  /** Once per new message. The verdict decides whether it is forwarded, and what it does to the score of `from`, who passed it on. A rejected promise counts as "ignore". */
  onGossip(
    topic: Topic,
    from: ValidatorIndex,
    bytes: Uint8Array,
  ): GossipVerdict | Promise<GossipVerdict>;
  /** Each frame of a peer's direct stream, in order. False: malformed or hostile, a strike against the peer. */
  onFrame(from: ValidatorIndex, bytes: Uint8Array): boolean;
  /** The one answer to a request. Throwing resets the stream. */
  onRequest(from: ValidatorIndex, bytes: Uint8Array): Promise<Uint8Array>;
  /** "connected": frames and gossip reach the peer, and its gossip reaches us. */
  onPeer(peer: ValidatorIndex, state: "connected" | "disconnected"): void;
};

export type RequestOptions = { readonly timeoutMs: number; readonly signal?: AbortSignal };

export type Network = {
  /** Resolves once we listen; links to the peers follow. Rejects with NetworkError "listen" or "port-in-use". */
  start(): Promise<void>;
  /** Leaves no timer and no socket behind. */
  stop(): Promise<void>;
  /** Fire and forget; to these neighbours only, who pass it on, or to all. Throws NetworkError "too-large" above `maxGossipBytes`: our bug. */
  publish(topic: Topic, bytes: Uint8Array, to?: readonly ValidatorIndex[]): void;
  /** Queues a frame; all frames of one turn leave together. Without a link it is dropped and counted. The bytes must not change afterwards. Throws NetworkError "too-large". */
  send(to: ValidatorIndex, bytes: Uint8Array): void;
  /** `send` to all other validators. */
  broadcast(bytes: Uint8Array): void;
  /** Rejects with NetworkError. */
  request(to: ValidatorIndex, bytes: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** In ascending order. */
  connected(): readonly ValidatorIndex[];
  /** A strike: too many within a while, and the peer is disconnected and banned for a while. */
  penalise(peer: ValidatorIndex, reason: string): void;
  stats(): NetworkStats;
};

/** Counters since creation, except `peers`. Bytes are payload, without framing and encryption. */
export type NetworkStats = {
  /** Validators connected now. */
  readonly peers: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly frameBytesIn: number;
  readonly frameBytesOut: number;
  /** Frames that a full queue or a lost link dropped. */
  readonly framesDropped: number;
  /** Frames for a validator without a link. */
  readonly framesUndeliverable: number;
  /** How often a peer above its frame rate was made to wait. */
  readonly framesThrottled: number;
  readonly gossipPublished: number;
  readonly gossipPublishFailed: number;
  readonly gossipBytesIn: number;
  readonly gossipBytesOut: number;
  readonly gossipAccepted: number;
  readonly gossipIgnored: number;
  readonly gossipRejected: number;
  readonly requestsIn: number;
  /** Inbound requests above a peer's rate or number. */
  readonly requestsRefused: number;
  /** Inbound requests that ended without an answer: malformed, too slow, or the handler threw. */
  readonly requestsFailed: number;
  readonly requestsOut: number;
  readonly requestsOutFailed: number;
  /** Dials, the first one of each peer included. */
  readonly dials: number;
  readonly redials: number;
  /** Links that the watchdog hung up. */
  readonly resets: number;
  readonly strikes: number;
  readonly bans: number;
  /** Connections refused because the key is no validator's, or a banned one's. */
  readonly strangersRefused: number;
};
