// A validator's network key in an attacker's hands, on the direct stream of votes.

import { messageCodec } from "../../consensus/index.ts";
import { encode } from "../../crypto/index.ts";
import { encodeFrames } from "../../node/network/framing.ts";
import { closed } from "../node/network/fixture.ts";
import { type Attacker, pour, withSeat } from "./attacker.ts";
import type { CaseTable, HostileCase } from "./case.ts";
import type { HostileChain } from "./chain.ts";
import {
  commitVoteAt,
  decisionAt,
  forgedVote,
  framed,
  garbageOfEveryKind,
  proposalAt,
  timeoutAt,
  voteAt,
} from "./messages.ts";
import { noise } from "./noise.ts";

const STRIKE = "strike against a validator";
const BAN = "validator banned for a while";
const MIB = 1024 * 1024;
const FAR = 9_007_199_254_730_000;

type Made = (chain: HostileChain, attacker: Attacker) => Uint8Array;

function prefixed(length: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(body, 4);
  return bytes;
}

/** Bytes that cost a strike. */
function struck(name: string, made: Made, reason?: string): HostileCase {
  return {
    name,
    behaviour: 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        await pour(await one.frames(), made(chain, one));
        await chain.said(STRIKE, {
          peer: one.index,
          ...(reason === undefined ? {} : { reason }),
        });
      }),
  };
}

/** Bytes that cost the link, for a while. */
function banned(name: string, made: Made, times = 1): HostileCase {
  return {
    name,
    behaviour: times > 1 ? 19 : 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        await pour(await one.frames(), made(chain, one), times);
        await closed(one.connection);
        await chain.said(BAN, { peer: one.index });
      }),
  };
}

/** Bytes that are borne, however many. */
function borne(name: string, made: Made, times = 1): HostileCase {
  return {
    name,
    behaviour: times > 1 ? 19 : 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        await pour(await one.frames(), made(chain, one), times);
      }),
  };
}

const LENGTH = "a frame's length is out of range";

export const malformedFrames: CaseTable = {
  surface: "a validator that is sent malformed frames",
  cases: [
    struck("a frame of no bytes", () => prefixed(0), LENGTH),
    struck("a frame of four gigabytes", () => prefixed(0xff_ff_ff_ff, noise(100)), LENGTH),
    struck("a frame of a megabyte and a byte", () => prefixed(MIB + 1, noise(100)), LENGTH),
    struck("a frame of a negative length", () => prefixed(0x80_00_00_00, noise(8)), LENGTH),
    struck("a megabyte of noise in a sound frame", () => prefixed(MIB, noise(MIB))),
    struck("a frame of one byte", () => prefixed(1, Uint8Array.of(0))),
    struck("a vote with a byte behind it", (chain, { index }) => {
      const vote = encode(messageCodec, voteAt({ chain, index }, 3));
      return encodeFrames([Uint8Array.of(...vote, 0)]);
    }),
    banned("garbage behind every tag that a message may have", garbageOfEveryKind),
    banned("a vote cut off at every byte", (chain, { index }) => {
      const vote = encode(messageCodec, voteAt({ chain, index }, 3));
      return encodeFrames(
        Array.from({ length: vote.length - 1 }, (_, at) => vote.slice(0, at + 1)),
      );
    }),
    banned("a vote with every bit of it turned once", (chain, { index }) => {
      const vote = encode(messageCodec, voteAt({ chain, index }, 3));
      return encodeFrames(
        Array.from({ length: 8 * vote.length }, (_, bit) => {
          const turned = Uint8Array.from(vote);
          turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return turned;
        }),
      );
    }),
    struck("a vote in another's name", () => framed(forgedVote(1))),
    struck("a vote in the name of nobody", () => framed(forgedVote(65_535))),
    struck("a vote with a forged signature", (_, { index }) => framed(forgedVote(index))),
    struck("a proposal where votes belong", (_, { index }) => framed(proposalAt(9, index))),
    struck("a decision where votes belong", () => framed(decisionAt(9))),
  ],
};

