// `npm run bench`: medians, the machine they were taken on, and ratios taken in one run. `--quick` leaves out the crash
// and the attacks and stays under two minutes; `--json` gives one object a line; `--only NAME` takes one measurement.

import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { table } from "../../node/cli/index.ts";
import { stopAll } from "../e2e/processes.ts";
import { measureCeiling } from "./ceiling.ts";
import { measureHostile } from "./hostile.ts";
import {
  measureColdStart,
  measureCrash,
  measureIdleLatency,
  measureThroughput,
  type ThroughputOptions,
} from "./measurements.ts";
import { measureState } from "./state.ts";
import { rounded } from "./statistics.ts";

const NAMES = ["state", "cold-start", "idle", "ceiling", "throughput", "crash", "hostile"] as const;
type Name = (typeof NAMES)[number];

const VALIDATORS = 4;
const LOAD: ThroughputOptions = { warmUpMs: 5_000, windowMs: 20_000, transfersPerAccount: 120 };

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
  },
});

type Row = readonly [what: string, value: string, note: string];

const rows: Row[] = [];

function report(name: string, value: object, ...lines: readonly Row[]): void {
  if (flags.json) console.log(JSON.stringify({ ...value, type: "bench", name }));
  rows.push(...lines);
}

function isWanted(name: Name): boolean {
  // `hostile/votes` is one of the attacks.
  if (flags.only !== undefined) return flags.only.split("/", 1)[0] === name;
  return !(flags.quick && (name === "crash" || name === "hostile"));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
}

async function state(): Promise<void> {
  progress("state: blocks of random keys at two sizes of the state, in turn");
  const found = await measureState([100_000, 1_000_000], flags.quick ? 1 : 5);
  const base = found.bySize[0];
  const lines = found.bySize.map((cost): Row => {
    const { keys, microsecondsAKey, bytesAKey, historyBytesAKey, nodesAKey } = cost;
    const times = rounded(microsecondsAKey / (base?.microsecondsAKey ?? 1));
    return [
      `an updated key of ${keys.toLocaleString("en")}`,
      `${rounded(microsecondsAKey)} us`,
      `${times} times the first; ${rounded(nodesAKey)} nodes hashed, ${Math.round(bytesAKey)} bytes ` +
        `a key, ${Math.round(historyBytesAKey)} an update in the history`,
    ];
  });
  const load = found.load.map(rounded).join(" and ");
  const rounds = `medians of ${found.rounds}, each process of its own`;
  report("state", found, ...lines, ["load while it ran", load, rounds]);
}

async function coldStart(): Promise<void> {
  progress("cold start: five devnets, one after the other");
  const { ms, medianMs } = await measureColdStart(5);
  const note = `median of ${ms.length}: ${ms.join(", ")}`;
  report("cold-start", { ms, medianMs }, ["command to first final block", `${medianMs} ms`, note]);
}

async function idle(): Promise<void> {
  progress("idle latency: transfers one by one");
  const { transfers, p50Ms, p99Ms } = await measureIdleLatency(200);
  report(
    "idle",
    { transfers, p50Ms, p99Ms },
    ["idle submit -> final, p50", `${rounded(p50Ms)} ms`, `${transfers} transfers, one by one`],
    ["idle submit -> final, p99", `${rounded(p99Ms)} ms`, ""],
  );
}

async function ceiling(): Promise<number> {
  progress("signature ceiling");
  const found = await measureCeiling(VALIDATORS);
  const { cores, verifiesPerSecond, transactionsPerSecond } = found;
  const perSecond = Math.round(transactionsPerSecond);
  const note = `${Math.round(verifiesPerSecond)} checks/s on ${cores} cores / ${VALIDATORS}`;
  report("ceiling", found, ["signature ceiling", `${perSecond} tx/s`, note]);
  return transactionsPerSecond;
}

