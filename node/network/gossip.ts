// Gossip over gossipsub: three topics, ids and verdicts of our own, and only what the node accepted is passed on.

import {
  type GossipSub,
  type GossipsubOpts,
  gossipsub,
  StrictNoSign,
  TopicValidatorResult,
} from "@chainsafe/libp2p-gossipsub";
import { createTopicScoreParams } from "@chainsafe/libp2p-gossipsub/score";
import { type Domain, domain } from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";
import type { GossipVerdict, NetworkLog, Topic, ValidatorIndex, Wire } from "./contract.ts";
import { TOPICS } from "./contract.ts";
import { reasonOf } from "./errors.ts";
import { allowGossip } from "./gossip-allowance.ts";
import type { ValidatingGossipSub } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import type { Counters } from "./stats.ts";

const VERDICTS = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const;

/** Equal for senders and receivers: `encode` of the library refuses more, and one RPC above it ends gossip for good. */
const RPC_BYTES = 4 * 1024 * 1024;

/** `transactions` <-> `/quorate/<chain>/transactions/1`. */
export class TopicNames {
  readonly #names = new Map<Topic, string>();
  readonly #topics = new Map<string, Topic>();

  constructor(chain: string) {
    for (const topic of TOPICS) {
      const name = `/quorate/${chain}/${topic}/1`;
      this.#names.set(topic, name);
      this.#topics.set(name, topic);
    }
  }

  name(topic: Topic): string {
    return this.#names.get(topic) as string;
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name);
  }
}

/** The gossipsub service for libp2p, set up for at most 64 validators that are all linked to each other. */
export function gossipService(
  names: TopicNames,
  limits: NetworkLimits,
): (components: Parameters<ReturnType<typeof gossipsub>>[0]) => ValidatingGossipSub {
  const create = gossipsub(gossipOptions(names, limits));
  return (components) => create(components) as GossipSub as ValidatingGossipSub;
}

function gossipOptions(names: TopicNames, limits: NetworkLimits): Partial<GossipsubOpts> {
  return {
    globalSignaturePolicy: StrictNoSign,
    ...messageIds(names),
    asyncValidation: true,
    allowedTopics: TOPICS.map((topic) => names.name(topic)),
    // Every publisher reaches every linked validator in one hop; a thin mesh only bridges missing links.
    floodPublish: true,
    batchPublish: true,
    D: 2,
    Dlo: 1,
    Dhi: 4,
    Dout: 0,
    Dscore: 1,
    Dlazy: 3,
    seenTTL: limits.seenMs,
    emitSelf: false,
    fallbackToFloodsub: false,
    doPX: false,
    tagMeshPeers: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: RPC_BYTES,
    maxOutboundBufferSize: limits.gossipOutboundBytes,
    // With the late acceptance below, this suppresses nearly all duplicates, and a refusal is cheaper than any message.
    idontwantMinDataSize: 1,
    idontwantMaxMessages: 4_096,
    decodeRpcLimits: {
      maxSubscriptions: 64,
      maxMessages: 4_096,
      maxControlMessages: 64,
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxIdontwantMessageIDs: 512,
      maxPeerInfos: 1,
    },
    ...scoring(names),
  };
}

/** Synchronous ids over content and topic. Text is what the caches of the library are keyed by. */
function messageIds(names: TopicNames): Pick<GossipsubOpts, "msgIdFn" | "msgIdToStrFn"> {
  const domains = new Map<string, Domain>();
  for (const topic of TOPICS) {
    domains.set(names.name(topic), domain(`quorate/gossip/${topic}/1`));
  }
  const other = domain("quorate/gossip/other/1");
  return {
    msgIdFn: (message) => hashIn(domains.get(message.topic) ?? other, message.data),
    msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("latin1"),
  };
}

/**
 * Only provably bad messages count (squared: one costs the place in the mesh, nine the right to be heard until they
 * decay), and floods of control messages. Rates and first deliveries say nothing about a validator, and all of a devnet
 * share one address.
 */
