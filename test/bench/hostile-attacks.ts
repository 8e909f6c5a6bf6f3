// The attacker of the benchmark: a process of its own that does one kind of harm to every validator, as fast as one core
// can, until its time is over. Prints one JSON line with how often it struck.

import { readFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { addressOf, concatBytes, encode, type Hash, height } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { chainIdOf, type Genesis } from "../../node/chain/index.ts";
import { signTransfer } from "../../node/client/index.ts";
import { parseGenesis } from "../../node/genesis/index.ts";
import { encodeFrames } from "../../node/network/framing.ts";
import { stopNode } from "../../node/network/node.ts";
import { batchCodec, questionCodec } from "../../node/sync/index.ts";
import { type Attacker, attacker, hostileNode, pour, stranger } from "../hostile/attacker.ts";
import { keyOf } from "../hostile/chain.ts";
import { control, said } from "../hostile/gossip-rpc.ts";
import { framed, voteAt } from "../hostile/messages.ts";
import { noise } from "../hostile/noise.ts";
import { dial, get, HOST, post, RAW } from "../hostile/sockets.ts";
import { encoded, PING, SYN, spill, WINDOW } from "../hostile/yamux.ts";
import { closed } from "../node/network/fixture.ts";

export type AttackOptions = {
  readonly family: FamilyName;
  readonly seconds: number;
  /** Of every key. */
  readonly seed: string;
  readonly genesisFile: string;
  readonly targets: readonly {
    readonly index: number;
    readonly rpcPort: number;
    readonly p2pPort: number;
  }[];
  /** A validator that is dead, and whose network key the attacker has. */
  readonly seat: number;
};

export type AttackResult = { readonly type: "attack"; readonly strikes: number };

type Target = {
  readonly chainId: Hash;
  readonly genesis: Genesis;
  readonly victim: number;
  readonly rpcPort: number;
  readonly p2pPort: number;
};

type Attack = {
  readonly options: AttackOptions;
  readonly isOver: () => boolean;
  readonly struck: (times?: number) => void;
};

type Family = (attack: Attack, target: Target) => Promise<void>;

/** Where this program lies, for whoever starts it. */
export const ATTACK_PROGRAM = fileURLToPath(import.meta.url);

const RETRY_MS = 50;

const FAMILIES = {
  /** Connections from many addresses that stop in the middle of their handshake. */
  "half handshakes": many(16, async ({ struck }, { p2pPort }) => {
    const address = `127.${1 + random(200)}.${random(250)}.${1 + random(250)}`;
    const socket = await dial(p2pPort, address);
    socket.write(
      concatBytes(line("/multistream/1.0.0"), line("/noise"), new Uint8Array([0, 48, 1])),
    );
    await sleep(RETRY_MS);
    socket.destroy();
    struck();
  }),
  /** Whole handshakes under keys that no genesis names. */
  strangers: many(4, async ({ struck, isOver }, target) => {
    const { node, dial: knock } = await hostileNode(target, { seat: stranger(random(2 ** 31)) });
    while (!isOver()) {
      const connection = await knock().catch(() => undefined);
      if (connection === undefined) await sleep(5);
      else await closed(connection);
      struck();
    }
    await stopNode(node);
  }),
  /** One's own votes, sound and old, again and again. */
  votes: seated(async ({ options, struck, isOver }, target, one) => {
    const sender = {
      chain: { chainId: target.chainId, genesis: { name: options.seed } },
      index: one.index,
    };
    const frames = framed(...new Array(500).fill(voteAt(sender, 1)));
    const stream = await one.frames();
    while (!isOver() && stream.status === "open") {
      await pour(stream, frames, 10);
      struck(5_000);
    }
  }),
  /** Frames that are no messages; after each ban, the next try. */
  "garbage frames": seated(async ({ struck, isOver }, _target, one) => {
    const frames = encodeFrames(new Array(1_000).fill(noise(20)));
    const stream = await one.frames();
    while (!isOver() && stream.status === "open") {
      await pour(stream, frames, 10);
      struck(10_000);
    }
  }),
  /** Questions for as much as an answer holds, whose answers are thrown away. */
  questions: seated(async ({ struck, isOver }, _target, one) => {
    const question = encodeFrames([encode(questionCodec, { type: "blocks", from: height(1) })]);
    while (!isOver() && one.connection.status === "open") {
      await Promise.allSettled(
        Array.from({ length: 40 }, async () => {
          const stream = await one.requests();
          stream.addEventListener("message", () => {});
          await pour(stream, question);
          await stream.close();
          await closed(stream);
        }),
      );
      struck(40);
      await sleep(1);
    }
  }),
  /** Messages without sense, forged transactions and control messages. */
  gossip: seated(async ({ struck, isOver }, target, one) => {
    const stream = await one.gossip();
    const forged = Uint8Array.from(transferOf(target, one.index).bytes);
    forged.set(noise(64), forged.length - 64);
    for (let sequence = 0; !isOver() && stream.status === "open"; sequence++) {
      const bodies = new Array<Uint8Array>(512).fill(forged);
      const batch = encode(batchCodec, { sequence, bodies });
      const garbage = Array.from({ length: 200 }, (_, at) => noise(60, 200 * sequence + at));
      const ids = Array.from({ length: 2_000 }, (_, at) => noise(32, at));
      const bytes = concatBytes(
        said(one.topic("transactions"), batch),
        said(one.topic("proposals"), ...garbage),
        control({ ihave: [{ topicID: one.topic("proposals"), messageIDs: ids }] }),
        control({ iwant: [{ messageIDs: ids }] }),
      );
      await pour(stream, bytes);
      struck(203);
    }
  }),
  /** Pings, streams that are opened and reset, window updates, as fast as they go. */
  multiplexer: seated(async ({ struck, isOver }, _target, one) => {
    const frames = Array.from({ length: 500 }, (_, at) =>
      concatBytes(
        encoded({ type: PING, flag: SYN, length: at }),
        encoded({ type: WINDOW, flag: SYN, stream: 100_001 + 2 * at }),
        encoded({ type: WINDOW, flag: 8, stream: 100_001 + 2 * at }),
      ),
    );
    const bytes = concatBytes(...frames);
    while (!isOver() && one.connection.status === "open")
      struck(1_500 * (await spill(one, bytes, 10)));
  }),
  /** Sound questions over HTTP, as many on each connection as it takes. */
  "http requests": many(16, async ({ struck, isOver }, { rpcPort }) => {
    const socket = await dial(rpcPort);
    const requests = get("/v1/status").repeat(16);
    while (!isOver() && !socket.destroyed) {
      socket.write(requests);
      await answers(socket, 16);
      struck(16);
    }
    socket.destroy();
  }),
  /** Batches of transactions with forged signatures, over HTTP. */
  "http transactions": many(4, async ({ struck, isOver }, target) => {
    const forged = Uint8Array.from(transferOf(target, 7).bytes);
    const socket = await dial(target.rpcPort);
    for (let round = 0; !isOver() && !socket.destroyed; round++) {
      forged.set(noise(64, round), forged.length - 64);
      const item = new Uint8Array(4 + forged.length);
      new DataView(item.buffer).setUint32(0, forged.length);
      item.set(forged, 4);
      const batch = concatBytes(...new Array<Uint8Array>(100).fill(item));
      socket.write(post("/v1/txs/batch", batch, RAW));
      await answers(socket, 1);
      struck(100);
    }
    socket.destroy();
  }),
  /** Connections that take places and give nothing: idle, half sent, never read. */
  hoarders: many(250, async ({ struck, isOver }, { rpcPort }) => {
    const words = [
      "",
      `GET /livez HTTP/1.1\r\n${HOST}x: `,
      `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 900\r\n\r\nab`,
      get("/v1/events?from=0"),
    ];
    const socket = await dial(rpcPort);
    socket.pause();
    socket.write(words[random(words.length)] ?? "");
    struck();
    while (!isOver() && !socket.destroyed) await sleep(RETRY_MS);
    socket.destroy();
  }),
} satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;

export const FAMILY_NAMES = Object.keys(FAMILIES) as readonly FamilyName[];

/** So many of them at a time, each begun again when it has ended. */
function many(count: number, once: Family): Family {
  return async (attack, target) => {
    await Promise.all(
      Array.from({ length: count }, async () => {
        while (!attack.isOver()) {
          await once(attack, target).catch(() => sleep(RETRY_MS));
        }
      }),
    );
  };
}

/** From a validator's seat, taken again whenever the victim has thrown us out. */
function seated(once: (attack: Attack, target: Target, one: Attacker) => Promise<void>): Family {
  return many(1, async (attack, target) => {
    const { seat: index, seed } = attack.options;
    const seat = { index, seed: keyOf(seed, "network", index) };
    const one = await attacker(target, { seat });
    try {
      await once(attack, target, one);
    } finally {
      await stopNode(one.node);
    }
    await sleep(RETRY_MS);
  });
}

function transferOf({ chainId }: Target, nonce: number) {
  const signer = createSigner(keyOf("nobody", "payer", 0));
  const to = addressOf(signer.publicKey);
  const details = { chainId, to, amount: 1n, nonce, fee: 1n, validUntilHeight: 50_000 };
  return signTransfer(details, signer);
}

/** Resolves when so many answers have come, or no more will. */
function answers(socket: Awaited<ReturnType<typeof dial>>, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const done = () => {
      socket.off("data", onData);
      socket.off("close", done);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      for (let at = chunk.indexOf("HTTP/1.1 "); at >= 0; at = chunk.indexOf("HTTP/1.1 ", at + 9))
        seen++;
      if (seen >= count) done();
    };
    socket.on("data", onData);
    socket.on("close", done);
    if (socket.destroyed) done();
  });
}