async function throughput(ceilingPerSecond: number | undefined): Promise<number> {
  progress("throughput: signing, warming up, measuring");
  const result = await measureThroughput(LOAD);
  const { transactionsPerSecond, seconds, blocks, memory } = result;
  const share =
    ceilingPerSecond === undefined ? undefined : transactionsPerSecond / ceilingPerSecond;
  const ofCeiling = share === undefined ? "" : `${rounded(share)} of the ceiling, `;
  report(
    "throughput",
    { ...result, shareOfCeiling: share },
    [
      "finalized transfers",
      `${Math.round(transactionsPerSecond)} tx/s`,
      `${ofCeiling}${rounded(seconds)} s, ${blocks} blocks, ${result.refused} refused`,
    ],
    ["loaded submit -> final, p50", `${Math.round(result.p50Ms)} ms`, "closed loop"],
    ["loaded submit -> final, p99", `${Math.round(result.p99Ms)} ms`, ""],
    [
      "resident memory a validator",
      `${Math.round(memory.lateMiB)} MiB`,
      `${Math.round(memory.lateAnonymousMiB)} of it anonymous; ${Math.round(memory.earlyMiB)} early, ` +
        `highest ${Math.round(memory.highestMiB)}`,
    ],
  );
  return transactionsPerSecond;
}

async function crash(healthyPerSecond: number | undefined): Promise<void> {
  progress("one validator dead: throughput, then catching up");
  const { load, catchUp } = await measureCrash(LOAD);
  const share =
    healthyPerSecond === undefined ? undefined : load.transactionsPerSecond / healthyPerSecond;
  report(
    "crash",
    { load, catchUp, shareOfHealthy: share },
    [
      "one validator dead",
      `${Math.round(load.transactionsPerSecond)} tx/s`,
      share === undefined ? "" : `${rounded(share)} of the healthy`,
    ],
    [
      "catching up",
      `${rounded(catchUp.speed)} times as fast as built`,
      `${catchUp.blocks} blocks in ${Math.round(catchUp.caughtUpMs)} ms, restart included`,
    ],
  );
}

async function hostile(): Promise<void> {
  const windowMs = flags.quick ? 4_000 : 10_000;
  const only = flags.only?.split("/")[1];
  const found = await measureHostile({
    windowMs,
    ...(only === undefined ? {} : { only }),
    onFamily: (family) => progress(`under attack: ${family}`),
  });
  const lines = found.map((result): Row => {
    const { family, before, under, after, ratio, growthMiB } = result;
    const { p50BeforeMs, p50UnderMs, cpuBefore, cpuUnder } = result;
    const rates = [before, under, after].map(rounded).join(", ");
    const cores = [cpuBefore, cpuUnder].map(rounded).join(" and ");
    const times = [p50BeforeMs, p50UnderMs].map(rounded).join(" and ");
    return [
      `finality under ${family}`,
      `${rounded(ratio)}`,
      `${rates} blocks/s before, under, after; p50 ${times} ms; ${cores} cores; memory grew ${Math.round(growthMiB)} MiB`,
    ];
  });
  report("hostile", { families: found }, ...lines);
}

function machine(): void {
  const processors = cpus();
  const model = processors[0]?.model ?? "unknown";
  const memoryGiB = rounded(totalmem() / 2 ** 30);
  const found = { model, cores: processors.length, memoryGiB, node: process.version };
  report("machine", found, [
    "machine",
    `${processors.length} cores`,
    `${model}, ${memoryGiB} GiB, Node ${process.version}`,
  ]);
}

try {
  machine();
  if (isWanted("state")) await state();
  if (isWanted("cold-start")) await coldStart();
  if (isWanted("idle")) await idle();
  const ceilingPerSecond = isWanted("ceiling") ? await ceiling() : undefined;
  const healthyPerSecond = isWanted("throughput") ? await throughput(ceilingPerSecond) : undefined;
  if (isWanted("crash")) await crash(healthyPerSecond);
  if (isWanted("hostile")) await hostile();
  if (!flags.json) console.log(table(rows));
} finally {
  await stopAll();
}
