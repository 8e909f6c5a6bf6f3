// Module hooks of a process with a planted bug: modules that the bug is in are changed as they are loaded.

import type { InitializeHook, LoadHook } from "node:module";
import { applyEdits, type Edit } from "./planted-bug.ts";

export type PatchData = {
  /** URL of the folder that holds the compiled sources, with a slash at its end. */
  readonly root: string;
  readonly edits: readonly Edit[];
};

let data: PatchData = { root: "", edits: [] };

export const initialize: InitializeHook<PatchData> = (given) => {
  data = given;
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const module = url.startsWith(data.root)
    ? url.slice(data.root.length).replace(/\.[jt]s$/, "")
    : "";
  if (!data.edits.some((edit) => edit.module === module)) return loaded;
  const source =
    typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
  return { ...loaded, source: applyEdits(module, source, data.edits) };
};
