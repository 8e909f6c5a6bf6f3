// Ports of a devnet: are they free, and if not, which others are?

import { createServer } from "node:net";
import { CommandFailure, EXIT_CODES, usageFailure } from "../../node/cli/index.ts";

export type PortPlan = {
  /** How many ports follow each of the two. */
  readonly count: number;
  readonly rpcPort: number;
  readonly p2pPort: number;
};

const HOST = "127.0.0.1";
const MAX_PORT = 65_535;
const PROPOSAL_STEP = 100;
const MAX_PROPOSALS = 20;

/** Throws what the command should say when the plan cannot work. The ports are free again when this returns. */
export async function requireFreePorts(plan: PortPlan): Promise<void> {
  const { count, rpcPort, p2pPort } = plan;
  if (Math.max(rpcPort, p2pPort) + count - 1 > MAX_PORT) {
    throw usageFailure(`there is no room for ${count} ports below ${MAX_PORT + 1}`);
  }
  if (Math.abs(rpcPort - p2pPort) < count) {
    throw usageFailure(
      `--rpc-port ${rpcPort} and --p2p-port ${p2pPort} overlap`,
      `each of the two takes ${count} ports: leave at least that between them`,
    );
  }
  const taken = await firstTaken(portsOf(plan));
  if (taken === undefined) return;
  const other = await otherPlan(plan);
  throw new CommandFailure({
    message: `port ${taken} is in use`,
    exitCode: EXIT_CODES.portInUse,
    code: "PORT_IN_USE",
    remedy:
      other === undefined
        ? "stop what uses it, or choose others with --rpc-port and --p2p-port"
        : "is another devnet running? Stop it, or take ports that are free: " +
          `--rpc-port ${other.rpcPort} --p2p-port ${other.p2pPort}`,
  });
}

function portsOf({ count, rpcPort, p2pPort }: PortPlan): number[] {
  return Array.from({ length: count }, (_, index) => [rpcPort + index, p2pPort + index]).flat();
}

async function otherPlan(plan: PortPlan): Promise<PortPlan | undefined> {
  for (let attempt = 1; attempt <= MAX_PROPOSALS; attempt++) {
    const step = attempt * PROPOSAL_STEP;
    const other = { ...plan, rpcPort: plan.rpcPort + step, p2pPort: plan.p2pPort + step };
    if (Math.max(other.rpcPort, other.p2pPort) + plan.count > MAX_PORT) return undefined;
    if ((await firstTaken(portsOf(other))) === undefined) return other;
  }
  return undefined;
}

async function firstTaken(ports: readonly number[]): Promise<number | undefined> {
  const free = await Promise.all(ports.map(isFree));
  return ports.find((_, index) => free[index] === false);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
