// A validator's network key in an attacker's hands, on gossipsub's own stream: RPCs of the attacker's making.

import { messageCodec } from "../../consensus/index.ts";
import { concatBytes, encode } from "../../crypto/index.ts";
import type { Stream } from "../../node/network/libp2p-types.ts";
import { batchCodec, proposalWithPayloadCodec } from "../../node/sync/index.ts";
import { eventually } from "../e2e/eventually.ts";
import { closed } from "../node/network/fixture.ts";
import { type Attacker, pour, withSeat } from "./attacker.ts";
import type { CaseTable, HostileCase } from "./case.ts";
import type { HostileChain } from "./chain.ts";
import { control, framed, rpc, said, varint } from "./gossip-rpc.ts";
import { decisionAt, proposalAt } from "./messages.ts";
import { noise } from "./noise.ts";

const MIB = 1024 * 1024;
const TOPICS = ["transactions", "proposals", "certificates"] as const;

type Made = (one: Attacker, chain: HostileChain) => Uint8Array;

function ids(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => noise(32, index + 1));
}

/** Bytes on a gossip stream, so many times, which end nothing but perhaps that stream. */
function sent(name: string, made: Made, times = 1): HostileCase {
  return {
    name,
    behaviour: times > 1 ? 19 : 17,
    run: (chain) =>
      withSeat(
        chain,
        async (one) => {
          await pour(await one.gossip(), made(one, chain), times);
          await chain.isWell();
        },
        { isSilentInGossip: true },
      ),
  };
}

export const malformedGossip: CaseTable = {
  surface: "a validator that is sent malformed gossip",
  cases: [
    sent("a length of ten bytes", () => new Uint8Array(10).fill(0xff)),
    sent("a length of 2^53", () => concatBytes(varint(2 ** 53), noise(100))),
    sent("a length above four megabytes", () => concatBytes(varint(4 * MIB + 1), noise(100))),
    sent("RPCs of no bytes", () => new Uint8Array(1_000), 20),
    sent("an RPC of garbage", () => framed(noise(1_000))),
    sent("a megabyte of garbage", () => framed(noise(MIB))),
    sent("an RPC whose fields say they are longer than it", () =>
      framed(Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1)),
    ),
    sent("fields within fields, ten thousand deep", () =>
      framed(new Uint8Array(10_000).fill(0x1a)),
    ),
    sent("an RPC that is cut off", () => rpc({ messages: [] }).slice(0, -1)),
    sent("a message without a topic", () => rpc({ messages: [{ topic: "", data: noise(10) }] })),
    sent("messages of topics that do not exist", () =>
      rpc({
        messages: Array.from({ length: 1_000 }, (_, at) => ({
          topic: `none-${at}`,
          data: noise(9),
        })),
      }),
    ),
    sent("a message of three megabytes", (one) => said(one.topic("transactions"), noise(3 * MIB))),
    sent("five thousand messages in one RPC", (one) =>
      said(one.topic("transactions"), ...Array.from({ length: 5_000 }, (_, at) => noise(8, at))),
    ),
    sent("a message with a signature and a sender", (one) =>
      rpc({
        messages: [
          {
            topic: one.topic("proposals"),
            data: noise(100),
            from: noise(38),
            seqno: noise(8),
            signature: noise(64),
            key: noise(36),
          },
        ],
      }),
    ),
    sent("garbage on every topic", (one) =>
      concatBytes(...TOPICS.map((topic) => said(one.topic(topic), noise(500), new Uint8Array(0)))),
    ),
    sent("a decision with forged signatures", (one) =>
      said(one.topic("certificates"), encode(messageCodec, decisionAt(5))),
    ),
    sent("a decision on the wrong topic", (one) =>
      said(one.topic("proposals"), encode(messageCodec, decisionAt(6))),
    ),
    sent("proposals with forged signatures for many views", (one) =>
      said(
        one.topic("proposals"),
        ...Array.from({ length: 300 }, (_, at) =>
          encode(proposalWithPayloadCodec, {
            message: proposalAt(at + 2, one.index),
            ids: [],
            bodies: [],
          }),
        ),
      ),
    ),
    sent("a proposal whose bodies it does not name", (one) =>
      said(
        one.topic("proposals"),
        encode(proposalWithPayloadCodec, {
          message: proposalAt(9, one.index),
          ids: [],
          bodies: new Array(128).fill(noise(100)),
        }),
      ),
    ),
    sent("a batch of 2^32-1 transactions", (one) =>
      said(one.topic("transactions"), Uint8Array.of(0, 0, 0, 1, 255, 255, 255, 255, 0)),
    ),
    sent("a batch of 512 forged transactions", (one, chain) => {
      const forged = Uint8Array.from(chain.payment().bytes);
      forged.set(noise(64), forged.length - 64);
      const bodies = new Array<Uint8Array>(512).fill(forged);
      return said(one.topic("transactions"), encode(batchCodec, { sequence: 1, bodies }));
    }),
  ],
};

