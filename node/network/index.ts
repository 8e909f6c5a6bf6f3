// The network floor's door: a transport of byte strings between validators, over libp2p.

export {
  type GossipVerdict,
  type Network,
  type NetworkHandlers,
  type NetworkLog,
  type NetworkOptions,
  type NetworkPeer,
  type NetworkStats,
  type RequestOptions,
  TOPICS,
  type Topic,
  type ValidatorIndex,
} from "./contract.ts";
export { NetworkError, type NetworkErrorCode } from "./errors.ts";
export { DEFAULT_LIMITS, type NetworkLimits } from "./limits.ts";
export { createNetwork } from "./network.ts";
