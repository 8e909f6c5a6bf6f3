// What `quorate sim` can be told.

import type { SwarmOptions } from "../sim/index.ts";

export type SimulateFlags = SwarmOptions & {
  readonly seed?: number;
  readonly seeds: number;
  readonly events?: boolean;
  readonly record?: string;
};

/** What only a mix leaves open. */
export const MIX_FLAGS = ["validators", "rules", "leaders", "signatures", "record"] as const;