function scoring(names: TopicNames): Pick<GossipsubOpts, "scoreParams" | "scoreThresholds"> {
  const topics = Object.fromEntries(
    TOPICS.map((topic) => [
      names.name(topic),
      createTopicScoreParams({
        topicWeight: 1,
        timeInMeshWeight: 0,
        firstMessageDeliveriesWeight: 0,
        meshMessageDeliveriesWeight: 0,
        meshFailurePenaltyWeight: 0,
        invalidMessageDeliveriesWeight: -1,
        invalidMessageDeliveriesDecay: 0.95,
      }),
    ]),
  );
  return {
    scoreParams: {
      topics,
      IPColocationFactorWeight: 0,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.9,
    },
    scoreThresholds: {
      gossipThreshold: -10,
      publishThreshold: -50,
      graylistThreshold: -80,
      acceptPXThreshold: 10,
      opportunisticGraftThreshold: 0,
    },
  };
}

export type GossipPortContext = {
  readonly names: TopicNames;
  readonly limits: NetworkLimits;
  readonly counters: Counters;
  readonly log: NetworkLog;
  readonly wire: Wire | undefined;
  /** The validator behind a peer id. */
  readonly indexOf: (peerId: string) => ValidatorIndex | undefined;
  readonly nameOf: (index: ValidatorIndex) => string | undefined;
  readonly onGossip: (
    topic: Topic,
    from: ValidatorIndex,
    bytes: Uint8Array,
  ) => GossipVerdict | Promise<GossipVerdict>;
  /** A peer passed on what is provably bad, or far too much. */
  readonly onFault: (from: ValidatorIndex, reason: string) => void;
  /** A peer's subscriptions changed. */
  readonly onSubscriptions: (peerId: string) => void;
};

/**
 * An accepted message is reported, and so forwarded, one to two of these periods after the node had it. By then the
 * peers that got it from the publisher itself have said so, and only those that did not are sent a second copy.
 */
const FORWARD_DELAY_MS = 20;

type Arrival = {
  readonly topic: Topic;
  readonly from: ValidatorIndex;
  readonly messageId: string;
  readonly source: string;
};

