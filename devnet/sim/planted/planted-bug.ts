// A planted bug: what to change in which compiled module, while it is loaded and in one process only. Nothing shipped is
// touched, and a patch that no longer fits its source is an error, not a bug that nobody plants any more.

export type Edit = {
  /** From the root of the sources, without its ending: "consensus/safety-rules". */
  readonly module: string;
  /** Occurs exactly once, whatever its white space. */
  readonly find: string;
  readonly replace: string;
};

export type PlantedBug = {
  /** In kebab case: "quorum-of-2f". */
  readonly name: string;
  /** What is wrong, and where such a bug was seen or could come from. */
  readonly why: string;
  readonly edits: readonly Edit[];
};

/** The module's source with all edits for it. @throws when an edit does not fit */
export function applyEdits(module: string, source: string, edits: readonly Edit[]): string {
  let patched = source;
  for (const edit of edits) {
    if (edit.module !== module) continue;
    const pattern = patternOf(edit.find);
    const found = patched.match(new RegExp(pattern, "g"))?.length ?? 0;
    if (found !== 1) throw new Error(`in ${module}, found ${found} times, not once: ${edit.find}`);
    patched = patched.replace(new RegExp(pattern), () => edit.replace);
  }
  return patched;
}

/** White space is the compiler's business. */
function patternOf(find: string): string {
  return find
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("\\s+");
}
