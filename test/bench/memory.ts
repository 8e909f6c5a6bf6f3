// Resident memory of processes while something else goes on. From /proc: elsewhere there are no samples.

import { readFile } from "node:fs/promises";
import { median } from "./statistics.ts";

export type MemoryReport = {
  /** Of one process at one moment. */
  readonly highestMiB: number;
  /** Medians over all processes in the first and in the last third of the time. */
  readonly earlyMiB: number;
  readonly lateMiB: number;
};

const INTERVAL_MS = 1_000;

export function watchMemory(pids: readonly number[]): { stop: () => MemoryReport } {
  const rounds: number[][] = [];
  const timer = setInterval(async () => {
    const sizes = await Promise.all(pids.map(residentMiB));
    rounds.push(sizes.filter((size) => size !== undefined));
  }, INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      const third = Math.ceil(rounds.length / 3);
      return {
        highestMiB: Math.max(0, ...rounds.flat()),
        earlyMiB: median(rounds.slice(0, third).flat()),
        lateMiB: median(rounds.slice(-third).flat()),
      };
    },
  };
}

async function residentMiB(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) / 1_024;
  } catch {
    // Gone, or no /proc here: there is nothing to report of it.
    return undefined;
  }
}
