// How the person at the terminal calls `quorate`, so that what we tell them to type works where they are.

import { realpathSync } from "node:fs";
import { basename, delimiter, dirname, join, relative, sep } from "node:path";
import type { ActionContext } from "./program.ts";

type Environment = ActionContext["env"];

/** Of a checkout, below the folder of its package.json: its script `quorate` runs just that. */
const PROGRAM = join("dist", "devnet", "main.js");
/** Where npm puts the programs of the packages that a project depends on. */
const LOCAL_PROGRAMS = join("node_modules", ".bin");

/**
 * `npm run -s quorate --` under a script of a checkout, `npx quorate` under npm in a project that depends on Quorate, `quorate`
 * where the shell finds it, else the path of the program.
 */
export function invocation(env: Environment, program = process.argv[1] ?? ""): string {
  if (env.npm_lifecycle_event !== undefined) {
    if (dirname(program).endsWith(LOCAL_PROGRAMS)) return "npx quorate";
    if (isOfProject(env, program)) return "npm run -s quorate --";
  }
  if (basename(program) !== "quorate") return `node ${pathToType(program)}`;
  return isFound(env, dirname(program)) ? "quorate" : pathToType(program);
}

/** Is it the program of the very project whose script npm runs? */
function isOfProject({ npm_package_json: file }: Environment, program: string): boolean {
  if (file === undefined) return false;
  return relative(realPath(dirname(file)), realPath(program)) === PROGRAM;
}

/** A global installation lies in no `node_modules/.bin`; a local one may have been put into the path by hand. */
function isFound({ PATH = "" }: Environment, folder: string): boolean {
  return !folder.endsWith(LOCAL_PROGRAMS) || PATH.split(delimiter).includes(folder);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is not there is not somewhere else either.
    return path;
  }
}

/** The shorter of relative and absolute, quoted where a shell would cut it in two. */
export function pathToType(path: string): string {
  const near = relative(process.cwd(), path);
  const isInside = near !== "" && !near.startsWith(`..${sep}`) && near !== "..";
  const name = isInside ? near : path;
  return /^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
