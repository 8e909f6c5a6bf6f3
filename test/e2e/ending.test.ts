// How a devnet ends, with real processes: whatever happens to it, no validator is left behind.

import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { freePorts } from "./ports.ts";
import { Command, type DevnetLine, startDevnet, stopAll } from "./processes.ts";

afterAll(stopAll);

describe("a devnet", () => {
  test("that is killed takes its validators with it", async () => {
    const { command, line } = await startDevnet(["--ephemeral"]);
    await command.stop("SIGKILL");
    await allGone(line);
    rmSync(line.dir, { recursive: true, force: true });
  });

  test("ends with exit code 8 when it is not ready in time, and says who is missing and where the logs are", async () => {
    const { rpcPort, p2pPort } = await freePorts(4);
    const ports = ["--rpc-port", String(rpcPort), "--p2p-port", String(p2pPort)];
    const command = new Command(["devnet", "--ephemeral", "--ready-timeout", "0.01", ...ports]);
    const line = await command.line<DevnetLine>("devnet");
    expect(await command.ended).toMatchObject({ exitCode: 8 });
    const failure = JSON.parse(command.stderr);
    expect(failure.message).toContain("no final block yet at v0, v1, v2, v3");
    expect(failure.remedy).toContain(`${line.dir}/validator3/node.log`);
    await allGone(line);
    rmSync(line.dir, { recursive: true, force: true });
  });

  test("ends with exit code 0 when its time is over", async () => {
    const { command, line } = await startDevnet(["--ephemeral", "--duration", "0.1"]);
    expect(await command.ended).toEqual({ exitCode: 0, signal: null });
    await allGone(line);
  });
});

test("a validator whose port is taken ends with exit code 4 and names the port", async () => {
  const { command, line } = await startDevnet(["--ephemeral"]);
  const [victim] = line.validators;
  if (victim === undefined) throw new Error("a devnet has validators");
  const { port } = new URL(victim.rpc);
  process.kill(victim.pid, "SIGKILL");
  await command.line("died");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(Number(port), "127.0.0.1", resolve));
  const returned = new Command(["node", "--dir", victim.dir]);
  expect(await returned.ended).toMatchObject({ exitCode: 4 });
  expect(returned.stderr).toContain(port);
  server.close();
  await command.stop();
});

test("a validator that runs already ends a second one on its directory with exit code 5", async () => {
  const { command, line } = await startDevnet(["--ephemeral"]);
  const second = new Command(["node", "--dir", line.validators[0]?.dir ?? "", "--rpc-port", "0"]);
  expect(await second.ended).toMatchObject({ exitCode: 5 });
  await command.stop();
});

async function allGone({ validators }: DevnetLine): Promise<void> {
  await eventually({
    what: "the end of all validators",
    probe: async () => (validators.some(({ pid }) => isAlive(pid)) ? undefined : true),
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
