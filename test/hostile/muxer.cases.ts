// A validator's network key in an attacker's hands, below the streams: yamux frames of the attacker's making.

import { expect } from "vitest";
import { closed } from "../node/network/fixture.ts";
import { withSeat } from "./attacker.ts";
import type { CaseTable, HostileCase } from "./case.ts";
import { noise } from "./noise.ts";
import {
  ACK,
  DATA,
  encoded,
  FIN,
  type Frame,
  GO_AWAY,
  PING,
  RST,
  SYN,
  spill,
  WINDOW,
} from "./yamux.ts";

const MIB = 1024 * 1024;

/** Frames that the victim answers by hanging up. */
function cut(name: string, frames: readonly Frame[], times = 1): HostileCase {
  const bytes = Buffer.concat(frames.map(encoded));
  return {
    name,
    behaviour: times > 1 ? 19 : 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        await spill(one, bytes, times);
        await closed(one.connection);
      }),
  };
}

/** Frames without end, for which the victim hangs up and blames whoever sent them. */
function abuse(name: string, frames: readonly Frame[], times: number): HostileCase {
  const bytes = Buffer.concat(frames.map(encoded));
  return {
    name,
    behaviour: 19,
    run: (chain) =>
      withSeat(chain, async (one) => {
        await spill(one, bytes, times);
        await closed(one.connection);
        const reason = "an abused connection";
        await chain.said("validator banned for a while", { peer: one.index, reason });
      }),
  };
}

/** Frames that the victim bears, however many. */
function borne(name: string, frames: readonly Frame[], times = 1): HostileCase {
  const bytes = Buffer.concat(frames.map(encoded));
  return {
    name,
    behaviour: times > 1 ? 19 : 17,
    run: (chain) =>
      withSeat(chain, async (one) => {
        await spill(one, bytes, times);
      }),
  };
}

/** Streams of ours have odd numbers; these are out of the way of those that the library opens. */
const FREE = 100_001;

function many(count: number, frame: (at: number) => Frame): Frame[] {
  return Array.from({ length: count }, (_, at) => frame(at));
}

export const muxing: CaseTable = {
  surface: "a validator whose multiplexer is abused",
  cases: [
    cut("a version that does not exist", [{ type: DATA, version: 9 }]),
    cut("a kind of frame that does not exist", [{ type: 77 }]),
    cut("a kind of frame that does not exist, on a stream", [{ type: 77, stream: FREE }]),
    cut("data for the session itself", [{ type: DATA, body: noise(10) }]),
    cut("a ping that neither asks nor answers", [{ type: PING }]),
    cut("an answer to a ping that nobody sent", [{ type: PING, flag: ACK, length: 7 }]),
    cut("a stream with a number of the victim's", [{ type: WINDOW, flag: SYN, stream: FREE + 1 }]),
    cut("a farewell", [{ type: GO_AWAY, length: 0 }]),
    cut("a farewell for a reason that does not exist", [{ type: GO_AWAY, length: 99 }]),
    cut("more data than the window holds", [
      { type: WINDOW, flag: SYN, stream: FREE },
      { type: DATA, stream: FREE, body: new Uint8Array(300 * 1024) },
    ]),
    {
      name: "data of four gigabytes in one frame",
      behaviour: 17,
      run: (chain) =>
        withSeat(chain, async (one) => {
          const head = encoded({ type: DATA, stream: FREE, flag: SYN, length: 0xff_ff_ff_ff });
          await spill(one, head, 1);
          const spilt = await spill(one, new Uint8Array(MIB), 200);
          await closed(one.connection);
          // What the victim takes before it hangs up, and what the system holds on the way.
          expect(spilt).toBeLessThan(30);
        }),
    },
    borne("data for streams that do not exist", many(500, toUnknown), 10),
    borne(
      "resets of streams that do not exist",
      many(500, (at) => ({ ...opened(at), flag: RST })),
      10,
    ),
    borne("a window that grows beyond 2^53", [
      { type: WINDOW, flag: SYN, stream: FREE },
      ...many(1_000, () => ({ type: WINDOW, stream: FREE, length: 0xff_ff_ff_ff })),
    ]),
    borne("a stream that is opened twice", [
      { type: WINDOW, flag: SYN, stream: FREE },
      { type: WINDOW, flag: SYN, stream: FREE },
      { type: WINDOW, flag: SYN | FIN | RST | ACK, stream: FREE },
    ]),
    borne("a thousand streams that are opened and left", many(1_000, opened)),
    borne(
      "ten thousand streams that are opened and reset at once",
      many(500, opened).flatMap((frame) => [frame, { ...frame, flag: RST }]),
      19,
    ),
    abuse("pings without end", many(2_000, ping), 1_000),
    abuse(
      "data of no bytes without end",
      many(2_000, () => ({ type: DATA, stream: FREE })),
      1_000,
    ),
    abuse(
      "window updates without end",
      many(2_000, (at) => ({ ...opened(at), flag: 0 })),
      1_000,
    ),
  ],
};

function ping(at: number): Frame {
  return { type: PING, flag: SYN, length: at };
}

function opened(at: number): Frame {
  return { type: WINDOW, flag: SYN, stream: FREE + 2 * at };
}

function toUnknown(at: number): Frame {
  return { type: DATA, stream: FREE + 2 * at, body: noise(100) };
}
