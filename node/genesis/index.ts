// genesis.json: the agreement that a chain starts from, as people read it and hand it round.

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
