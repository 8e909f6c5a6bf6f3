// A node's configuration, parsed once: flag > QUORATE_* variable > config.json > default. Frozen; no part of the node
// looks at files, flags or the environment for itself.

import { join, resolve } from "node:path";
import { assert } from "../../crypto/index.ts";
import { ConfigError, refusedConfig } from "./config-error.ts";
import { type ConfigValues, configSchema } from "./config-file.ts";
import { checkStrict, parseStrictJson, schemaAt } from "./strict-json.ts";
import { readTextFile, type TextFile } from "./text-file.ts";

/** Paths are absolute. */
export type NodeConfig = Omit<
  ConfigValues,
  "validatorKey" | "application" | "rpc" | "p2p" | "log" | "pool"
> & {
  readonly dir: string;
  /** Without it a node does not start. */
  readonly validatorKey?: string;
  /** A module; absent: the built-in ledger. */
  readonly application?: string;
  readonly rpc: Readonly<ConfigValues["rpc"]>;
  readonly p2p: {
    readonly listen: readonly string[];
    readonly peers: readonly PeerAddresses[];
  };
  readonly log: Readonly<ConfigValues["log"]>;
  readonly pool: Readonly<ConfigValues["pool"]>;
};

export type PeerAddresses = {
  /** Position in the genesis's validators. */
  readonly index: number;
  readonly addresses: readonly string[];
};

type Option = {
  readonly path: readonly [string, ...string[]];
  readonly variable: string;
  readonly kind: "text" | "integer" | "list";
};

/** What can be said on the command line and in the environment; the names of the flags are the keys. */
const OPTIONS = {
  genesis: { path: ["genesis"], variable: "QUORATE_GENESIS", kind: "text" },
  dataDir: { path: ["dataDir"], variable: "QUORATE_DATA_DIR", kind: "text" },
  validatorKey: { path: ["validatorKey"], variable: "QUORATE_VALIDATOR_KEY", kind: "text" },
  networkKey: { path: ["networkKey"], variable: "QUORATE_NETWORK_KEY", kind: "text" },
  application: { path: ["application"], variable: "QUORATE_APPLICATION", kind: "text" },
  rpcHost: { path: ["rpc", "host"], variable: "QUORATE_RPC_HOST", kind: "text" },
  rpcPort: { path: ["rpc", "port"], variable: "QUORATE_RPC_PORT", kind: "integer" },
  p2pListen: { path: ["p2p", "listen"], variable: "QUORATE_P2P_LISTEN", kind: "list" },
  logLevel: { path: ["log", "level"], variable: "QUORATE_LOG_LEVEL", kind: "text" },
  poolMaxCount: { path: ["pool", "maxCount"], variable: "QUORATE_POOL_MAX_COUNT", kind: "integer" },
  poolMaxBytes: { path: ["pool", "maxBytes"], variable: "QUORATE_POOL_MAX_BYTES", kind: "integer" },
  verifyWorkers: { path: ["verifyWorkers"], variable: "QUORATE_VERIFY_WORKERS", kind: "integer" },
} as const satisfies Record<string, Option>;

/** As the command line gives them: `rpcPort` is `--rpc-port`. Lists may be texts with commas. */
export type ConfigFlags = {
  readonly [Name in keyof typeof OPTIONS]?: string | number | readonly string[] | undefined;
};

export type ConfigSources = {
  /** The node's directory, with config.json in it. */
  readonly dir: string;
  readonly flags?: ConfigFlags;
  readonly env?: Readonly<Record<string, string | undefined>>;
};

const MAX_CONFIG_FILE_BYTES = 1024 * 1024;

/** Throws a ConfigError that names the file, flag or variable at fault. */
export async function loadConfig({
  dir,
  flags = {},
  env = {},
}: ConfigSources): Promise<NodeConfig> {
  const file = join(dir, "config.json");
  const read = await readTextFile(file, MAX_CONFIG_FILE_BYTES);
  if (!read.ok) throw unreadable(file, read);
  return resolveConfig({ dir, flags, env, file, text: read.text });
}

function unreadable(file: string, read: Exclude<TextFile, { readonly ok: true }>): ConfigError {
  const remedy = "Name a node's directory: it holds config.json, genesis.json and keys.";
  const fault = { source: file, path: "", remedy };
  switch (read.refusal) {
    case "missing":
      return new ConfigError({ ...fault, what: "there is no such file" });
    case "not-utf8":
      return new ConfigError({ ...fault, what: "the file is no text" });
    case "too-large": {
      const what = `the file has ${read.bytes} bytes, at most ${MAX_CONFIG_FILE_BYTES}`;
      return new ConfigError({ ...fault, what });
    }
    case "unreadable":
      return new ConfigError({ ...fault, what: "the file cannot be read", cause: read.cause });
  }
}

function resolveConfig(
  sources: Required<ConfigSources> & { readonly file: string; readonly text: string },
): NodeConfig {
  const { dir, flags, env, file, text } = sources;
  const parsed = parseStrictJson(configSchema, text);
  if (!parsed.ok) throw refusedConfig(file, parsed);
  for (const name of Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]) {
    override(parsed.value, name, flags[name], env);
  }
  refuseRepeatedPeers(file, parsed.value);
  const { validatorKey, application, ...values } = parsed.value;
  return deepFrozen({
    ...values,
    dir: resolve(dir),
    genesis: resolve(dir, values.genesis),
    dataDir: resolve(dir, values.dataDir),
    networkKey: resolve(dir, values.networkKey),
    ...(validatorKey === undefined ? {} : { validatorKey: resolve(dir, validatorKey) }),
    ...(application === undefined ? {} : { application: resolve(dir, application) }),
  });
}

/** Puts the flag's value, or else the variable's, in the place of the file's. */
function override(
  values: ConfigValues,
  name: keyof typeof OPTIONS,
  flag: ConfigFlags[keyof ConfigFlags],
  env: Readonly<Record<string, string | undefined>>,
): void {
  const { path, variable, kind }: Option = OPTIONS[name];
  const given = flag ?? env[variable];
  if (given === undefined) return;
  const source = flag === undefined ? variable : `--${name.replaceAll(/[A-Z]/g, dashed)}`;
  const schema = schemaAt(configSchema, path);
  assert(schema !== undefined, `${name} stands for a key of the schema`);
  const checked = checkStrict(schema, asJson(given, kind));
  if (!checked.ok) throw refusedConfig(source, { ...checked, path: path.join(".") });
  let place = values as unknown as Record<string, unknown>;
  for (const step of path.slice(0, -1)) place = place[step] as Record<string, unknown>;
  place[path[path.length - 1] as string] = checked.value;
}

function asJson(given: string | number | readonly string[], kind: Option["kind"]): unknown {
  if (kind === "integer" && typeof given === "string" && /^[0-9]{1,16}$/.test(given)) {
    return Number(given);
  }
  if (kind === "list" && typeof given === "string") return given.split(",");
  return given;
}

function dashed(letter: string): string {
  return `-${letter.toLowerCase()}`;
}

function refuseRepeatedPeers(file: string, { p2p }: ConfigValues): void {
  const seen = new Set<number>();
  for (const [position, { index }] of p2p.peers.entries()) {
    if (seen.has(index)) {
      const path = `p2p.peers[${position}].index`;
      const what = `${path} names validator ${index} a second time`;
      const remedy = "Put all its addresses into one entry.";
      throw new ConfigError({ source: file, path, what, remedy });
    }
    seen.add(index);
  }
}

function deepFrozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFrozen(part);
  }
  return Object.freeze(value);
}
