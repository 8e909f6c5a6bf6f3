// Addresses and hashes as people type them; a refusal shows what would have been right.

import {
  type Address,
  type AddressRefusal,
  addressOf,
  fromHex,
  HASH_BYTES,
  type Hash,
  hash,
  parseAddress,
} from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import {
  DEFAULT_DEVELOPMENT_SEED,
  developmentKey,
  isDevelopmentAccount,
} from "./development-keys.ts";
import { usageFailure } from "./failure.ts";
import type { Environment } from "./output.ts";

const ADDRESS_COMPLAINTS: Record<AddressRefusal, string> = {
  "not-bech32m": "is no address, or has a typing error in it",
  "wrong-prefix": "is the address of something else",
  "wrong-length": "has the wrong length",
};

/** `qr1...`, or `dev0` and so on for an account of the devnet with the seed of the surroundings. */
export function addressFrom(text: string, env: Environment): Address {
  if (isDevelopmentAccount(text)) {
    const seed = env.QUORATE_DEVNET_SEED ?? DEFAULT_DEVELOPMENT_SEED;
    return addressOf(createSigner(developmentKey({ seed, name: text })).publicKey);
  }
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw usageFailure(
    `${text} ${ADDRESS_COMPLAINTS[parsed.refusal]}`,
    "an address has 41 characters and begins with qr1",
  );
}

export function hashFrom(text: string): Hash {
  const bytes = fromHex(text);
  if (bytes?.length === HASH_BYTES) return hash(bytes);
  throw usageFailure(`${text} is no hash`, "a hash is 0x and 64 digits of lower-case hex");
}
