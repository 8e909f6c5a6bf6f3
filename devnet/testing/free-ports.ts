// Ports of this machine that nobody uses at the moment, several in a row.

import { createServer } from "node:net";
import { DevnetError } from "./devnet-error.ts";

const HOST = "127.0.0.1";
const ATTEMPTS = 50;

/** The first of `count` free ports that follow each other. @throws {DevnetError} BAD_ARGUMENT if there is no such place */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = await listenOnce(0);
    if (first === undefined || first + count > 65_536) continue;
    const rest = Array.from({ length: count - 1 }, (_, at) => listenOnce(first + 1 + at));
    if ((await Promise.all(rest)).every((port) => port !== undefined)) return first;
  }
  throw new DevnetError("BAD_ARGUMENT", `there are no ${count} free ports in a row: free some`);
}

/** Undefined: taken. */
function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}
