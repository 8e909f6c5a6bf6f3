// The validators' port, before anybody has proven a key: bytes that are no handshake, or half of one, or nothing at all.

import { eventually } from "../e2e/eventually.ts";
import type { CaseTable, HostileCase } from "./case.ts";
import { noise } from "./noise.ts";
import { crowd, dial, ended } from "./sockets.ts";

const HELLO = line("/multistream/1.0.0");
const NOISE = line("/noise");

/** One line of multistream-select: a length, the text, a line feed. */
function line(text: string): Buffer {
  const body = Buffer.from(`${text}\n`);
  return Buffer.concat([Buffer.from([body.length]), body]);
}

function withLength(length: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([length >> 8, length & 255]), body]);
}

/** Bytes, after which the node hangs up by itself, sooner or later. */
function says(name: string, ...parts: readonly Uint8Array[]): HostileCase {
  return {
    name,
    behaviour: 17,
    run: async ({ p2pPort }) => {
      const socket = await dial(p2pPort);
      socket.write(Buffer.concat(parts));
      await ended(socket);
    },
  };
}

/** The same, where the node waits for its deadline. */
function stalls(name: string, ...parts: readonly Uint8Array[]): HostileCase {
  return { ...says(name, ...parts), behaviour: 20 };
}

export const garbage: CaseTable = {
  surface: "a validators' port at which malformed bytes arrive",
  together: true,
  cases: [
    says("an HTTP request", Buffer.from("GET / HTTP/1.1\r\nhost: node\r\n\r\n")),
    says("a TLS greeting", Uint8Array.of(0x16, 3, 1, 0, 200), noise(200)),
    says("zero bytes", new Uint8Array(64 * 1024)),
    says("random bytes", noise(64 * 1024)),
    says("a length of multistream that never ends", new Uint8Array(64).fill(0xff)),
    says("a line of multistream that is too long", Uint8Array.of(0xff, 0xff, 0x7f), noise(100_000)),
    says("a line of multistream that does not end", Uint8Array.of(5), Buffer.from("hello")),
    says("another multistream", line("/multistream/9.9.9")),
    says("a protocol that does not exist, a thousand times", HELLO, repeated(line("/none"), 1_000)),
    says("a wish for no encryption", HELLO, line("/plaintext/2.0.0")),
    says("a wish for the muxer before the encryption", HELLO, line("/yamux/1.0.0"), noise(1_000)),
    says("an empty noise message", HELLO, NOISE, withLength(0, new Uint8Array(0))),
    says("a noise message of garbage", HELLO, NOISE, withLength(32, noise(32)), noise(500)),
    says("a noise key of zeroes", HELLO, NOISE, withLength(32, new Uint8Array(32))),
    says("the largest noise message", HELLO, NOISE, withLength(65_535, noise(65_535))),
    says(
      "a megabyte after the first noise message",
      HELLO,
      NOISE,
      withLength(32, noise(32)),
      noise(1_048_576),
    ),
    stalls("silence"),
    stalls("a greeting and silence", HELLO),
    stalls("half a greeting", HELLO.subarray(0, 9)),
    stalls("a choice of noise and silence", HELLO, NOISE),
    stalls("half a noise message", HELLO, NOISE, withLength(48, noise(10))),
    {
      name: "a greeting, one byte at a time",
      behaviour: 20,
      run: async ({ p2pPort }) => {
        const socket = await dial(p2pPort);
        const bytes = Buffer.concat([HELLO, NOISE, withLength(65_535, noise(65_535))]);
        let at = 0;
        const drip = setInterval(() => socket.write(bytes.subarray(at, ++at)), 10);
        await ended(socket);
        clearInterval(drip);
      },
    },
    {
      name: "a greeting whose answer nobody reads",
      behaviour: 20,
      run: async ({ p2pPort }) => {
        const socket = await dial(p2pPort);
        socket.pause();
        socket.write(Buffer.concat([HELLO, repeated(line("ls"), 2_000)]));
        const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
        // Without reading, only a write tells that the other side is gone.
        const probe = setInterval(() => socket.write(line("ls")), 100);
        await gone;
        clearInterval(probe);
      },
    },
  ],
};

export const crowds: CaseTable = {
  surface: "a validators' port at which crowds arrive",
  cases: [
    {
      name: "a thousand connections that say nothing",
      behaviour: 18,
      run: async ({ p2pPort, isWell }) => {
        const mob = await crowd(1_000, () => dial(p2pPort));
        await isWell();
        mob.leave();
      },
    },
    {
      name: "five hundred connections that end at once",
      behaviour: 18,
      run: async ({ p2pPort }) => {
        const mob = await crowd(500, async () => (await dial(p2pPort)).destroy());
        mob.leave();
      },
    },
    {
      name: "three hundred half handshakes from as many addresses",
      behaviour: 18,
      run: async ({ p2pPort, isWell }) => {
        const mob = await crowd(300, (index) =>
          dial(p2pPort, `127.0.${1 + (index >> 8)}.${index & 255}`),
        );
        for (const socket of mob.sockets) {
          socket.write(Buffer.concat([HELLO, NOISE, withLength(48, noise(10))]));
        }
        await isWell();
        mob.leave();
      },
    },
    {
      name: "connections beyond the rate of one address, which are hung up on",
      behaviour: 19,
      run: async ({ p2pPort }) => {
        const mob = await crowd(600, () => dial(p2pPort));
        for (const socket of mob.sockets) socket.resume();
        await eventually({
          what: "most of them to be hung up on",
          probe: async () => (mob.refused() > 300 ? true : undefined),
          deadlineMs: 4_000,
        });
        mob.leave();
      },
    },
  ],
};

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(new Array<Buffer>(times).fill(bytes));
}
