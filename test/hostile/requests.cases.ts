// A validator's network key in an attacker's hands, on the streams of questions and answers.

import { expect } from "vitest";
import { decode, encode, height } from "../../crypto/index.ts";
import { encodeFrames } from "../../node/network/framing.ts";
import type { Stream } from "../../node/network/libp2p-types.ts";
import { answerCodec, type Question, questionCodec } from "../../node/sync/index.ts";
import { closed } from "../node/network/fixture.ts";
import { type Attacker, pour, withSeat } from "./attacker.ts";
import type { CaseTable, HostileCase } from "./case.ts";
import { nowhere } from "./messages.ts";
import { noise } from "./noise.ts";

const KIB = 1024;
const BEYOND = height(9_007_199_254_740_991);

function question(asked: Question): Uint8Array {
  return encodeFrames([encode(questionCodec, asked)]);
}

/** What comes back on the stream until it is over. */
function answered(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  stream.addEventListener("message", (event) => {
    chunks.push(Uint8Array.from(event.data.subarray()));
  });
  return closed(stream).then(() => new Uint8Array(Buffer.concat(chunks)));
}

/** Bytes that are reset without an answer. */
function reset(name: string, bytes: Uint8Array, endsHalf = true): HostileCase {
  return {
    name,
    behaviour: 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        const stream = await one.requests();
        const answer = answered(stream);
        await pour(stream, bytes);
        if (endsHalf && stream.status === "open") await stream.close().catch(() => undefined);
        expect((await answer).length).toBe(0);
      }),
  };
}

/** A sound question that finds nothing, or not more than it may. */
function told(name: string, asked: Question): HostileCase {
  return {
    name,
    behaviour: 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        const stream = await one.requests();
        const answer = answered(stream);
        await pour(stream, question(asked));
        await stream.close();
        expect(decode(answerCodec, (await answer).slice(4)).ok).toBe(true);
      }),
  };
}

async function openMany(one: Attacker, count: number): Promise<readonly Stream[]> {
  const opened = await Promise.all(
    Array.from({ length: count }, () => one.requests().catch(() => undefined)),
  );
  return opened.filter((stream) => stream !== undefined);
}

export const questions: CaseTable = {
  surface: "a validator that is asked malformed questions",
  cases: [
    reset("a question of no bytes", Uint8Array.of(0, 0, 0, 0)),
    reset("a question of four gigabytes", Uint8Array.of(255, 255, 255, 255, 1, 2)),
    reset("a question of 256 KiB and a byte", Uint8Array.of(0, 4, 0, 1, 1, 2)),
    reset("a question cut off in its length", Uint8Array.of(0, 0)),
    reset("a question cut off in its middle", Uint8Array.of(0, 0, 1, 0, ...noise(20))),
    reset("no question at all", new Uint8Array(0)),
    reset("256 KiB of noise", encodeFrames([noise(256 * KIB)])),
    reset("a question that does not exist", encodeFrames([Uint8Array.of(99)])),
    reset("two questions on one stream", encodeFrames([Uint8Array.of(4), Uint8Array.of(4)])),
    reset("a question with a byte behind it", encodeFrames([Uint8Array.of(4, 0)])),
    reset(
      "a question for 2^32-1 bodies",
      encodeFrames([Uint8Array.of(1, ...nowhere, 255, 255, 255, 255)]),
    ),
    told("a question for the end of all blocks", { type: "blocks", from: BEYOND }),
    told("a question for the block before the first", { type: "blocks", from: height(0) }),
    told("a question for a block that does not exist", { type: "block", hash: nowhere }),
    told("a question for 4,096 bodies of a block that does not exist", {
      type: "bodies",
      block: nowhere,
      ids: new Array(4_096).fill(nowhere),
    }),
  ],
};

export const questionFloods: CaseTable = {
  surface: "a validator that is asked too much",
  cases: [
    {
      name: "two thousand questions at once",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          let answers = 0;
          const ask = async () => {
            const stream = await one.requests();
            const answer = answered(stream);
            await pour(stream, question({ type: "certificates" }));
            await stream.close();
            if ((await answer).length > 0) answers += 1;
          };
          await Promise.allSettled(Array.from({ length: 2_000 }, ask));
          expect(answers).toBeLessThan(1_000);
        }),
    },
    {
      name: "a hundred questions for everything, whose answers nobody reads",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (const stream of await openMany(one, 100)) {
            if (stream.status === "open" && stream.readStatus === "readable") stream.pause();
            await pour(stream, question({ type: "blocks", from: height(1) }));
          }
          await chain.isWell();
        }),
    },
    {
      name: "a thousand streams that are opened and reset",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (let round = 0; round < 20; round++) {
            for (const stream of await openMany(one, 50)) stream.abort(new Error("on purpose"));
          }
        }),
    },
    {
      name: "a question that is withdrawn before its answer, a thousand times",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (let round = 0; round < 40; round++) {
            for (const stream of await openMany(one, 25)) {
              await pour(stream, question({ type: "blocks", from: height(1) }));
              stream.abort(new Error("on purpose"));
            }
          }
        }),
    },
    {
      name: "a stream of a protocol that does not exist, two hundred times",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (let asked = 0; asked < 200; asked++) {
            const stream = one.connection.newStream(`/quorate/none/${asked}`);
            await expect(stream).rejects.toThrow();
          }
        }),
    },
    {
      name: "pings and questions who one is, again and again",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (let asked = 0; asked < 100; asked++) {
            const streams = await Promise.allSettled(
              ["/ipfs/ping/1.0.0", "/ipfs/id/1.0.0"].map((name) => one.connection.newStream(name)),
            );
            for (const stream of streams) {
              if (stream.status === "fulfilled") await pour(stream.value, noise(32));
            }
          }
        }),
    },
  ],
};

export const questionStalls: CaseTable = {
  surface: "a validator whose peers begin to ask and do not end",
  together: true,
  cases: [
    {
      name: "as many questions as there are places, none of them finished",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const streams = await openMany(one, 32);
          for (const stream of streams) await pour(stream, Uint8Array.of(0, 0, 1, 0, 1));
          await Promise.all(streams.map(closed));
        }),
    },
    {
      name: "a stream on which no question comes",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          await closed(await one.requests());
        }),
    },
    {
      name: "a question of one byte every so often",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const stream = await one.requests();
          await pour(stream, Uint8Array.of(0, 4, 0, 0));
          const drip = setInterval(() => {
            if (stream.status === "open") void pour(stream, Uint8Array.of(1));
          }, 50);
          await closed(stream);
          clearInterval(drip);
        }),
    },
    {
      name: "a stream whose protocol is never named",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const { muxer } = one.connection as unknown as {
            muxer: { createStream(): Promise<Stream> };
          };
          const stream = await muxer.createStream();
          await pour(stream, Uint8Array.of(19, 47));
          await closed(stream);
        }),
    },
  ],
};
