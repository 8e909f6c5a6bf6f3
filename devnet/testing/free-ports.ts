// Ports of this machine that nobody uses at the moment, several in a row.

import { createServer } from "node:net";
import { DevnetError } from "./devnet-error.ts";

const HOST = "127.0.0.1";
// Below the range from which systems take ports for outgoing connections: a validator that comes back needs its own again.
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 50;

/** The first of `count` free ports that follow each other. @throws {DevnetError} BAD_ARGUMENT if there is no such place */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count));
    const run = Array.from({ length: count }, (_, at) => isFree(first + at));
    if ((await Promise.all(run)).every((free) => free)) return first;
  }
  throw new DevnetError("BAD_ARGUMENT", `there are no ${count} free ports in a row: free some`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
