// `--genesis`: the file that says which validators to believe. Without it a devnet's, if there is one at hand; never the
// word of the node that is asked.

import { existsSync } from "node:fs";
import { Option } from "commander";
import { usageFailure } from "./failure.ts";

/** Where `quorate devnet` puts it unless told otherwise. */
const DEVNET_GENESIS = ".devnet/genesis.json";

export function genesisOption(): Option {
  return new Option(
    "--genesis <file>",
    `the chain's genesis.json (default: ${DEVNET_GENESIS})`,
  ).env("QUORATE_GENESIS");
}

/** The path of the file to believe. */
export function trustedGenesis(given: string | undefined): string {
  if (given !== undefined) return given;
  if (existsSync(DEVNET_GENESIS)) return DEVNET_GENESIS;
  throw usageFailure(
    "a proof is checked against the chain's genesis, and there is none here",
    "name it with --genesis FILE: the very file that the validators have, from somebody you trust",
  );
}
