// genesis.json: the agreement that a chain starts from, as people read it and hand it round.

export {
  type ApplicationParams,
  BUILT_IN_APPLICATION,
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
} from "../chain/index.ts";
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
