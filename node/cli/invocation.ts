// How the person at the terminal calls `quorate`, so that what we tell them to type works where they are.

import { basename, relative, sep } from "node:path";
import type { ActionContext } from "./program.ts";

/** `npm run -s quorate --` under npm, `quorate` where it is installed, else the path of the program. */
export function invocation(env: ActionContext["env"], program = process.argv[1] ?? ""): string {
  if (env.npm_lifecycle_event !== undefined) return "npm run -s quorate --";
  if (basename(program) === "quorate") return "quorate";
  return `node ${relative(process.cwd(), program)}`;
}

/** The shorter of relative and absolute, quoted where a shell would cut it in two. */
export function pathToType(path: string): string {
  const near = relative(process.cwd(), path);
  const isInside = near !== "" && !near.startsWith(`..${sep}`) && near !== "..";
  const name = isInside ? near : path;
  return /^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
