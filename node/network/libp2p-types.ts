// The libp2p types that we use, named from what its functions return.

import type { GossipSub, TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import type { Identify } from "@libp2p/identify";
import type { Libp2p } from "libp2p";

/** The methods of gossipsub that its published interface leaves out. */
export type ValidatingGossipSub = GossipSub & {
  /** `source` is the peer id as text: with an object, the score silently stays as it is. */
  reportMessageValidationResult(
    messageId: string,
    source: string,
    acceptance: TopicValidatorResult,
  ): void;
};

export type Node = Libp2p<{ identify: Identify; gossip: ValidatingGossipSub }>;
export type Connection = ReturnType<Node["getConnections"]>[number];
export type Stream = Awaited<ReturnType<Connection["newStream"]>>;
export type PeerId = Connection["remotePeer"];
/** As libp2p itself has it: another patch release of the package spells the same type differently. */
export type Multiaddr = Connection["remoteAddr"];
