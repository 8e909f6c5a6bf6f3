// The files of a devnet: one genesis for all, and for each validator its keys and its configuration.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { addressOf } from "../../crypto/index.ts";
import { writeKeyFile } from "../../crypto/native/index.ts";
import {
  type ApplicationParams,
  BUILT_IN_APPLICATION,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  GENESIS_VERSION,
  type Genesis,
} from "../../node/chain/index.ts";
import { CommandFailure, EXIT_CODES } from "../../node/cli/index.ts";
import type { ConfigFile } from "../../node/config/index.ts";
import { genesisJson } from "../../node/genesis/index.ts";
import {
  DEVELOPMENT_BALANCE,
  type DevnetPlan,
  LOOPBACK,
  RECIPE_FILE,
  type Recipe,
  type ValidatorPlan,
} from "./plan.ts";

export type Ports = { readonly rpcPort: number; readonly p2pPort: number };

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Fills `plan.dir`, which exists and is empty. */
export async function writeDevnet(plan: DevnetPlan, ports: Ports): Promise<Genesis> {
  const genesis = genesisOf(plan, await applicationOf(plan.recipe));
  const text = genesisJson(genesis);
  const recipe = `${JSON.stringify({ version: 1, ...plan.recipe }, undefined, 2)}\n`;
  await Promise.all([
    writeFile(join(plan.dir, RECIPE_FILE), recipe),
    writeFile(join(plan.dir, "genesis.json"), text),
    ...plan.validators.map((validator) => writeValidator(plan, validator, { text, ports })),
  ]);
  return genesis;
}

async function writeValidator(
  plan: DevnetPlan,
  { index, dir, key, networkKey }: ValidatorPlan,
  { text, ports }: { readonly text: string; readonly ports: Ports },
): Promise<void> {
  await mkdir(dir, { mode: PRIVATE_DIRECTORY });
  const config: ConfigFile = {
    validatorKey: "validator.key",
    networkKey: "network.key",
    ...(plan.recipe.application && { application: plan.recipe.application }),
    // All validators share the cores of this machine.
    verifyWorkers: Math.max(1, Math.floor(availableParallelism() / plan.validators.length)),
    ...surroundings(plan, index, ports),
  };
  await Promise.all([
    writeFile(join(dir, "genesis.json"), text),
    writeFile(join(dir, "config.json"), configText(config), { mode: PRIVATE_FILE }),
    writeKeyFile(join(dir, "validator.key"), key),
    writeKeyFile(join(dir, "network.key"), networkKey),
  ]);
}

/** Nobody knows what an application is called before it is loaded. */
async function applicationOf({ application }: Recipe): Promise<ApplicationParams> {
  if (application === undefined) return BUILT_IN_APPLICATION;
  const { loadStateMachine } = await import("../../node/runtime/index.ts");
  const { name } = await loadStateMachine(application);
  return { name, parameters: new Uint8Array(0) };
}

function genesisOf(
  { validators, accounts, recipe }: DevnetPlan,
  application: ApplicationParams,
): Genesis {
  return {
    version: GENESIS_VERSION,
    name: "devnet",
    genesisTimeMs: Date.now(),
    validators: validators.map(({ key, networkKey }) => ({
      publicKey: key.publicKey,
      networkKey: networkKey.publicKey,
      power: 1,
    })),
    // Validators pay for the evidence that they report.
    accounts: [...accounts, ...validators.map(({ key }) => key)].map(({ publicKey }) => ({
      address: addressOf(publicKey),
      balance: DEVELOPMENT_BALANCE,
    })),
    consensus: {
      ...DEFAULT_CONSENSUS_PARAMS,
      leaders: recipe.leaders,
      baseTimeoutMs: recipe.baseTimeoutMs ?? DEFAULT_CONSENSUS_PARAMS.baseTimeoutMs,
    },
    ledger: DEFAULT_LEDGER_PARAMS,
    application,
  };
}

/** The keys of a configuration that depend on the ports. */
function surroundings({ validators }: DevnetPlan, index: number, { rpcPort, p2pPort }: Ports) {
  const multiaddr = (validator: number) => `/ip4/${LOOPBACK}/tcp/${p2pPort + validator}`;
  return {
    rpc: { port: rpcPort + index },
    p2p: {
      listen: [multiaddr(index)],
      peers: validators
        .filter((other) => other.index !== index)
        .map((other) => ({ index: other.index, addresses: [multiaddr(other.index)] })),
    },
  } satisfies ConfigFile;
}

/** Puts the ports of this run into configurations of an earlier one; whatever else a person wrote there stays. */
export async function adjustPorts(plan: DevnetPlan, ports: Ports): Promise<void> {
  await Promise.all(
    plan.validators.map(async ({ index, dir }) => {
      const file = join(dir, "config.json");
      const before = await readFile(file, "utf8");
      const config = parseConfig(before, file);
      const { rpc, p2p } = surroundings(plan, index, ports);
      const after = configText({
        ...config,
        rpc: { ...config.rpc, ...rpc },
        p2p: { ...config.p2p, ...p2p },
      });
      if (after === before) return;
      await writeFile(`${file}.new`, after, { mode: PRIVATE_FILE });
      await rename(`${file}.new`, file);
    }),
  );
}

/** Only as far as needed: the validator itself checks every key. */
function parseConfig(text: string, file: string): ConfigFile {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as ConfigFile;
  } catch {
    // The same complaint as for JSON of another kind.
  }
  throw new CommandFailure({
    message: `${file} is no configuration`,
    exitCode: EXIT_CODES.badConfig,
    code: "BAD_CONFIG",
    remedy: "correct the file; {} is a valid one",
  });
}

function configText(config: ConfigFile): string {
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
