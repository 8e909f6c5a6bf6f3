// The agreement that a chain starts from, its canonical bytes and its identity. Whoever holds a genesis holds the chain
// id, and with it the meaning of every signature. Portable.

import type { LeaderChoiceName } from "../../consensus/index.ts";
import {
  type Address,
  addressCodec,
  ascii,
  type Codec,
  compareBytes,
  domain,
  encode,
  type Hash,
  hashIn,
  list,
  MAX_VALIDATORS,
  type PublicKey,
  publicKeyCodec,
  refuseDecoding,
  struct,
  uint8,
  uint32,
  uint53,
  uint64,
  variableBytes,
} from "../../crypto/index.ts";

/** The position in `Genesis.validators` is the validator's index. */
export type GenesisValidator = {
  /** Signs votes and certificates. */
  readonly publicKey: PublicKey;
  /** Authenticates connections; a key of its own, so that neither protocol can be made to sign for the other. */
  readonly networkKey: PublicKey;
  /** 1 .. MAX_POWER. */
  readonly power: number;
};

export type GenesisAccount = {
  readonly address: Address;
  /** 1 .. 2^64-1; all together below 2^64. */
  readonly balance: bigint;
};

/** What all validators of a chain must do alike, or would at best lose liveness over. */
export type ConsensusParams = {
  /** How long a view lasts before it is given up, while commits go on. */
  readonly baseTimeoutMs: number;
  /** The least time between two blocks; 0 sets no pace. */
  readonly blockIntervalMs: number;
  /** The heartbeat of an idle chain; at least `blockIntervalMs`. */
  readonly emptyBlockIntervalMs: number;
  readonly maxBlockTransactions: number;
  /** All transactions of a block together. */
  readonly maxBlockBytes: number;
  /** How far a block's timestamp may be ahead of a voter's clock. */
  readonly maxClockDriftMs: number;
  /** Who leads a view. */
  readonly leaders: LeaderChoiceName;
};

export type LedgerParams = {
  /** The least fee of a transaction, in the smallest unit, 0 .. 2^64-1. */
  readonly minFee: bigint;
  /** Whether fees vanish or go to the proposer of the block. */
  readonly fees: "burn" | "proposer";
};

/** Which state machine executes the chain. A validator with another one refuses to start. */
export type ApplicationParams = {
  /** 1..32 of `a-z`, `0-9`, `-`; starts with a letter. */
  readonly name: string;
  /** What the application is told at height 0: at most MAX_PARAMETERS_BYTES, of its own making. */
  readonly parameters: Uint8Array;
};

export type Genesis = {
  readonly version: 1;
  /** 1..32 of `a-z`, `0-9`, `-`; starts with a letter. */
  readonly name: string;
  /** Milliseconds since 1970; every block is later. */
  readonly genesisTimeMs: number;
  readonly validators: readonly GenesisValidator[];
  readonly accounts: readonly GenesisAccount[];
  readonly consensus: ConsensusParams;
  readonly ledger: LedgerParams;
  readonly application: ApplicationParams;
};

/** For those who make a genesis; a genesis itself names every value, so no new default can change a chain id. */
export const DEFAULT_CONSENSUS_PARAMS: ConsensusParams = {
  baseTimeoutMs: 1_000,
  blockIntervalMs: 0,
  emptyBlockIntervalMs: 1_000,
  maxBlockTransactions: 4_000,
  maxBlockBytes: 1_048_576,
  maxClockDriftMs: 5_000,
  leaders: "round-robin",
};

export const DEFAULT_LEDGER_PARAMS: LedgerParams = { minFee: 1n, fees: "burn" };

/** The ledger of accounts, records and leases that comes with Quorate. */
export const BUILT_IN_APPLICATION: ApplicationParams = {
  name: "ledger",
  parameters: new Uint8Array(0),
};

export const GENESIS_VERSION = 1;
export const MAX_GENESIS_ACCOUNTS = 100_000;
/** 256 of them stay far below the 2^53 that all powers together may reach. */
export const MAX_POWER = 1_000_000_000;
export const MAX_PARAMETERS_BYTES = 64 * 1024;
/** Of chains and of applications. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;

const MAX_NAME_BYTES = 32;
const GENESIS_DOMAIN = domain("quorate/genesis/1");
const GENESIS_BLOCK_DOMAIN = domain("quorate/genesis-block/1");
const FEES: readonly LedgerParams["fees"][] = ["burn", "proposer"];
/** In the order of their codes. */
export const LEADERS = ["round-robin", "reputation"] as const satisfies LeaderChoiceName[];

const nameBytesCodec = variableBytes(MAX_NAME_BYTES);

const nameCodec: Codec<string> = {
  write: (writer, name) => nameBytesCodec.write(writer, ascii(name)),
  read: (reader) => {
    const name = String.fromCharCode(...nameBytesCodec.read(reader));
    return NAME_PATTERN.test(name) ? name : refuseDecoding("out-of-range");
  },
};

const versionCodec: Codec<1> = {
  write: (writer, version) => uint8.write(writer, version),
  read: (reader) =>
    uint8.read(reader) === GENESIS_VERSION ? GENESIS_VERSION : refuseDecoding("unknown-tag"),
};

function choiceCodec<T extends string>(choices: readonly T[]): Codec<T> {
  return {
    write: (writer, choice) => uint8.write(writer, choices.indexOf(choice)),
    read: (reader) => choices[uint8.read(reader)] ?? refuseDecoding("unknown-tag"),
  };
}

/** Layout only: whether the values make sense is `parseGenesis`'s question. */
export const genesisCodec: Codec<Genesis> = struct<Genesis>({
  version: versionCodec,
  name: nameCodec,
  genesisTimeMs: uint53,
  validators: list(
    struct<GenesisValidator>({
      publicKey: publicKeyCodec,
      networkKey: publicKeyCodec,
      power: uint53,
    }),
    MAX_VALIDATORS,
  ),
  accounts: list(
    struct<GenesisAccount>({ address: addressCodec, balance: uint64 }),
    MAX_GENESIS_ACCOUNTS,
  ),
  consensus: struct<ConsensusParams>({
    baseTimeoutMs: uint32,
    blockIntervalMs: uint32,
    emptyBlockIntervalMs: uint32,
    maxBlockTransactions: uint32,
    maxBlockBytes: uint32,
    maxClockDriftMs: uint32,
    leaders: choiceCodec<LeaderChoiceName>(LEADERS),
  }),
  ledger: struct<LedgerParams>({ minFee: uint64, fees: choiceCodec(FEES) }),
  application: struct<ApplicationParams>({
    name: nameCodec,
    parameters: variableBytes(MAX_PARAMETERS_BYTES),
  }),
});

/** The canonical bytes. Validators in their order, which is their index; accounts by address, whatever their order. */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  const accounts = genesis.accounts.toSorted((left, right) =>
    compareBytes(left.address, right.address),
  );
  return encode(genesisCodec, { ...genesis, accounts });
}

/** Names the chain: part of every signature, so that none is worth anything on another. */
export function chainIdOf(genesis: Genesis): Hash {
  return hashIn(GENESIS_DOMAIN, encodeGenesis(genesis));
}

/** The parent of the first block. */
export function genesisBlockHash(chainId: Hash): Hash {
  return hashIn(GENESIS_BLOCK_DOMAIN, chainId);
}
