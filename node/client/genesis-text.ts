// genesis.json without the schema library that a node reads it with: what a client needs to know the chain id and who
// may sign. Stricter checks are the node's; here a wrong value at worst makes another chain id, on which nothing verifies.

import { parseAddress, publicKey } from "../../crypto/index.ts";
import { type ChainRoot, chainRootOf, type Genesis, LEADERS } from "../chain/index.ts";
import { bytes, list, record, text } from "./json-values.ts";
import { ClientError } from "./problem.ts";

/** The text of genesis.json, or what `JSON.parse` makes of it. */
export type GenesisSource = string | Readonly<Record<string, unknown>>;

/** Throws a ClientError BAD_GENESIS for what is no genesis. */
export function chainRootFrom(source: GenesisSource): ChainRoot {
  try {
    return chainRootOf(genesisFrom(typeof source === "string" ? JSON.parse(source) : source));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `this is no genesis of this version: ${why}`;
    throw new ClientError({ code: "BAD_GENESIS", message, cause });
  }
}

function genesisFrom(source: unknown): Genesis {
  const json = record(source, "genesis");
  const consensus = record(json.consensus, "consensus");
  const ledger = record(json.ledger, "ledger");
  const application = record(json.application, "application");
  return {
    version: oneOf(json.version, [1], "version"),
    name: text(json.name, "name"),
    genesisTimeMs: number(json.genesisTimeMs, "genesisTimeMs"),
    validators: list(json.validators, "validators").map((entry) => {
      const { publicKey, networkKey, power } = record(entry, "validator");
      return {
        publicKey: key(publicKey),
        networkKey: key(networkKey),
        power: number(power, "power"),
      };
    }),
    accounts: list(json.accounts, "accounts").map((entry) => {
      const { address, balance } = record(entry, "account");
      return { address: addressFrom(address), balance: amount(balance, "balance") };
    }),
    consensus: {
      baseTimeoutMs: number(consensus.baseTimeoutMs, "baseTimeoutMs"),
      blockIntervalMs: number(consensus.blockIntervalMs, "blockIntervalMs"),
      emptyBlockIntervalMs: number(consensus.emptyBlockIntervalMs, "emptyBlockIntervalMs"),
      maxBlockTransactions: number(consensus.maxBlockTransactions, "maxBlockTransactions"),
      maxBlockBytes: number(consensus.maxBlockBytes, "maxBlockBytes"),
      maxClockDriftMs: number(consensus.maxClockDriftMs, "maxClockDriftMs"),
      leaders: oneOf(consensus.leaders, LEADERS, "leaders"),
    },
    ledger: {
      minFee: amount(ledger.minFee, "minFee"),
      fees: oneOf(ledger.fees, ["burn", "proposer"], "fees"),
    },
    application: {
      name: text(application.name, "application.name"),
      parameters: bytes(application.parameters, "application.parameters"),
    },
  };
}

function number(value: unknown, name: string): number {
  if (typeof value !== "number") throw new TypeError(`${name} is not a number`);
  return value;
}

function oneOf<const T>(value: unknown, choices: readonly T[], name: string): T {
  if (!choices.includes(value as T))
    throw new TypeError(`${name} is none of ${choices.join(", ")}`);
  return value as T;
}

function amount(value: unknown, name: string): bigint {
  const digits = text(value, name);
  if (!/^[0-9]{1,20}$/.test(digits)) throw new TypeError(`${name} is not a decimal string`);
  return BigInt(digits);
}

function key(value: unknown) {
  return publicKey(bytes(value, "key"));
}

function addressFrom(value: unknown) {
  const parsed = parseAddress(text(value, "address"));
  if (!parsed.ok) throw new TypeError(`an address is ${parsed.refusal}`);
  return parsed.value;
}