export const frameFloods: CaseTable = {
  surface: "a validator that is flooded with frames",
  cases: [
    banned("garbage without end", () => encodeFrames(new Array(1_000).fill(noise(8))), 100),
    banned(
      "forged votes without end",
      (_, { index }) =>
        framed(...Array.from({ length: 500 }, (_unused, at) => forgedVote(index, at + 1))),
      60,
    ),
    borne(
      "thirty thousand times the same vote",
      (chain, { index }) => framed(...new Array(500).fill(voteAt({ chain, index }, 5))),
      60,
    ),
    borne("two thousand votes for views of the far future", (chain, { index }) =>
      framed(...Array.from({ length: 2_000 }, (_, at) => voteAt({ chain, index }, FAR + at))),
    ),
    borne("two thousand commit votes for the near future", (chain, { index }) =>
      framed(...Array.from({ length: 2_000 }, (_, at) => commitVoteAt({ chain, index }, at + 50))),
    ),
    borne("a thousand timeouts of views that nobody is in", (chain, { index }) =>
      framed(...Array.from({ length: 1_000 }, (_, at) => timeoutAt({ chain, index }, at + 1_000))),
    ),
    {
      name: "one direct stream after the other",
      behaviour: 19,
      run: (chain) =>
        withSeat(chain, async (one) => {
          for (let opened = 0; opened < 1_000 && one.connection.status === "open"; opened++) {
            await one.frames().catch(() => undefined);
          }
          await chain.said(STRIKE, { peer: one.index, reason: "too many streams" });
        }),
    },
    {
      name: "one connection after the other",
      behaviour: 18,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const strike = { peer: one.index, reason: "too many connections" };
          // What it may have grows with time: we go on until it was too much, however slow this machine is.
          for (let round = 0; round < 100 && chain.count(STRIKE, strike) === 0; round++) {
            await Promise.allSettled(Array.from({ length: 8 }, () => one.again()));
          }
          await chain.said(STRIKE, strike);
        }),
    },
  ],
};

export const frameStalls: CaseTable = {
  surface: "a validator whose peers leave frames half sent",
  together: true,
  cases: [
    {
      name: "a frame that stops in its middle",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const stream = await one.frames();
          await pour(stream, prefixed(1_000, noise(500)));
          await closed(stream);
          await chain.said(STRIKE, {
            peer: one.index,
            reason: "a frame was begun and not finished",
          });
        }),
    },
    {
      name: "a length that stops in its middle",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const stream = await one.frames();
          await pour(stream, Uint8Array.of(0, 0));
          await closed(stream);
        }),
    },
    {
      name: "a frame of one byte every so often",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const stream = await one.frames();
          await pour(stream, prefixed(MIB));
          const drip = setInterval(() => {
            if (stream.status === "open") void pour(stream, Uint8Array.of(1));
          }, 50);
          await closed(stream);
          clearInterval(drip);
        }),
    },
    {
      name: "a direct stream that is closed in the middle of a frame",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const stream = await one.frames();
          await pour(stream, prefixed(1_000, noise(10)));
          await stream.close();
          await closed(stream);
        }),
    },
    {
      name: "a direct stream that is reset in the middle of a frame",
      behaviour: 20,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const stream = await one.frames();
          await pour(stream, prefixed(1_000, noise(10)));
          stream.abort(new Error("on purpose"));
        }),
    },
    {
      name: "a peer that never reads what it is sent",
      behaviour: 20,
      run: (chain) => withSeat(chain, () => chain.isWell(), { isDeaf: true }),
    },
    {
      name: "a peer that talks on the half that is not its own",
      behaviour: 20,
      run: (chain) => {
        const reason = "bytes on our half of the direct stream";
        return withSeat(chain, async (one) => {
          await chain.said("validator connected", { peer: one.index });
          for (const stream of one.connection.streams) {
            if (stream.direction === "inbound" && stream.protocol.includes("/frames/")) {
              await pour(stream, noise(100));
            }
          }
          await chain.said(STRIKE, { peer: one.index, reason });
        });
      },
    },
  ],
};
