// What one peer's gossip may make us do in a second. Gossipsub itself works through whatever it is sent, and answers lists
// of ids by the thousand; its scores only come later.

import type { ValidatorIndex } from "./contract.ts";
import type { PeerId, ValidatingGossipSub } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export type GossipAllowanceContext = {
  readonly limits: NetworkLimits;
  readonly indexOf: (peerId: string) => ValidatorIndex | undefined;
  readonly onFault: (from: ValidatorIndex, reason: string) => void;
};

type Ids = readonly { readonly messageIDs: readonly unknown[] }[];

/** A decoded RPC, as far as it is work. */
type Rpc = {
  readonly subscriptions: readonly unknown[];
  readonly messages: readonly unknown[];
  readonly control?: {
    readonly ihave: Ids;
    readonly iwant: Ids;
    readonly idontwant: Ids;
    readonly graft: readonly unknown[];
    readonly prune: readonly unknown[];
  };
};

/** The library's own method, which it keeps to itself. */
type Inside = { handleReceivedRpc: (from: PeerId, rpc: Rpc) => Promise<void> };

/** So many ids are about as much work as one message. */
const IDS_A_UNIT = 12;

/** Drops every RPC of a peer that is beyond its allowance, at the price of a strike. */
export function allowGossip(gossip: ValidatingGossipSub, context: GossipAllowanceContext): void {
  const { limits, indexOf, onFault } = context;
  const inside = gossip as unknown as Inside;
  const handle = inside.handleReceivedRpc.bind(gossip);
  /** One for each validator at most. */
  const allowances = new Map<ValidatorIndex, TokenBucket>();
  const allowanceOf = (from: ValidatorIndex): TokenBucket => {
    const perSecond = limits.gossipPerSecond;
    const known = allowances.get(from);
    const allowance =
      known ?? new TokenBucket({ capacity: perSecond, perSecond, nowMs: performance.now() });
    if (known === undefined) allowances.set(from, allowance);
    return allowance;
  };
  inside.handleReceivedRpc = async (peer, rpc) => {
    const from = indexOf(peer.toString());
    if (from === undefined) return;
    if (allowanceOf(from).take(performance.now(), workIn(rpc))) await handle(peer, rpc);
    else onFault(from, "too much gossip");
  };
}

function workIn({ subscriptions, messages, control }: Rpc): number {
  const units = 1 + subscriptions.length + messages.length;
  if (control === undefined) return units;
  const { ihave, iwant, idontwant, graft, prune } = control;
  const lists = [...ihave, ...iwant, ...idontwant];
  const ids = lists.reduce((sum, { messageIDs }) => sum + messageIDs.length, 0);
  return units + lists.length + graft.length + prune.length + Math.ceil(ids / IDS_A_UNIT);
}
