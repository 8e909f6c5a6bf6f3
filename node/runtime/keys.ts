// Who we are: the keys of a node's directory, and which of the chain's validators they make us.

import type { ValidatorIndex } from "../../consensus/index.ts";
import { equalBytes, type SecretKey, type Signer } from "../../crypto/index.ts";
import {
  createSigner,
  KeyFileError,
  type KeyPair,
  readKeyFile,
} from "../../crypto/native/index.ts";
import type { Genesis } from "../chain/index.ts";
import { ConfigError, type NodeConfig } from "../config/index.ts";

export type Identity = {
  readonly self: ValidatorIndex;
  readonly signer: Signer;
  readonly networkSecret: SecretKey;
};

/** @throws {ConfigError} */
export async function openIdentity(
  { config, genesis }: { readonly config: NodeConfig; readonly genesis: Genesis },
  passphrase: string | undefined,
): Promise<Identity> {
  const { validatorKey, networkKey } = config;
  if (validatorKey === undefined) throw notAValidator(config, "config.json names no validatorKey");
  const unlock = passphrase === undefined ? {} : { passphrase };
  const validator = await readKey(validatorKey, unlock);
  const network = await readKey(networkKey, unlock);
  const self = genesis.validators.findIndex(({ publicKey }) => {
    return equalBytes(publicKey, validator.publicKey);
  });
  const member = genesis.validators[self];
  if (member === undefined) throw notAValidator(config, "its key is not in genesis");
  if (!equalBytes(member.networkKey, network.publicKey)) {
    throw notAValidator(config, "its network key is not the one that genesis names");
  }
  return { self, signer: createSigner(validator.secretKey), networkSecret: network.secretKey };
}

async function readKey(path: string, unlock: { readonly passphrase?: string }): Promise<KeyPair> {
  try {
    return await readKeyFile(path, unlock);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    const { code, what } = error;
    const remedy =
      code === "passphrase-needed"
        ? "Put the passphrase into the variable QUORATE_PASSPHRASE."
        : error.remedy;
    throw new ConfigError({ source: path, path: "", what, remedy, cause: error });
  }
}

function notAValidator({ dir }: NodeConfig, what: string): ConfigError {
  const remedy = "Only validators of the chain's genesis can run a node.";
  return new ConfigError({ source: dir, path: "validatorKey", what, remedy });
}
