// Every bound and deadline of the network, with its default. All validators of a chain must agree on the byte limits:
// a receiver with a lower one cuts off an honest sender.

import { assert } from "../../crypto/index.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** "Per peer" means per validator. Rates allow bursts of one second's worth. */
export type NetworkLimits = {
  /** Largest frame, bytes. */
  readonly maxFrameBytes: number;
  /** Largest request, bytes. */
  readonly maxRequestBytes: number;
  /** Largest answer, bytes. */
  readonly maxResponseBytes: number;
  /** Largest gossip message, bytes; at most 2 MiB, because a gossipsub RPC holds 4 MiB. */
  readonly maxGossipBytes: number;
  /** Frames that wait for one peer; the oldest goes first. */
  readonly sendQueueFrames: number;
  /** Bytes that wait for one peer; the oldest goes first. */
  readonly sendQueueBytes: number;
  /** Frames are handed to the stream in batches of about this many bytes. */
  readonly sendBatchBytes: number;
  /** Frames a second that one peer may send; above it, its stream is paused, nothing is lost. */
  readonly framesPerSecond: number;
  /** Frames of the multiplexer a second on one connection, whatever is in them; above it, the connection is cut. */
  readonly muxerFramesPerSecond: number;
  /** Streams a second that one connection may open; above it, the connection is cut. */
  readonly streamsPerSecond: number;
  /** Bytes that wait for a connection as a whole, below its streams; above it, the connection is cut. */
  readonly connectionOutboundBytes: number;
  /** Requests a second that one peer may send; above it, they are reset. */
  readonly requestsPerSecond: number;
  /** Our own time, in milliseconds a second, that making answers for one peer may take; above it, they wait. */
  readonly answerMsPerSecond: number;
  /** Requests of one peer that we answer at a time (above it, they are reset), and that we have open at one peer. */
  readonly concurrentRequests: number;
  /** Our own requests that wait for a free place at one peer; above it, they fail as "busy". */
  readonly queuedRequests: number;
  /** Answers that one peer has not read yet, bytes; above it, its requests are reset. */
  readonly responseBytesInFlight: number;
  /** What one peer's gossip may hold a second: RPCs, messages, subscriptions, and ids by the dozen; above it, the RPC is dropped. */
  readonly gossipPerSecond: number;
  /** Gossip messages from one peer that await their verdict; above it, they are ignored. */
  readonly pendingGossip: number;
  /** Gossip bytes that wait for one peer; above it, gossipsub aborts the stream and the watchdog renews the link. */
  readonly gossipOutboundBytes: number;
  /** How long a gossip message is remembered, so that it is not delivered twice. */
  readonly seenMs: number;
  /** For a connection's handshake, for a stream's, and for all streams of a new connection. */
  readonly handshakeMs: number;
  /** From the first to the last byte of an inbound frame. */
  readonly partialFrameMs: number;
  /** How long a peer may leave a full send window unread. */
  readonly stalledSendMs: number;
  /** From an inbound request's stream to its last byte. */
  readonly requestReadMs: number;
  /** From an inbound request's last byte until the peer has taken the answer. */
  readonly requestAnswerMs: number;
  /** Strikes that lead to a ban. */
  readonly strikes: number;
  /** One strike is forgiven each time this passes. */
  readonly strikeForgivenMs: number;
  /** How long a ban lasts. */
  readonly banMs: number;
  /** Pause between the first dials of an unreachable peer. */
  readonly redialMs: number;
  /** Dials with that pause; it doubles after these. */
  readonly redialFastAttempts: number;
  /** Longest pause between dials. */
  readonly redialMaxMs: number;
  /** How long the validator with the higher index leaves dialling to the other. */
  readonly dialFallbackMs: number;
  /** A connection younger than this may be the twin of one that was dialled at the same time. */
  readonly crossingMs: number;
  /** Period of the watchdog. */
  readonly watchdogMs: number;
  /** Watchdog periods in a row without an open gossip or frame stream before the link is renewed. */
  readonly watchdogChecks: number;
  /** Period of the liveness probe of each connection, and its least timeout. */
  readonly pingMs: number;
  /** Inbound connections that may be in their handshake. */
  readonly pendingConnections: number;
  /** Inbound connections a second from one host. */
  readonly connectionsPerSecond: number;
};

export const DEFAULT_LIMITS: NetworkLimits = {
  maxFrameBytes: MIB,
  maxRequestBytes: 256 * KIB,
  maxResponseBytes: 8 * MIB,
  maxGossipBytes: MIB,
  sendQueueFrames: 8_192,
  sendQueueBytes: 8 * MIB,
  sendBatchBytes: 128 * KIB,
  framesPerSecond: 1_000,
  muxerFramesPerSecond: 10_000,
  streamsPerSecond: 600,
  connectionOutboundBytes: 32 * MIB,
  requestsPerSecond: 500,
  answerMsPerSecond: 50,
  concurrentRequests: 32,
  queuedRequests: 256,
  responseBytesInFlight: 16 * MIB,
  gossipPerSecond: 5_000,
  pendingGossip: 1_024,
  gossipOutboundBytes: 16 * MIB,
  seenMs: 45_000,
  handshakeMs: 5_000,
  partialFrameMs: 10_000,
  stalledSendMs: 10_000,
  requestReadMs: 5_000,
  requestAnswerMs: 30_000,
  strikes: 5,
  strikeForgivenMs: 10_000,
  banMs: 30_000,
  redialMs: 50,
  redialFastAttempts: 20,
  redialMaxMs: 2_000,
  dialFallbackMs: 300,
  crossingMs: 5_000,
  watchdogMs: 500,
  watchdogChecks: 3,
  pingMs: 5_000,
  pendingConnections: 256,
  connectionsPerSecond: 256,
};

const MAX_GOSSIP_BYTES = 2 * MIB;

/** The defaults with `changes`. Every limit is a positive integer. */
export function networkLimits(changes: Partial<NetworkLimits> = {}): NetworkLimits {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    assert(Number.isSafeInteger(value) && value > 0, `limit ${name} is a positive integer`);
  }
  assert(limits.maxGossipBytes <= MAX_GOSSIP_BYTES, "maxGossipBytes is at most 2 MiB");
  assert(
    limits.maxResponseBytes <= limits.responseBytesInFlight,
    "the largest answer fits into responseBytesInFlight",
  );
  return limits;
}
