// `quorate planted`: every planted bug in a process of its own, and what noticed it how soon.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type ActionContext, table } from "../../node/cli/index.ts";
import { BUGS, type HuntResult, type PlantedBug } from "../sim/planted/index.ts";

export type PlantedFlags = {
  readonly seed: number;
  /** Processor seconds for one bug. */
  readonly seconds: number;
  readonly workers?: number;
  readonly only?: string;
};

const HUNTER = fileURLToPath(new URL("../sim/planted/hunter.js", import.meta.url));

export async function planted(flags: PlantedFlags, { output }: ActionContext): Promise<number> {
  const { only, seconds } = flags;
  const bugs = BUGS.filter(({ name }) => only === undefined || name === only);
  const workers = flags.workers ?? Math.max(1, availableParallelism() - 1);
  output.note(`${bugs.length} planted bugs, ${seconds} s each at most, ${workers} at a time`);
  const waiting = [...bugs];
  const results = new Map<PlantedBug, HuntResult>();
  const work = async () => {
    for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
      const result = await huntBug(bug, flags);
      results.set(bug, result);
      const { caught } = result;
      output.record({ type: "bug", name: bug.name, ...result }, () =>
        rowOf(bug, result).join("  "),
      );
      if (caught === undefined) output.note(`not caught: ${bug.name}: ${bug.why}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, bugs.length) }, work));
  const all = [...results.values()];
  const caught = all.filter((result) => result.caught !== undefined);
  const times = all.map((result) => result.seconds).sort((left, right) => left - right);
  const rounded = (value: number) => Math.round(value * 100) / 100;
  const summary = {
    type: "planted",
    bugs: all.length,
    caught: caught.length,
    medianSeconds: rounded(times[times.length >> 1] ?? 0),
    slowestSeconds: rounded(times.at(-1) ?? 0),
  };
  if (!output.json) {
    output.note(table(bugs.map((bug) => rowOf(bug, results.get(bug) as HuntResult))));
  }
  output.record(summary, () => JSON.stringify(summary));
  return caught.length === all.length ? 0 : 1;
}

function rowOf({ name }: PlantedBug, { caught, seconds, scenarios }: HuntResult): string[] {
  const by = caught === undefined ? "NOT CAUGHT" : `${caught.by}: ${caught.oracle}`;
  return [name, by, `${seconds.toFixed(1)} s`, `${scenarios} scenarios`];
}

function huntBug(bug: PlantedBug, { seconds, seed }: PlantedFlags): Promise<HuntResult> {
  const child = spawn(process.execPath, [HUNTER, bug.name, String(seconds), String(seed)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    output.stdout += data;
  });
  child.stderr.on("data", (data) => {
    output.stderr = `${output.stderr}${data}`.slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve(JSON.parse(output.stdout) as HuntResult);
      return reject(new Error(`the hunt for ${bug.name} ended with ${code}: ${output.stderr}`));
    });
  });
}
