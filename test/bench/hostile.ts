// What an attack costs: four real validators under a light, even load, and an attacker who holds a fifth one's key. For
// each kind of attack a devnet of its own: final blocks a second and resident memory before, under attack, and after it.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { addressOf, fromHex, hash, secretKey } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { Client, signTransfer } from "../../node/client/index.ts";
import { type Devnet, startDevnet } from "../e2e/processes.ts";
import {
  ATTACK_PROGRAM,
  type AttackOptions,
  type AttackResult,
  FAMILY_NAMES,
  type FamilyName,
} from "./hostile-attacks.ts";
import { sizeOf } from "./memory.ts";
import { percentile } from "./statistics.ts";

export type HostileResult = {
  readonly family: FamilyName;
  /** What the attacker did, by its own count. */
  readonly strikes: number;
  /** Final blocks a second. */
  readonly before: number;
  readonly under: number;
  readonly after: number;
  /** `under` as a share of `before`. */
  readonly ratio: number;
  /** The largest growth of any validator, from its largest before to its largest since. */
  readonly growthMiB: number;
  /** Of one core, by the validator that used most of it, before and under attack. */
  readonly cpuBefore: number;
  readonly cpuUnder: number;
  /** Submit -> final, median, before and under attack. */
  readonly p50BeforeMs: number;
  readonly p50UnderMs: number;
};

const SEED = "hostile";
const VALIDATORS = 5;
/** Dead from the start; its network key is the attacker's. */
const SEAT = 4;
const ACCOUNTS = 20;
/** A transfer this often: each makes a block of its own. */
const PACE_MS = 50;
const SETTLE_MS = 3_000;
/** Of /proc on Linux. */
const TICKS_PER_SECOND = 100;

export async function measureHostile(options: {
  readonly windowMs: number;
  /** One of the attacks; all of them unless given. */
  readonly only?: string;
  readonly onFamily: (family: FamilyName) => void;
}): Promise<readonly HostileResult[]> {
  const { windowMs, only, onFamily } = options;
  const results: HostileResult[] = [];
  for (const family of FAMILY_NAMES) {
    if (only !== undefined && only !== family) continue;
    onFamily(family);
    results.push(await measureFamily(family, windowMs));
  }
  return results;
}

async function measureFamily(family: FamilyName, windowMs: number): Promise<HostileResult> {
  const args = ["--ephemeral", "--seed", SEED, "--leaders", "reputation"];
  const devnet = await startDevnet([...args, "--accounts", String(ACCOUNTS)], VALIDATORS);
  const victims = devnet.line.validators.filter(({ index }) => index !== SEAT);
  const seat = devnet.line.validators[SEAT];
  if (seat === undefined) throw new Error("a devnet has as many validators as it was asked for");
  process.kill(seat.pid, "SIGKILL");
  const load = startLoad(
    devnet,
    victims.map(({ rpc }) => rpc),
  );
  const memory = await watch(victims.map(({ pid }) => pid));
  const url = victims[0]?.rpc ?? "";
  await sleep(SETTLE_MS);
  const pids = victims.map(({ pid }) => pid);
  const cpuAtRest = await cpuOf(pids);
  const before = await rateOf(url, windowMs);
  const cpuBefore = await cpuAtRest();
  const p50BeforeMs = load.median();
  memory.mark();
  const attack = strike({
    family,
    seconds: windowMs / 1_000 + 1,
    seed: SEED,
    genesisFile: join(seat.dir, "genesis.json"),
    targets: await Promise.all(
      victims.map(async ({ index, rpc, dir }) => {
        return { index, rpcPort: Number(new URL(rpc).port), p2pPort: await p2pPortOf(dir) };
      }),
    ),
    seat: SEAT,
  });
  await sleep(1_000);
  load.median();
  const cpuUnderAttack = await cpuOf(pids);
  const under = await rateOf(url, windowMs);
  const cpuUnder = await cpuUnderAttack();
  const p50UnderMs = load.median();
  const { strikes } = await attack;
  const after = await rateOf(url, windowMs / 2);
  const growthMiB = memory.stop();
  load.stop();
  await devnet.command.stop();
  return {
    family,
    strikes,
    before,
    under,
    after,
    ratio: under / before,
    growthMiB,
    cpuBefore,
    cpuUnder,
    p50BeforeMs,
    p50UnderMs,
  };
}

