// What an input reached: the counters of the instrumented modules, laid side by side so that clearing and reading them
// costs next to nothing. Hit counts are compared by buckets, as AFL does: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more.

import { COVERAGE_VARIABLE } from "./instrumentation.ts";

/** Judges inputs of one target by what they reach. */
export type Coverage = {
  /** Forgets the hits so far; call it before each input. */
  readonly clear: () => void;
  /** Did the hits since `clear` fill a bucket for the first time? */
  readonly isNew: () => boolean;
  /** Counters that any input has hit. */
  readonly covered: () => number;
};

/** For code that does not count: nothing is ever new. */
export const NO_COVERAGE: Coverage = { clear: () => {}, isNew: () => false, covered: () => 0 };

/** What istanbul keeps for one module: statements, functions, and branches with their arms. */
type ModuleCounters = {
  s: { [at: string]: number } | Uint8ClampedArray;
  f: { [at: string]: number } | Uint8ClampedArray;
  readonly b: { [at: string]: number[] | Uint8ClampedArray };
};

export type Counters = {
  /** One for each statement, function and arm; a hit above 255 stays 255. */
  readonly hits: Uint8ClampedArray;
  readonly modules: number;
};

/** Moves the counters of all modules loaded so far into one array. Modules loaded later are not counted. */
export function layOut(scope: object = globalThis): Counters {
  const found = (scope as { readonly [COVERAGE_VARIABLE]?: Record<string, ModuleCounters> })[
    COVERAGE_VARIABLE
  ];
  const modules = Object.values(found ?? {});
  let size = 0;
  for (const counters of modules) {
    size += lengthOf(counters.s) + lengthOf(counters.f);
    for (const arms of Object.values(counters.b)) size += arms.length;
  }
  // Whole words, so that `bucketed` can skip four counters at once.
  const hits = new Uint8ClampedArray(Math.ceil(size / 4) * 4);
  let offset = 0;
  const take = (length: number) => {
    offset += length;
    return hits.subarray(offset - length, offset);
  };
  for (const counters of modules) {
    counters.s = take(lengthOf(counters.s));
    counters.f = take(lengthOf(counters.f));
    for (const [branch, arms] of Object.entries(counters.b)) counters.b[branch] = take(arms.length);
  }
  return { hits, modules: modules.length };
}

function lengthOf(counters: ModuleCounters["s"]): number {
  return Object.keys(counters).length;
}

/** Coverage of one target over shared counters. */
export function coverageOf({ hits }: Counters): Coverage {
  const words = new Int32Array(hits.buffer);
  const seen = new Uint8Array(hits.length);
  return {
    clear: () => words.fill(0),
    isNew: () => {
      let isNew = false;
      for (let word = 0; word < words.length; word++) {
        if (words[word] === 0) continue;
        for (let at = 4 * word; at < 4 * word + 4; at++) {
          const bucket = BUCKETS[hits[at] as number] as number;
          if ((bucket & ~(seen[at] as number)) === 0) continue;
          seen[at] = (seen[at] as number) | bucket;
          isNew = true;
        }
      }
      return isNew;
    },
    covered: () => seen.reduce((count, buckets) => count + (buckets === 0 ? 0 : 1), 0),
  };
}

/** One bit for each bucket. */
const BUCKETS = Uint8Array.from({ length: 256 }, (_, hits) => {
  if (hits === 0) return 0;
  const bounds = [2, 3, 4, 8, 16, 32, 128];
  const at = bounds.findIndex((bound) => hits < bound);
  return 1 << (at < 0 ? bounds.length : at);
});