export const gossipFloods: CaseTable = {
  surface: "a validator that is flooded with gossip",
  cases: [
    sent("invalid messages without end", (one) => invalidMessages(one, 200), 50),
    sent(
      "the same message without end",
      (one) => said(one.topic("transactions"), ...new Array<Uint8Array>(200).fill(noise(50))),
      50,
    ),
    sent(
      "offers of messages that do not exist",
      (one) => control({ ihave: [{ topicID: one.topic("proposals"), messageIDs: ids(4_000) }] }),
      20,
    ),
    sent(
      "wishes for messages that do not exist",
      () => control({ iwant: [{ messageIDs: ids(4_000) }] }),
      20,
    ),
    sent(
      "refusals of messages that do not exist",
      () => control({ idontwant: [{ messageIDs: ids(500) }] }),
      40,
    ),
    sent(
      "grafts and prunes in turn",
      (one) =>
        concatBytes(
          control({ graft: TOPICS.map((topic) => ({ topicID: one.topic(topic) })) }),
          control({
            prune: TOPICS.map((topic) => ({ topicID: one.topic(topic), peers: [], backoff: 1 })),
          }),
        ),
      300,
    ),
    sent(
      "prunes that recommend other peers",
      (one) =>
        control({
          prune: [
            {
              topicID: one.topic("proposals"),
              backoff: Number.MAX_SAFE_INTEGER,
              peers: Array.from({ length: 500 }, (_, at) => ({ peerID: noise(38, at) })),
            },
          ],
        }),
      20,
    ),
    sent(
      "subscriptions to topics that do not exist",
      () =>
        rpc({
          subscriptions: Array.from({ length: 500 }, (_, at) => ({
            subscribe: true,
            topic: `${at}-${"t".repeat(200)}`,
          })),
        }),
      20,
    ),
    sent(
      "subscriptions that come and go",
      (one) =>
        concatBytes(
          ...[true, false].map((subscribe) =>
            rpc({ subscriptions: TOPICS.map((topic) => ({ subscribe, topic: one.topic(topic) })) }),
          ),
        ),
      500,
    ),
    {
      name: "more gossip streams than there are places",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (let opened = 0; opened < 50; opened++) await one.gossip().catch(() => undefined);
        }),
    },
    {
      name: "an RPC that is begun and never finished",
      behaviour: 20,
      run: (chain) =>
        withSeat(
          chain,
          async (one) => {
            const stream = await one.gossip();
            await pour(stream, concatBytes(varint(3 * MIB), noise(2 * MIB)));
            await chain.isWell();
            stream.abort(new Error("on purpose"));
          },
          { isSilentInGossip: true },
        ),
    },
    {
      name: "a peer that refuses to be gossiped to, until it is hung up on",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async ({ connection }) => {
          const stream = await eventually({
            what: "the victim's gossip stream",
            probe: async () => connection.streams.find(isGossipOfTheVictim),
          });
          stream.abort(new Error("on purpose"));
          await closed(connection);
        }),
    },
  ],
};

function isGossipOfTheVictim({ direction, protocol }: Stream): boolean {
  return direction === "inbound" && protocol.startsWith("/meshsub/");
}

function invalidMessages(one: Attacker, count: number): Uint8Array {
  return said(one.topic("proposals"), ...Array.from({ length: count }, (_, at) => noise(40, at)));
}
