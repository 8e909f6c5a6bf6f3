// libp2p in an attacker's hands: the node's own stack without its rules, under a validator's key or a stranger's.

import { publicKeyOf, secretKey, toHex } from "../../crypto/index.ts";
import { TopicNames } from "../../node/network/gossip.ts";
import type { Connection, Node, Stream } from "../../node/network/libp2p-types.ts";
import { networkLimits } from "../../node/network/limits.ts";
import { createNode, stopNode } from "../../node/network/node.ts";
import { Roster } from "../../node/network/roster.ts";
import { closed } from "../node/network/fixture.ts";
import type { HostileChain } from "./chain.ts";

const CHAIN_DIGITS = 16;
const BOUNDLESS = 2 ** 40;
/** What a stranger calls itself; nobody has this index. */
const STRANGER = 255;

export type Target = Pick<HostileChain, "chainId" | "genesis" | "p2pPort"> & {
  /** Its index; the first unless given. */
  readonly victim?: number;
};

export type Attacker = {
  readonly index: number;
  readonly node: Node;
  readonly connection: Connection;
  /** Opened by us, as far as the victim lets us. */
  readonly frames: () => Promise<Stream>;
  readonly requests: () => Promise<Stream>;
  /** A stream of gossipsub's protocol for RPCs of our own making. */
  readonly gossip: () => Promise<Stream>;
  readonly topic: (name: "transactions" | "proposals" | "certificates") => string;
  /** Dials once more, over a connection of its own. */
  readonly again: () => Promise<Connection>;
  readonly stop: () => Promise<void>;
};

export type AttackerOptions = {
  readonly seat: { readonly index: number; readonly seed: Uint8Array };
  /** Takes the victim's frames without reading them. */
  readonly isDeaf?: boolean;
  /** What becomes of the victim's own questions; never an answer unless given. */
  readonly onQuestion?: (stream: Stream) => void;
  readonly isSilentInGossip?: boolean;
};

/** A node of the attacker's, not connected yet. */
export async function hostileNode(target: Target, options: AttackerOptions) {
  const { seat, isDeaf, onQuestion, isSilentInGossip } = options;
  const chain = toHex(target.chainId).slice(2, 2 + CHAIN_DIGITS);
  const names = new TopicNames(chain);
  const roster = rosterOf(target, seat);
  const node = await createNode({
    // Who cuts the connection is to be the victim.
    limits: networkLimits({ muxerFramesPerSecond: BOUNDLESS, connectionOutboundBytes: BOUNDLESS }),
    roster,
    secretKey: seat.seed,
    listen: [],
    names,
    refuses: () => false,
  });
  const frames = `/quorate/${chain}/frames/1`;
  const requests = `/quorate/${chain}/request/1`;
  await node.handle(frames, (stream) => {
    if (isDeaf === true) stream.pause();
    else stream.addEventListener("message", () => {});
  });
  await node.handle(requests, (stream) => onQuestion?.(stream), { maxInboundStreams: 1_000 });
  await node.start();
  if (isSilentInGossip !== true) {
    for (const topic of ["transactions", "proposals", "certificates"] as const) {
      node.services.gossip.subscribe(names.name(topic));
    }
  }
  const [victim] = roster.others;
  const dial = () => node.dial([...(victim?.addresses ?? [])], { force: true });
  return { node, dial, frames, requests, names };
}

/** Connected to the victim. */
export async function attacker(target: Target, options: AttackerOptions): Promise<Attacker> {
  const { node, dial, frames, requests, names } = await hostileNode(target, options);
  const connection = await dial();
  return {
    index: options.seat.index,
    node,
    connection,
    frames: () => connection.newStream(frames),
    requests: () => connection.newStream(requests, { maxOutboundStreams: 1_000 }),
    gossip: () => connection.newStream("/meshsub/1.2.0", { maxOutboundStreams: 100 }),
    topic: (name) => names.name(name),
    again: dial,
    stop: () => stopNode(node),
  };
}

/** The victim under its address, and ourselves, whoever we are. */
function rosterOf(
  { genesis, p2pPort, victim: index = 0 }: Target,
  seat: AttackerOptions["seat"],
): Roster {
  const networkKey = publicKeyOf(secretKey(seat.seed));
  const member = genesis.validators[index];
  if (member === undefined) throw new Error(`there is no validator ${index}`);
  const victim = {
    index,
    networkKey: member.networkKey,
    addresses: [`/ip4/127.0.0.1/tcp/${p2pPort}`],
  };
  return new Roster([victim, { index: seat.index, networkKey, addresses: [] }], seat.index);
}

/** A key that no genesis names. */
export function stranger(number: number): AttackerOptions["seat"] {
  const seed = new Uint8Array(32).fill(0xee);
  new DataView(seed.buffer).setUint32(0, number);
  return { index: STRANGER, seed };
}

/** As much as the stream takes before it closes or `bytes` are out; waits wherever the victim makes it wait. */
export async function pour(stream: Stream, bytes: Uint8Array, times = 1): Promise<void> {
  for (let sent = 0; sent < times && stream.status === "open"; sent++) {
    let hasRoom = true;
    try {
      hasRoom = stream.send(bytes);
    } catch {
      // The victim has closed it in the meantime.
      return;
    }
    if (!hasRoom) await Promise.race([drained(stream), closed(stream)]);
    // The victim lives in this process: it must get its turn to close us.
    else if (sent % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function drained(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.addEventListener("drain", () => resolve(), { once: true });
  });
}

/** Runs an attack from a seat of its own, and cleans up behind it. */
export async function withSeat(
  chain: HostileChain,
  attack: (attacker: Attacker) => Promise<void>,
  options: Omit<AttackerOptions, "seat"> = {},
): Promise<void> {
  const one = await attacker(chain, { ...options, seat: chain.seat() });
  try {
    await attack(one);
  } finally {
    await one.stop();
  }
}