function line(text: string): Uint8Array {
  return Buffer.concat([Buffer.from([text.length + 1]), Buffer.from(`${text}\n`)]);
}

function random(bound: number): number {
  return Math.floor(Math.random() * bound);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function main(options: AttackOptions): Promise<AttackResult> {
  const parsed = parseGenesis(readFileSync(options.genesisFile, "utf8"));
  if (!parsed.ok) throw new Error("the genesis file is not sound");
  const genesis = parsed.genesis;
  const endMs = performance.now() + 1_000 * options.seconds;
  let strikes = 0;
  const attack: Attack = {
    options,
    isOver: () => performance.now() >= endMs,
    struck: (times = 1) => {
      strikes += times;
    },
  };
  const targets = options.targets.map(
    ({ index, ...ports }): Target => ({
      chainId: chainIdOf(genesis),
      genesis,
      victim: index,
      ...ports,
    }),
  );
  await Promise.race([
    Promise.all(targets.map((target) => FAMILIES[options.family](attack, target))),
    sleep(1_000 * options.seconds + 500),
  ]);
  return { type: "attack", strikes };
}

if (argv[1] === ATTACK_PROGRAM) {
  // An attacker whose connections are cut has nothing to say about it.
  process.on("unhandledRejection", () => {});
  process.on("uncaughtException", () => {});
  console.log(JSON.stringify(await main(JSON.parse(argv[2] ?? "{}") as AttackOptions)));
  process.exit(0);
}