function strike(options: AttackOptions): Promise<AttackResult> {
  const child = spawn(process.execPath, [ATTACK_PROGRAM, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let result: AttackResult | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => {
      result = JSON.parse(line) as AttackResult;
    });
    child.once("error", reject);
    child.once("close", () => {
      if (result === undefined) reject(new Error(`the attack "${options.family}" broke off`));
      else resolve(result);
    });
  });
}

/** One transfer every PACE_MS, whatever becomes of those before it, from accounts in turn, through validators in turn. */
function startLoad({ line }: Devnet, urls: readonly string[]) {
  const clients = urls.map((url) => new Client({ url }));
  const signers = line.accounts.map(({ secretKey: text }) =>
    createSigner(secretKey(fromHex(text) ?? new Uint8Array())),
  );
  const chainId = hash(fromHex(line.chainId) ?? new Uint8Array());
  let latencies: number[] = [];
  let sent = 0;
  const timer = setInterval(() => {
    const signer = signers[sent % signers.length];
    const client = clients[sent % clients.length];
    const nonce = Math.floor(sent / signers.length);
    sent += 1;
    if (signer === undefined || client === undefined) return;
    const to = addressOf(signer.publicKey);
    const { bytes } = signTransfer(
      { chainId, to, amount: 1n, nonce, fee: 1n, validUntilHeight: 50_000 },
      signer,
    );
    const startMs = performance.now();
    client
      .submitAndWait(bytes, { deadlineMs: 20_000 })
      .then((answer) => {
        if (answer.ok && answer.value.state === "final")
          latencies.push(performance.now() - startMs);
      })
      .catch(() => {
        // The rate of final blocks tells what a transfer lost on the way costs.
      });
  }, PACE_MS);
  return {
    /** Of those that became final since the last call. */
    median: () => {
      const found = percentile(latencies, 0.5);
      latencies = [];
      return found;
    },
    stop: () => clearInterval(timer),
  };
}

async function rateOf(url: string, windowMs: number): Promise<number> {
  const first = await heightAt(url);
  await sleep(windowMs);
  const last = await heightAt(url);
  return (1_000 * (last.height - first.height)) / (last.atMs - first.atMs);
}

/** A validator under attack may take its time to answer: what counts is when it has. */
async function heightAt(url: string): Promise<{ readonly height: number; readonly atMs: number }> {
  for (;;) {
    const answer = await new Client({ url, callTimeoutMs: 5_000 }).status();
    if (answer.ok) return { height: answer.value.height, atMs: performance.now() };
  }
}

/** Growth beyond the largest size before `mark`, of the process that grew most. */
async function watch(pids: readonly number[]) {
  const highest = pids.map(() => 0);
  let marked = pids.map(() => 0);
  const timer = setInterval(async () => {
    const sizes = await Promise.all(pids.map(sizeOf));
    for (const [at, size] of sizes.entries()) {
      highest[at] = Math.max(highest[at] ?? 0, size?.residentMiB ?? 0);
    }
  }, 200);
  return {
    mark: () => {
      marked = [...highest];
    },
    stop: () => {
      clearInterval(timer);
      return Math.max(...highest.map((size, at) => size - (marked[at] ?? 0)));
    },
  };
}

async function p2pPortOf(dir: string): Promise<number> {
  const config = JSON.parse(await readFile(join(dir, "config.json"), "utf8")) as {
    readonly p2p: { readonly listen: readonly string[] };
  };
  return Number(/\/tcp\/([0-9]+)$/.exec(config.p2p.listen[0] ?? "")?.[1]);
}

/** Calls back with the share of a core that the busiest of them has used since, its threads included. */
async function cpuOf(pids: readonly number[]): Promise<() => Promise<number>> {
  const ticksOf = async (pid: number): Promise<number> => {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  };
  const first = await Promise.all(pids.map(ticksOf));
  const startMs = performance.now();
  return async () => {
    const last = await Promise.all(pids.map(ticksOf));
    const seconds = (performance.now() - startMs) / 1_000;
    const ticks = last.map((ticks, at) => ticks - (first[at] ?? 0));
    return Math.max(...ticks) / TICKS_PER_SECOND / seconds;
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
