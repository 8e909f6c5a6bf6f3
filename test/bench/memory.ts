// Resident memory of processes while something else goes on. From /proc: elsewhere there are no samples.

import { readFile } from "node:fs/promises";
import { median } from "./statistics.ts";

export type MemoryReport = {
  /** Of one process at one moment. */
  readonly highestMiB: number;
  /** Medians over all processes in the first and in the last third of the time. */
  readonly earlyMiB: number;
  readonly lateMiB: number;
  /** The late median without mapped files: program, libraries, and pages of the state store that the kernel takes back. */
  readonly lateAnonymousMiB: number;
};

type Size = { readonly residentMiB: number; readonly anonymousMiB: number };

const INTERVAL_MS = 1_000;

export function watchMemory(pids: readonly number[]): { stop: () => MemoryReport } {
  const rounds: Size[][] = [];
  const timer = setInterval(async () => {
    const sizes = await Promise.all(pids.map(sizeOf));
    rounds.push(sizes.filter((size) => size !== undefined));
  }, INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      const third = Math.ceil(rounds.length / 3);
      return {
        highestMiB: Math.max(0, ...rounds.flat().map(({ residentMiB }) => residentMiB)),
        earlyMiB: median(rounds.slice(0, third).flatMap((round) => round.map(residentOf))),
        lateMiB: median(rounds.slice(-third).flatMap((round) => round.map(residentOf))),
        lateAnonymousMiB: median(
          rounds.slice(-third).flatMap((round) => round.map(({ anonymousMiB }) => anonymousMiB)),
        ),
      };
    },
  };
}

function residentOf({ residentMiB }: Size): number {
  return residentMiB;
}

export async function sizeOf(pid: number): Promise<Size | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
    if (resident === undefined || anonymous === undefined) return undefined;
    return { residentMiB: Number(resident) / 1_024, anonymousMiB: Number(anonymous) / 1_024 };
  } catch {
    // Gone, or no /proc here: there is nothing to report of it.
    return undefined;
  }
}
