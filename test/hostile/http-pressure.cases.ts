// Too much of what is sound, and too little: floods, hoarders, and those who begin and never end.

import { expect } from "vitest";
import { eventually } from "../e2e/eventually.ts";
import type { CaseTable, HostileCase } from "./case.ts";
import { answerOn, exchange } from "./http.ts";
import { noise } from "./noise.ts";
import { crowd, dial, ended, get, HOST, JSON_TYPE, post, RAW } from "./sockets.ts";

const MANY = 400;

function allOf<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)));
}

/** Opens connections, says something on each, and reads nothing. */
function hoard(name: string, count: number, bytes: string | Buffer): HostileCase {
  return {
    name,
    behaviour: 20,
    run: async ({ rpcPort, isWell }) => {
      const sockets = await allOf(count, () => dial(rpcPort));
      for (const socket of sockets) socket.write(bytes);
      await isWell();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const pressure: CaseTable = {
  surface: "an HTTP interface that is asked for too much",
  cases: [
    {
      name: "four hundred connections that ask for the status at once",
      behaviour: 19,
      run: async ({ rpcPort }) => {
        const answers = await allOf(MANY, () => exchange(rpcPort, get("/v1/status")));
        expect(answers.every((answer) => answer !== "hung-up" && answer.status === 200)).toBe(true);
      },
    },
    {
      name: "sixty-five requests on one connection before the first answer",
      behaviour: 19,
      run: async ({ rpcPort, payment }) => {
        const socket = await dial(rpcPort);
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk;
        });
        const wait = post("/v1/txs?wait=final", payment().bytes, RAW);
        socket.write(Buffer.concat(new Array<Buffer>(65).fill(wait)));
        await ended(socket);
        expect(text).toContain('"code":"RATE_LIMITED"');
      },
    },
    {
      name: "ten thousand requests on one connection without a pause",
      behaviour: 19,
      run: async ({ rpcPort }) => {
        const socket = await dial(rpcPort);
        socket.write(get("/livez").repeat(10_000));
        await ended(socket);
      },
    },
    {
      name: "two hundred batches of forged transactions",
      behaviour: 19,
      run: async ({ rpcPort, payment }) => {
        const forged = Uint8Array.from(payment().bytes);
        forged.set(noise(64), forged.length - 64);
        const hex = `"0x${Buffer.from(forged).toString("hex")}"`;
        const body = `{"txs":[${new Array<string>(20).fill(hex).join(",")}]}`;
        const answers = await allOf(200, () => exchange(rpcPort, post("/v1/txs/batch", body)));
        for (const answer of answers) expect(answer).toMatchObject({ status: 200 });
      },
    },
    {
      name: "three hundred who wait for the same transaction and go away",
      behaviour: 19,
      run: async ({ rpcPort, payment }) => {
        const wait = post("/v1/txs?wait=final&timeoutMs=60000", payment().bytes, RAW);
        const sockets = await allOf(300, () => dial(rpcPort));
        for (const socket of sockets) socket.write(wait);
        for (const socket of sockets.slice(0, 200)) socket.destroy();
        const answers = await Promise.all(sockets.slice(200).map(answerOn));
        for (const answer of answers) expect(answer).toMatchObject({ status: 200 });
        for (const socket of sockets) socket.destroy();
      },
    },
    {
      name: "more readers of events than there are places",
      behaviour: 19,
      run: async ({ rpcPort }) => {
        const sockets = await allOf(530, () => dial(rpcPort));
        const heads = sockets.map(answerHead);
        for (const socket of sockets) socket.write(get("/v1/events"));
        const refused = (await Promise.all(heads)).filter((head) => head.includes(" 503 "));
        for (const socket of sockets) socket.destroy();
        expect(refused).toHaveLength(18);
      },
    },
    {
      name: "more connections than there are places",
      behaviour: 19,
      run: async ({ rpcPort }) => {
        const mob = await crowd(1_100, () => dial(rpcPort));
        for (const socket of mob.sockets) socket.resume();
        await eventually({
          what: "those above the limit to be hung up on",
          probe: async () => (mob.refused() >= 76 ? true : undefined),
        });
        mob.leave();
        await eventually({
          what: "places to come free",
          probe: async () =>
            (await exchange(rpcPort, get("/livez"))) !== "hung-up" ? 1 : undefined,
        });
      },
    },
    {
      name: "connections that come and go, five hundred of them",
      behaviour: 19,
      run: async ({ rpcPort }) => {
        await allOf(500, async () => (await dial(rpcPort)).destroy());
      },
    },
    {
      name: "requests that are cut off in the middle, five hundred of them",
      behaviour: 20,
      run: async ({ rpcPort }) => {
        const half = post("/v1/txs", noise(1_000), RAW).subarray(0, 200);
        await allOf(500, async () => {
          const socket = await dial(rpcPort);
          socket.write(half, () => socket.destroy());
        });
      },
    },
    hoard("four hundred idle connections", MANY, ""),
    hoard(
      "four hundred headers that are never finished",
      MANY,
      `GET /livez HTTP/1.1\r\n${HOST}x: `,
    ),
    hoard(
      "four hundred bodies that are never finished",
      MANY,
      `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 1000\r\n\r\nabc`,
    ),
    hoard("two hundred readers of events who do not read", 200, get("/v1/events?from=0")),
    hoard(
      "clients that ask for the largest page and read nothing",
      200,
      get("/openapi.json").repeat(20),
    ),
    hoard(
      "clients that close their half and wait",
      100,
      `GET /v1/events HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`,
    ),
  ],
};

/** Deadlines of a node that is set to be impatient, or nobody could wait for them here. */
export const IMPATIENT = {
  headersTimeoutMs: 300,
  requestTimeoutMs: 400,
  timeoutCheckIntervalMs: 50,
  keepAliveTimeoutMs: 300,
  idleTimeoutMs: 3_000,
};

function stalls(name: string, bytes: string | Buffer, lastWord: RegExp): HostileCase {
  return {
    name,
    behaviour: 20,
    run: async ({ rpcPort }) => {
      const socket = await dial(rpcPort);
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.write(bytes);
      await ended(socket);
      expect(text).toMatch(lastWord);
    },
  };
}

/** Says one byte after the other, each within any deadline for a pause. */
function drips(name: string, bytes: string): HostileCase {
  return {
    name,
    behaviour: 20,
    run: async ({ rpcPort }) => {
      const socket = await dial(rpcPort);
      let at = 0;
      const drip = setInterval(() => socket.write(bytes.charAt(at++ % bytes.length)), 20);
      const answer = await answerOn(socket);
      clearInterval(drip);
      socket.destroy();
      expect(answer).toMatchObject({ status: 408, code: "REQUEST_TIMEOUT" });
    },
  };
}

const TIMEOUT = /^HTTP\/1\.1 408 /;

export const stalling: CaseTable = {
  surface: "an HTTP interface whose clients stand still",
  together: true,
  cases: [
    stalls("a client that says nothing", "", TIMEOUT),
    stalls("half a request line", "GET /liv", TIMEOUT),
    stalls("half a header", `GET /livez HTTP/1.1\r\n${HOST}x: y`, TIMEOUT),
    stalls("line feeds and nothing else", "\n".repeat(64 * 1024), TIMEOUT),
    stalls(
      "half a body",
      `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 9\r\n\r\nabc`,
      TIMEOUT,
    ),
    stalls(
      "chunks that stop",
      `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}transfer-encoding: chunked\r\n\r\n1\r\na\r\n`,
      TIMEOUT,
    ),
    stalls("a connection that is kept and not used", get("/livez"), /^HTTP\/1\.1 200 /),
    stalls(
      "half a request behind a whole one",
      `${get("/livez")}GET /v1/st`,
      /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 408 /,
    ),
    drips("headers, one byte at a time", `GET /livez HTTP/1.1\r\n${"x: yyyyyyyy\r\n".repeat(500)}`),
    drips(
      "a body, one byte at a time",
      `POST /v1/txs HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 4000\r\n\r\n${"x".repeat(4_000)}`,
    ),
  ],
};

/** Status line and headers, as text; "" if there are none. */
function answerHead(socket: Awaited<ReturnType<typeof dial>>): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", (chunk) => resolve(String(chunk)));
    socket.once("close", () => resolve(""));
  });
}
