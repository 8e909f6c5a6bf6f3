import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { requireFreePorts } from "../../../devnet/directory/ports.ts";
import { freePorts } from "../../e2e/ports.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function take(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
}

describe("the ports of a devnet", () => {
  test("are free again after they were looked at", async () => {
    const plan = { ...(await freePorts(4)), count: 4 };
    await requireFreePorts(plan);
    await requireFreePorts(plan);
  });

  test("end it with exit code 4, the port, and others to use, when one is taken", async () => {
    const plan = { ...(await freePorts(4)), count: 4 };
    await take(plan.p2pPort + 3);
    await expect(requireFreePorts(plan)).rejects.toMatchObject({
      exitCode: 4,
      message: `port ${plan.p2pPort + 3} is in use`,
      remedy: expect.stringMatching(/--rpc-port \d+ --p2p-port \d+/),
    });
  });

  test("may not overlap", async () => {
    const plan = { count: 4, rpcPort: 4_000, p2pPort: 4_003 };
    await expect(requireFreePorts(plan)).rejects.toMatchObject({ exitCode: 2 });
  });

  test("may not run past the last one", async () => {
    const plan = { count: 4, rpcPort: 65_533, p2pPort: 5_000 };
    await expect(requireFreePorts(plan)).rejects.toMatchObject({ exitCode: 2 });
  });
});
