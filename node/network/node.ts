// libp2p, set up for a fixed set of validators: TCP, Noise, yamux, identify (gossipsub needs it), gossipsub. Every limit
// that the library leaves open or too tight for a validator set is set here.

import "./polyfill.ts";
import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { gossipService, type TopicNames } from "./gossip.ts";
import type { Node, PeerId } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import { boundedYamux, MAX_WINDOW_BYTES } from "./muxer.ts";
import type { Roster } from "./roster.ts";

/** One connection per validator, its successor, and room for those that are being refused. */
const CONNECTIONS_PER_VALIDATOR = 4;
/** Streams other than requests on one connection: frames, gossip, identify, pings, each with a successor. */
const OTHER_STREAMS = 16;

export type NodeOptions = {
  readonly limits: NetworkLimits;
  readonly roster: Roster;
  readonly secretKey: Uint8Array;
  readonly listen: readonly string[];
  readonly names: TopicNames;
  /** Asked with the proven key, before anything but the handshake was exchanged. */
  readonly refuses: (peer: PeerId) => boolean;
};

/** A libp2p node that is not started. */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { limits, roster, secretKey, listen, names, refuses } = options;
  const streams = 2 * limits.concurrentRequests + OTHER_STREAMS;
  const validators = roster.others.length + 1;
  return await createLibp2p({
    start: false,
    privateKey: roster.ownKey(secretKey),
    nodeInfo: { name: "quorate", userAgent: "quorate" },
    addresses: { listen: [...listen] },
    transports: [tcp({ dialOpts: { noDelay: true }, listenOpts: { noDelay: true } })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      boundedYamux(
        {
          maxInboundStreams: streams,
          maxOutboundStreams: streams,
          // A dialler may open all its streams while we still attach to the connection; the default of 10 aborts it.
          maxEarlyStreams: streams,
          streamOptions: {
            maxStreamWindowSize: MAX_WINDOW_BYTES,
            maxReadBufferLength: 2 * MAX_WINDOW_BYTES,
            maxWriteBufferLength: Math.max(limits.gossipOutboundBytes, 2 * limits.maxResponseBytes),
          },
        },
        limits,
      ),
    ],
    connectionManager: {
      maxConnections: CONNECTIONS_PER_VALIDATOR * validators + limits.pendingConnections,
      maxIncomingPendingConnections: limits.pendingConnections,
      inboundConnectionThreshold: limits.connectionsPerSecond,
      maxParallelDials: validators,
      dialTimeout: limits.handshakeMs,
      addressDialTimeout: limits.handshakeMs,
      inboundUpgradeTimeout: limits.handshakeMs,
      inboundStreamProtocolNegotiationTimeout: limits.handshakeMs,
      outboundStreamProtocolNegotiationTimeout: limits.handshakeMs,
      reconnectRetries: 0,
    },
    connectionMonitor: {
      pingInterval: limits.pingMs,
      pingTimeout: { minTimeout: limits.pingMs, maxTimeout: 2 * limits.pingMs },
      abortConnectionOnPingFailure: true,
    },
    connectionGater: {
      denyDialPeer: refuses,
      denyInboundEncryptedConnection: refuses,
      denyOutboundEncryptedConnection: refuses,
    },
    services: {
      identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      gossip: gossipService(names, limits),
    },
  });
}

/** One-shot timers, of up to a second, that gossipsub and the address manager leave behind when they stop. */
type Leftovers = {
  readonly services: {
    readonly gossip: { readonly status?: { heartbeatTimeout?: NodeJS.Timeout } };
  };
  readonly components?: {
    readonly addressManager?: { readonly _updatePeerStoreAddresses?: { stop?(): void } };
  };
};

/** Stops a node for good, its stray timers included. */
export async function stopNode(node: Node): Promise<void> {
  const { services, components } = node as unknown as Leftovers;
  const heartbeat = services.gossip.status?.heartbeatTimeout;
  await node.stop();
  clearTimeout(heartbeat);
  components?.addressManager?._updatePeerStoreAddresses?.stop?.();
}
