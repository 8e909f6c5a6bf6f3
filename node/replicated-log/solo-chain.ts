// A chain of one validator in a temporary directory: for trying an application out before there is anybody to agree with.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CONSENSUS_PARAMS, GENESIS_VERSION, type Genesis } from "../chain/index.ts";
import { genesisJson } from "../genesis/index.ts";
import { createKeyFile } from "./key-files.ts";

export type SoloChain = {
  readonly directory: string;
  readonly discard: () => Promise<void>;
};

/** Nobody has money on it, and nothing costs any. */
export async function createSoloChain(application: string): Promise<SoloChain> {
  const directory = await mkdtemp(join(tmpdir(), "quorate-log-"));
  const [validator, network] = await Promise.all([
    createKeyFile(join(directory, "validator.key")),
    createKeyFile(join(directory, "network.key")),
  ]);
  const genesis: Genesis = {
    version: GENESIS_VERSION,
    name: "solo",
    genesisTimeMs: Date.now(),
    validators: [{ publicKey: validator.publicKey, networkKey: network.publicKey, power: 1 }],
    accounts: [],
    consensus: DEFAULT_CONSENSUS_PARAMS,
    ledger: { minFee: 0n, fees: "burn" },
    application: { name: application, parameters: new Uint8Array(0) },
  };
  const config = {
    validatorKey: "validator.key",
    networkKey: "network.key",
    verifyWorkers: 0,
    rpc: { port: 0 },
    p2p: { listen: ["/ip4/127.0.0.1/tcp/0"], peers: [] },
  };
  await writeFile(join(directory, "genesis.json"), genesisJson(genesis));
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  return { directory, discard: () => rm(directory, { recursive: true, force: true }) };
}
