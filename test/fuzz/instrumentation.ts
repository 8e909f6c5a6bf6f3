// A module hook of Node: counts statements, functions and branches of the product's own compiled modules while they are
// loaded. Runs in the thread of the hooks; the counters lie in the thread that runs the modules.

import type { InitializeHook, LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { createInstrumenter } from "istanbul-lib-instrument";

/** Where the counters stand among the globals. */
export const COVERAGE_VARIABLE = "__coverage__";

export type Instrumented = {
  /** URLs of the folders to count in, each with a slash at its end. */
  readonly folders: readonly string[];
};

const instrumenter = createInstrumenter({ esModules: true, coverageVariable: COVERAGE_VARIABLE });

let folders: readonly string[] = [];

export const initialize: InitializeHook<Instrumented> = (data) => {
  folders = data.folders;
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!folders.some((folder) => url.startsWith(folder)) || loaded.source === undefined) {
    return loaded;
  }
  return { ...loaded, source: instrumented(textOf(loaded.source), fileURLToPath(url)) };
};

/** The same program, counting. */
export function instrumented(source: string, path: string): string {
  return instrumenter.instrumentSync(source, path);
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}
