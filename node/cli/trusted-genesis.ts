// `--genesis`: the file that says which validators to believe. Without it a devnet's, if there is one at hand; never the
// word of the node that is asked.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { usageFailure } from "./failure.ts";
import type { Environment } from "./output.ts";

/** Where `quorate devnet` keeps its chain unless told otherwise. */
const DEVNET_DIR = ".devnet";

export function genesisOption(): Option {
  return new Option(
    "--genesis <file>",
    `the chain's genesis.json (default: the one in ${DEVNET_DIR}, or QUORATE_DEVNET_DIR)`,
  ).env("QUORATE_GENESIS");
}

/** The path of the file to believe. */
export function trustedGenesis(given: string | undefined, env: Environment): string {
  if (given !== undefined) return given;
  const file = devnetGenesis(env);
  if (existsSync(file)) return file;
  throw usageFailure(
    `a proof is checked against the chain's genesis, and there is no ${file}`,
    "name it with --genesis FILE: the very file that the validators have, from somebody you trust",
  );
}

/** For commands that can do without: of the chain that is most likely meant. */
export function genesisAtHand(env: Environment): string {
  return env.QUORATE_GENESIS ?? devnetGenesis(env);
}

function devnetGenesis({ QUORATE_DEVNET_DIR: dir = DEVNET_DIR }: Environment): string {
  return join(dir, "genesis.json");
}
