// What a chain is: the agreement that it starts from, its canonical bytes and its identity. Portable: clients use it, too.

export { type ChainRoot, chainRootOf } from "./chain-root.ts";
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
  genesisCodec,
  LEADERS,
  type LedgerParams,
  MAX_GENESIS_ACCOUNTS,
  MAX_PARAMETERS_BYTES,
  MAX_POWER,
  NAME_PATTERN,
} from "./genesis.ts";
