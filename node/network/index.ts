// The network floor's door: a transport of byte strings between validators, over libp2p.

export type {
  GossipVerdict,
  Network,
  NetworkHandlers,
  NetworkLog,
  NetworkOptions,
  NetworkPeer,
  NetworkStats,
  RequestOptions,
  Topic,
  ValidatorIndex,
  Wire,
} from "./contract.ts";
export { NetworkError, type NetworkErrorCode } from "./errors.ts";
export type { NetworkLimits } from "./limits.ts";
export { createNetwork } from "./network.ts";
