// A devnet's directory: made whole or not at all, continued when it fits what was asked, never deleted unless it is one.
// devnet.json says what it was made from; validator<i>/ is a validator's own directory, as `quorate node` takes it.

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { LEADER_CHOICES } from "../../consensus/index.ts";
import type { Genesis } from "../../node/chain/index.ts";
import { CommandFailure, DEFAULT_DEVELOPMENT_SEED, EXIT_CODES } from "../../node/cli/index.ts";
import { readGenesis } from "../../node/genesis/index.ts";
import { adjustPorts, writeDevnet } from "./files.ts";
import { type DevnetPlan, planDevnet, RECIPE_FILE, type Recipe } from "./plan.ts";

const DEFAULT_DIRECTORY = ".devnet";

const DEFAULT_RECIPE: Recipe = {
  seed: DEFAULT_DEVELOPMENT_SEED,
  validators: 4,
  accounts: 10,
  leaders: "round-robin",
};
const MAX_RECIPE_CHARACTERS = 4_096;

export type DirectoryRequest = {
  readonly dir: string | undefined;
  readonly ephemeral: boolean;
  readonly reset: boolean;
  /** What was asked for; the rest is as the directory has it. */
  readonly recipe: Partial<Recipe>;
  readonly rpcPort: number;
  readonly p2pPort: number;
};

export type OpenDevnet = {
  readonly plan: DevnetPlan;
  readonly genesis: Genesis;
  readonly isNew: boolean;
  /** What may take its time: deleting what was replaced. */
  readonly tidy: () => Promise<void>;
  /** Deletes an ephemeral directory; else does nothing. */
  readonly discard: () => void;
};

/** How many validators the request comes to, for whoever needs to know before anything is touched. */
export async function recipeFor(request: DirectoryRequest): Promise<Recipe> {
  const stored =
    request.ephemeral || request.reset ? undefined : await readRecipe(directoryOf(request));
  return { ...DEFAULT_RECIPE, ...stored, ...request.recipe };
}

export async function openDirectory(request: DirectoryRequest): Promise<OpenDevnet> {
  if (request.ephemeral) return openEphemeral(request);
  const dir = directoryOf(request);
  const stored = await readRecipe(dir);
  const discard = () => {};
  if (stored === undefined || request.reset) {
    if (stored !== undefined) await requireIdle(dir, stored);
    const replaced = stored === undefined ? undefined : siblingOf(dir, "old");
    const made = await makeDirectory(request, { dir, replaced });
    return { ...made, isNew: true, discard };
  }
  requireSameRecipe(stored, request.recipe, dir);
  const plan = planDevnet(stored, { ...request, dir });
  await adjustPorts(plan, request);
  const [first] = plan.validators;
  const genesis = await readGenesis(join(first?.dir ?? dir, "genesis.json"));
  return { plan, genesis, isNew: false, tidy: async () => {}, discard };
}

type Place = {
  readonly dir: string;
  /** Where the devnet goes that stands there. */
  readonly replaced: string | undefined;
};

/** What stands there is replaced only by what is whole. */
async function makeDirectory(request: DirectoryRequest, { dir, replaced }: Place) {
  const recipe = { ...DEFAULT_RECIPE, ...request.recipe };
  const draft = siblingOf(dir, "new");
  await mkdir(draft, { recursive: true, mode: 0o700 });
  const genesis = await orNothing(draft, async () => {
    const written = await writeDevnet(planDevnet(recipe, { ...request, dir: draft }), request);
    if (replaced !== undefined) await rename(dir, replaced);
    await rename(draft, dir).catch(async (error: unknown) => {
      if (replaced !== undefined) await rename(replaced, dir);
      throw error;
    });
    return written;
  });
  const tidy = async () => {
    if (replaced !== undefined) await rm(replaced, { recursive: true, force: true });
  };
  return { plan: planDevnet(recipe, { ...request, dir }), genesis, tidy };
}

/** If it fails, nothing of the directory is left. */
async function orNothing<T>(dir: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    throw error;
  }
}

