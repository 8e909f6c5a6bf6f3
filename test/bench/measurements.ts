// The measurements, each on a fresh devnet of its own: what a person waits for, what a client waits for, how much goes
// through, and what a crash costs.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { addressOf, fromHex, hash, secretKey } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { Client, signTransfer } from "../../node/client/index.ts";
import { eventually } from "../e2e/eventually.ts";
import { Command, type Devnet, startDevnet } from "../e2e/processes.ts";
import { LOAD_PROGRAM, type LoadOptions, type LoadResult } from "./load.ts";
import { type MemoryReport, watchMemory } from "./memory.ts";
import { median, percentile } from "./statistics.ts";

const SEED = "benchmark";
const VALIDATORS = 4;
const ACCOUNTS = 2_000;
const BATCH = 100;

export async function measureColdStart(runs: number) {
  const ms: number[] = [];
  for (let run = 0; run < runs; run++) {
    const devnet = await startDevnet(["--ephemeral"]);
    ms.push(devnet.ready.ms);
    await devnet.command.stop();
  }
  return { ms, medianMs: median(ms) };
}

/** One after the other, each waiting at the node until it is final, all nodes in turn. */
export async function measureIdleLatency(transfers: number) {
  const devnet = await startDevnet(["--ephemeral", "--seed", SEED]);
  const clients = devnet.line.validators.map(({ rpc }) => new Client({ url: rpc }));
  const [sender, receiver] = devnet.line.accounts.map(({ secretKey: text }) =>
    createSigner(secretKey(fromHex(text) ?? new Uint8Array())),
  );
  if (sender === undefined || receiver === undefined) throw new Error("a devnet has accounts");
  const ms: number[] = [];
  for (let nonce = 0; nonce < transfers; nonce++) {
    const details = {
      chainId: hash(fromHex(devnet.line.chainId) ?? new Uint8Array()),
      to: addressOf(receiver.publicKey),
      amount: 1n,
      nonce,
      fee: 1n,
      validUntilHeight: 90_000,
    };
    const { bytes } = signTransfer(details, sender);
    const start = performance.now();
    const answer = await clients[nonce % clients.length]?.submitAndWait(bytes, {
      deadlineMs: 30_000,
    });
    if (answer?.ok !== true || answer.value.state !== "final") {
      throw new Error(`transfer ${nonce} did not become final: ${JSON.stringify(answer)}`);
    }
    ms.push(performance.now() - start);
  }
  await devnet.command.stop();
  return { transfers, p50Ms: percentile(ms, 0.5), p99Ms: percentile(ms, 0.99) };
}

export type ThroughputOptions = {
  readonly windowMs: number;
  readonly warmUpMs: number;
  readonly transfersPerAccount: number;
};

export type Throughput = LoadResult & { readonly memory: MemoryReport };

export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const devnet = await startDevnet(devnetArguments());
  const result = await runLoad(devnet, { ...options, validators: [0, 1, 2, 3] });
  await devnet.command.stop();
  return result;
}

/** The same with a validator that died, then how fast it catches up with what it missed. */
export async function measureCrash(options: ThroughputOptions) {
  const devnet = await startDevnet(devnetArguments());
  const dead = devnet.line.validators[VALIDATORS - 1];
  if (dead === undefined) throw new Error("a devnet has validators");
  process.kill(dead.pid, "SIGKILL");
  await devnet.command.line("died");
  const startMs = performance.now();
  const load = await runLoad(devnet, { ...options, validators: [0, 1, 2] });
  const builtMs = performance.now() - startMs;
  const target = await heightOf(devnet.line.validators[0]?.rpc ?? "");
  const restartMs = performance.now();
  const returned = new Command(["node", "--dir", dead.dir]);
  await eventually({
    what: `the returned validator at height ${target}`,
    deadlineMs: 120_000,
    probe: async () => ((await heightOf(dead.rpc)) >= target ? true : undefined),
  });
  const caughtUpMs = performance.now() - restartMs;
  await returned.stop();
  await devnet.command.stop();
  return { load, catchUp: { blocks: target, builtMs, caughtUpMs, speed: builtMs / caughtUpMs } };
}

function devnetArguments(): string[] {
  return ["--ephemeral", "--seed", SEED, "--accounts", String(ACCOUNTS)];
}

async function runLoad(
  { line }: Devnet,
  options: ThroughputOptions & { readonly validators: readonly number[] },
): Promise<Throughput> {
  const chosen = line.validators.filter(({ index }) => options.validators.includes(index));
  const load: LoadOptions = {
    urls: chosen.map(({ rpc }) => rpc),
    chainId: line.chainId,
    seed: SEED,
    accounts: ACCOUNTS,
    batch: BATCH,
    transfersPerAccount: options.transfersPerAccount,
    warmUpMs: options.warmUpMs,
    windowMs: options.windowMs,
  };
  const child = spawn(process.execPath, [LOAD_PROGRAM, JSON.stringify(load)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let memory: ReturnType<typeof watchMemory> | undefined;
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const said = JSON.parse(text) as { readonly type: string };
      if (said.type === "window") memory = watchMemory(chosen.map(({ pid }) => pid));
      if (said.type !== "load" || memory === undefined) continue;
      return { ...(said as LoadResult), memory: memory.stop() };
    }
    throw new Error("the load ended without a result");
  } finally {
    memory?.stop();
    child.kill();
  }
}

async function heightOf(url: string): Promise<number> {
  const answer = await new Client({ url, callTimeoutMs: 1_000 }).status();
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value.height;
}
