// What stands at the beginning of a chain, all of it derived from genesis.

import {
  genesisQc,
  type QuorumCert,
  type ValidatorSet,
  validatorSet,
} from "../../consensus/index.ts";
import type { Epoch, Hash } from "../../crypto/index.ts";
import { chainIdOf, type Genesis, genesisBlockHash } from "./genesis.ts";

export type ChainRoot = {
  readonly genesis: Genesis;
  /** The chain id is theirs. */
  readonly validators: ValidatorSet;
  readonly genesisBlock: Hash;
  readonly genesisQc: QuorumCert;
};

export function chainRootOf(genesis: Genesis): ChainRoot {
  const chainId = chainIdOf(genesis);
  const epoch = 0 as Epoch;
  const members = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const genesisBlock = genesisBlockHash(chainId);
  return {
    genesis,
    validators: validatorSet({ chainId, epoch, members }),
    genesisBlock,
    genesisQc: genesisQc({ epoch, block: genesisBlock }),
  };
}
