// The counters behind NetworkStats.

import type { NetworkStats } from "./contract.ts";

export type Counters = { -readonly [K in Exclude<keyof NetworkStats, "peers">]: number };

export function newCounters(): Counters {
  return {
    framesIn: 0,
    framesOut: 0,
    frameBytesIn: 0,
    frameBytesOut: 0,
    framesDropped: 0,
    framesUndeliverable: 0,
    framesThrottled: 0,
    gossipPublished: 0,
    gossipPublishFailed: 0,
    gossipBytesIn: 0,
    gossipBytesOut: 0,
    gossipAccepted: 0,
    gossipIgnored: 0,
    gossipRejected: 0,
    requestsIn: 0,
    requestsRefused: 0,
    requestsFailed: 0,
    requestsOut: 0,
    requestsOutFailed: 0,
    dials: 0,
    redials: 0,
    resets: 0,
    strikes: 0,
    bans: 0,
    strangersRefused: 0,
  };
}
