// What a chain starts from: the agreement itself, its file, its identity.

export {
  type ConsensusParams,
  chainIdOf,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  encodeGenesis,
  GENESIS_VERSION,
  type Genesis,
  type GenesisAccount,
  type GenesisValidator,
  genesisBlockHash,
  type LedgerParams,
} from "./genesis.ts";
export {
  describeGenesisRefusal,
  GenesisError,
  type GenesisErrorCode,
  readGenesis,
} from "./genesis-file.ts";
export {
  type GenesisRefusal,
  genesisJson,
  type ParsedGenesis,
  parseGenesis,
} from "./genesis-json.ts";
