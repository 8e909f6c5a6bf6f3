// Ports that nobody uses: of each test process its own part of them, so that no two take the same between look and use.

import { createServer } from "node:net";

// Below the range from which the system takes ports for outgoing connections.
const FIRST_PORT = 10_000;
const PORTS_EACH = 1_250;
const PARTS = 16;

const part = Number(process.env.VITEST_POOL_ID ?? 0) % PARTS;
let next = Math.floor(Math.random() * PORTS_EACH);

/** Two runs of free ports. Another program may take them before we do; whoever listens then says so. */
export async function freePorts(count: number) {
  const rpcPort = await freeRun(2 * count);
  return { rpcPort, p2pPort: rpcPort + count };
}

/** The first of so many free ports in a row: not those of the time before. */
export async function freeRun(count: number): Promise<number> {
  for (let tried = 0; tried < PORTS_EACH; tried += count) {
    if (next + count > PORTS_EACH) next = 0;
    const first = FIRST_PORT + part * PORTS_EACH + next;
    next += count;
    const run = Array.from({ length: count }, (_, at) => first + at);
    if ((await Promise.all(run.map(isFree))).every((free) => free)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
}