/** Publishes, and takes each new message to the node and the verdict back. */
export class GossipPort {
  readonly #gossip: ValidatingGossipSub;
  readonly #context: GossipPortContext;
  readonly #carry: (peerId: string, rpc: GossipRpc) => void;
  readonly #pending = new Map<ValidatorIndex, number>();
  #young: Arrival[] = [];
  #old: Arrival[] = [];
  #forwardTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(gossip: ValidatingGossipSub, context: GossipPortContext) {
    this.#gossip = gossip;
    this.#context = context;
    this.#carry = carrier(gossip, context);
    allowGossip(gossip, context);
    gossip.addEventListener("subscription-change", (event) => {
      context.onSubscriptions(event.detail.peerId.toString());
    });
    gossip.addEventListener("gossipsub:message", (event) => {
      const { msg, msgId, propagationSource } = event.detail;
      const source = propagationSource.toString();
      const topic = context.names.topic(msg.topic);
      const from = context.indexOf(source);
      if (topic === undefined || from === undefined) return;
      this.#arrive({ topic, from, messageId: msgId, source }, msg.data);
    });
  }

  /** Only once libp2p runs. */
  subscribe(): void {
    for (const topic of TOPICS) this.#gossip.subscribe(this.#context.names.name(topic));
  }

  /** True once the peer has told us that it listens to every topic. */
  hears(peerId: string): boolean {
    return TOPICS.every((topic) =>
      this.#gossip
        .getSubscribers(this.#context.names.name(topic))
        .some((subscriber) => subscriber.toString() === peerId),
    );
  }

  /** Verdicts that come later go nowhere. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#forwardTimer);
  }

  publish(topic: Topic, bytes: Uint8Array, to?: readonly ValidatorIndex[]): void {
    const { counters, log, names } = this.#context;
    if (to !== undefined) return this.#publishTo(names.name(topic), bytes, to);
    this.#gossip.publish(names.name(topic), bytes).then(
      (result) => {
        counters.gossipPublished += 1;
        counters.gossipBytesOut += bytes.length * result.recipients.length;
      },
      (error) => {
        counters.gossipPublishFailed += 1;
        log.warn({ topic, bytes: bytes.length, reason: reasonOf(error) }, "gossip not published");
      },
    );
  }

  #publishTo(topic: string, data: Uint8Array, to: readonly ValidatorIndex[]): void {
    const { counters, nameOf } = this.#context;
    for (const index of to) {
      const peerId = nameOf(index);
      if (peerId === undefined) continue;
      this.#carry(peerId, { subscriptions: [], messages: [{ topic, data }] });
      counters.gossipPublished += 1;
      counters.gossipBytesOut += data.length;
    }
  }

  #arrive(arrival: Arrival, data: Uint8Array): void {
    const { topic, from } = arrival;
    const { counters, limits, log, onGossip } = this.#context;
    counters.gossipBytesIn += data.length;
    const pending = this.#pending.get(from) ?? 0;
    if (data.length > limits.maxGossipBytes) return this.#decide(arrival, "reject");
    if (pending >= limits.pendingGossip) return this.#decide(arrival, "ignore");
    const { strikes } = counters;
    const verdict = onGossip(topic, from, new Uint8Array(data));
    if (typeof verdict === "string") {
      // What the node has called a fault already is not punished twice.
      return this.#decide(arrival, verdict, counters.strikes > strikes);
    }
    this.#pending.set(from, pending + 1);
    const settle = (settled: GossipVerdict) => {
      this.#pending.set(from, (this.#pending.get(from) ?? 1) - 1);
      this.#decide(arrival, settled);
    };
    verdict.then(settle, (error) => {
      log.warn({ topic, from, reason: reasonOf(error) }, "gossip could not be judged");
      settle("ignore");
    });
  }

  #decide(arrival: Arrival, verdict: GossipVerdict, isBlamed = false): void {
    const { counters, limits, onFault } = this.#context;
    if (verdict === "accept") counters.gossipAccepted += 1;
    else if (verdict === "ignore") counters.gossipIgnored += 1;
    else {
      counters.gossipRejected += 1;
      if (!isBlamed) onFault(arrival.from, "bad gossip");
    }
    if (verdict !== "accept" || this.#young.length >= limits.pendingGossip) {
      this.#report(arrival, verdict);
      return;
    }
    this.#young.push(arrival);
    this.#forwardSoon();
  }

  #forwardSoon(): void {
    if (this.#closed || this.#forwardTimer !== undefined) return;
    this.#forwardTimer = setTimeout(() => {
      this.#forwardTimer = undefined;
      const due = this.#old;
      this.#old = this.#young;
      this.#young = [];
      for (const arrival of due) this.#report(arrival, "accept");
      if (this.#old.length > 0) this.#forwardSoon();
    }, FORWARD_DELAY_MS);
  }

  #report({ messageId, source }: Arrival, verdict: GossipVerdict): void {
    if (this.#closed) return;
    this.#gossip.reportMessageValidationResult(messageId, source, VERDICTS[verdict]);
  }
}

/** What gossipsub sends to one peer in one go: the part of its RPC that we look at. */
type GossipRpc = {
  readonly subscriptions: readonly unknown[];
  readonly messages: readonly { readonly topic: string; readonly data?: Uint8Array }[];
};

/** The library's own way to a peer, which it keeps to itself. */
type GossipSender = {
  sendRpc: (peerId: string, rpc: GossipRpc) => boolean;
  sendRpcInBatch: (peerIds: Iterable<string>, rpc: GossipRpc) => void;
};

/** Leads all that gossipsub sends over the wire, if there is one. */
function carrier(
  gossip: ValidatingGossipSub,
  { wire, indexOf }: GossipPortContext,
): (peerId: string, rpc: GossipRpc) => void {
  const sender = gossip as unknown as GossipSender;
  if (wire === undefined) return (peerId, rpc) => sender.sendRpc(peerId, rpc);
  const send = sender.sendRpc.bind(gossip);
  sender.sendRpc = (peerId, rpc) => {
    const to = indexOf(peerId);
    // Who listens to what is the overlay's own state: it is told once a connection, and a cut must not outlast its end.
    if (to === undefined || rpc.subscriptions.length > 0) return send(peerId, rpc);
    wire(to, sizeOf(rpc), () => send(peerId, rpc));
    return true;
  };
  sender.sendRpcInBatch = (peerIds, rpc) => {
    // `sendRpc` may put more into what it is given.
    for (const peerId of peerIds) sender.sendRpc(peerId, { ...rpc });
  };
  return (peerId, rpc) => sender.sendRpc(peerId, rpc);
}

function sizeOf({ messages }: GossipRpc): number {
  return messages.reduce((bytes, { data }) => bytes + (data?.length ?? 0), 0);
}
