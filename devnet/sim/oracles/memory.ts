// What honest nodes keep stays within what is written down, whatever comes in.

import type { MemorySample } from "../observation.ts";
import type { Oracle, Premises, Report } from "./oracle.ts";

/** Pending transactions: the pool's own limit. */
export const MAX_POOL = 50_000;
/** Blocks above the tip: the engine's own limit. */
export const MAX_UNFINAL_BLOCKS = 1_024;
/** What the whole simulation has still to do: nobody multiplies what comes in. */
export const MAX_AGENDA = 200_000;

export type MemoryOracle = Oracle & { readonly sample: (sample: MemorySample) => void };

export function memory(premises: Premises, report: Report): MemoryOracle {
  const check = (what: string, found: number, limit: number) => {
    if (found > limit) report(`${what}: ${found}, limit ${limit}`);
  };
  return {
    name: "memory",
    observe: () => {},
    sample: ({ by, pool, blocks, agenda }) => {
      check("things on the agenda", agenda, MAX_AGENDA);
      if (!premises.isHonest(by)) return;
      check(`v${by} holds pending transactions`, pool, MAX_POOL);
      check(`v${by} holds unfinal blocks`, blocks, MAX_UNFINAL_BLOCKS);
    },
  };
}
