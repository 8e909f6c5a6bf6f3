// Scenario files: YAML, JSON, or a JavaScript module that exports one; and the ready ones that come with Quorate.

import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { nearest } from "../faults/index.ts";
import { type ParsingOptions, parseScenario, REMEDY, ScenarioError } from "./definition.ts";
import type { Scenario } from "./scenario.ts";
import { tooLarge } from "./yaml-tree.ts";

export type ReadyScenario = {
  readonly name: string;
  readonly file: string;
  readonly scenario: Scenario;
};

const TEXT_FILES: ReadonlySet<string> = new Set([".yaml", ".yml", ".json"]);
const MODULES: ReadonlySet<string> = new Set([".js", ".mjs", ".ts", ".mts"]);
const BARE_NAME = /^[a-z0-9-]+$/;
const MAX_FLOORS = 8;
const LISTED =
  "quorate sim without a name lists the ready ones, devnet/scenario/README.md tells how to write one";

/**
 * Reads a file, or a ready scenario by its name.
 * @throws {ScenarioError} BAD_SCENARIO if there is no such file, or what is in it cannot be played
 */
export async function loadScenario(
  source: string,
  options: ParsingOptions = {},
): Promise<Scenario> {
  const file = BARE_NAME.test(source) ? await readyFile(source) : source;
  const extension = extname(file);
  if (MODULES.has(extension)) return scenarioOfModule(file);
  if (!TEXT_FILES.has(extension)) {
    throw failure(
      `${file} is no scenario: its name ends in none of .yaml, .yml, .json, .js, .ts`,
      LISTED,
    );
  }
  const parsed = parseScenario(await textOf(file), options);
  if (parsed.ok) return parsed.scenario;
  const { problems } = parsed;
  throw new ScenarioError({ source: `${file} cannot be played:`, problems, remedy: REMEDY });
}

/** The ready scenarios by name, each one read and checked. */
export async function listScenarios(): Promise<readonly ReadyScenario[]> {
  const folder = readyFolder();
  const files = (await readdir(folder)).filter((name) => extname(name) === ".yaml").sort();
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      return { name: basename(name, ".yaml"), file, scenario: await loadScenario(file) };
    }),
  );
}

/** For a list: the first sentence of the story. */
export function summaryOf({ story }: Scenario): string {
  return /^.*?[.!?](?=\s|$)/s.exec(story)?.[0] ?? story;
}

async function readyFile(name: string): Promise<string> {
  const folder = readyFolder();
  const file = join(folder, `${name}.yaml`);
  if (existsSync(file)) return file;
  const names = (await readdir(folder)).map((each) => basename(each, ".yaml"));
  const near = nearest(name, names);
  const hint = near === undefined ? "" : `; nearest: ${near}`;
  throw failure(
    `there is no ready scenario ${name}${hint}`,
    "quorate sim without a name lists them; a file of your own has a name such as ./mine.yaml",
  );
}

/** In the package, whether this runs from the sources or compiled. */
function readyFolder(): string {
  let folder = import.meta.dirname;
  for (let floor = 0; floor < MAX_FLOORS; floor++) {
    const found = join(folder, "devnet", "scenarios");
    if (existsSync(found)) return found;
    folder = dirname(folder);
  }
  throw failure("the ready scenarios are missing from this installation", "install it anew");
}

async function textOf(file: string): Promise<string> {
  try {
    const size = tooLarge((await stat(file)).size);
    if (size !== undefined) throw failure(`${file} cannot be played: ${size}`, REMEDY);
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof ScenarioError) throw cause;
    throw failure(whyUnreadable(file, cause), LISTED, cause);
  }
}

/** Why a file that somebody named could not be read, as a sentence. */
export function whyUnreadable(file: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return `there is no file ${file}`;
  return code === "EISDIR" ? `${file} is a folder` : `cannot read ${file}: ${message}`;
}

/** The one scenario that a module exports, under whatever name. */
async function scenarioOfModule(file: string): Promise<Scenario> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(pathToFileURL(compiled(file)).href);
  } catch (cause) {
    if (cause instanceof ScenarioError) throw cause;
    const remedy = "Node runs JavaScript: compile the file, and name what comes of it";
    throw failure(`${file} cannot be loaded: ${(cause as Error).message}`, remedy, cause);
  }
  const [found, ...others] = Object.values(exported).filter(isScenario);
  if (found !== undefined && others.length === 0) return found;
  throw failure(
    `${file} exports ${others.length > 0 ? "several scenarios" : "no scenario"}`,
    "export exactly one: export const mine = defineScenario({ ... })",
  );
}

/** The JavaScript beside a TypeScript file, where there is one: not every Node runs the latter. */
function compiled(file: string): string {
  const beside = resolve(file.replace(/\.(m?)ts$/, ".$1js"));
  return existsSync(beside) ? beside : resolve(file);
}

function isScenario(value: unknown): value is Scenario {
  if (typeof value !== "object" || value === null) return false;
  const { name, timeline, durationMs } = value as Readonly<Record<string, unknown>>;
  return typeof name === "string" && Array.isArray(timeline) && typeof durationMs === "number";
}

function failure(source: string, remedy: string, cause?: unknown): ScenarioError {
  return new ScenarioError({ source, problems: [], remedy, cause });
}