async function openEphemeral(request: DirectoryRequest): Promise<OpenDevnet> {
  const dir = await mkdtemp(join(tmpdir(), "quorate-devnet-"));
  const plan = planDevnet({ ...DEFAULT_RECIPE, ...request.recipe }, { ...request, dir });
  const genesis = await orNothing(dir, () => writeDevnet(plan, request));
  const discard = () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  return { plan, genesis, isNew: true, tidy: async () => {}, discard };
}

function directoryOf({ dir }: DirectoryRequest): string {
  return resolve(dir ?? DEFAULT_DIRECTORY);
}

/** Beside the directory, so that a rename moves nothing but a name. */
function siblingOf(dir: string, purpose: "old" | "new"): string {
  return join(dirname(dir), `${basename(dir)}.${purpose}-${randomBytes(4).toString("hex")}`);
}

/** Undefined where there is nothing yet; a directory of something else is left alone. */
async function readRecipe(dir: string): Promise<Recipe | undefined> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw notADevnet(dir, "cannot be read", error);
  }
  if (names.length === 0) return undefined;
  if (!names.includes(RECIPE_FILE)) throw notADevnet(dir, "holds something else");
  return parseRecipe(await readFile(join(dir, RECIPE_FILE), "utf8"), dir);
}

function notADevnet(dir: string, why: string, cause?: unknown): CommandFailure {
  return new CommandFailure({
    message: `${dir} ${why}, not a devnet`,
    exitCode: EXIT_CODES.badConfig,
    code: "BAD_CONFIG",
    remedy: "name an empty or a new directory with --dir",
    cause,
  });
}

function parseRecipe(text: string, dir: string): Recipe {
  const damaged = new CommandFailure({
    message: `${join(dir, RECIPE_FILE)} is damaged`,
    exitCode: EXIT_CODES.dataDirectory,
    code: "DATA_DAMAGED",
    remedy: "delete the directory yourself, or name another one with --dir",
  });
  if (text.length > MAX_RECIPE_CHARACTERS) throw damaged;
  try {
    const { seed, validators, accounts, leaders, baseTimeoutMs, application } = JSON.parse(
      text,
    ) as Recipe;
    const isSound =
      typeof seed === "string" &&
      Number.isInteger(validators) &&
      Number.isInteger(accounts) &&
      Object.hasOwn(LEADER_CHOICES, leaders) &&
      (baseTimeoutMs === undefined || Number.isInteger(baseTimeoutMs)) &&
      (application === undefined || typeof application === "string");
    if (isSound) {
      return {
        ...{ seed, validators, accounts, leaders },
        ...(baseTimeoutMs === undefined ? {} : { baseTimeoutMs }),
        ...(application === undefined ? {} : { application }),
      };
    }
  } catch {
    // The same complaint as for JSON that says nothing useful.
  }
  throw damaged;
}

function requireSameRecipe(stored: Recipe, asked: Partial<Recipe>, dir: string): void {
  if (asked.baseTimeoutMs !== undefined && asked.baseTimeoutMs !== stored.baseTimeoutMs) {
    throw new CommandFailure({
      message: `the chain in ${dir} was made with other timeouts than the scenario asks for`,
      exitCode: EXIT_CODES.wrongGenesis,
      code: "WRONG_GENESIS",
      remedy: "--reset to delete it, or --dir for another",
    });
  }
  for (const name of ["validators", "seed", "accounts", "leaders", "application"] as const) {
    if (asked[name] === undefined || asked[name] === stored[name]) continue;
    const has = stored[name] === undefined ? `without --${name}` : `with --${name} ${stored[name]}`;
    throw new CommandFailure({
      message: `the chain in ${dir} was made ${has}, not with ${asked[name]}`,
      exitCode: EXIT_CODES.wrongGenesis,
      code: "WRONG_GENESIS",
      remedy: `leave --${name} away to go on with it, --reset to delete it, or --dir for another`,
    });
  }
}

/** No validator may lose its directory while it runs. */
async function requireIdle(dir: string, recipe: Recipe): Promise<void> {
  const { lockDirectory } = await import("../../node/storage/index.ts");
  const { validators } = planDevnet({ ...recipe, accounts: 0 }, { dir, rpcPort: 0 });
  for (const validator of validators) {
    const lock = await lockDirectory(join(validator.dir, "data"));
    await lock.release();
  }
}
