// Where a signature comes from: `--from` names a key file, a development account, or a secret key itself.

import {
  fromHex,
  SECRET_KEY_BYTES,
  type SecretKey,
  type Signer,
  secretKey,
} from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import {
  DEFAULT_DEVELOPMENT_SEED,
  developmentKey,
  isDevelopmentAccount,
} from "./development-keys.ts";
import { usageFailure } from "./failure.ts";
import { openKeyFile } from "./key-file-access.ts";
import type { ActionContext } from "./program.ts";

/** `dev0` .. `dev9` follow QUORATE_DEVNET_SEED, like the devnet itself. */
export async function signerFrom(key: string, context: ActionContext): Promise<Signer> {
  return createSigner(await secretKeyFrom(key, context));
}

async function secretKeyFrom(key: string, context: ActionContext): Promise<SecretKey> {
  if (isDevelopmentAccount(key)) {
    const seed = context.env.QUORATE_DEVNET_SEED ?? DEFAULT_DEVELOPMENT_SEED;
    return developmentKey({ seed, name: key });
  }
  if (!key.startsWith("0x")) return openKeyFile(key, context);
  const bytes = fromHex(key);
  if (bytes?.length === SECRET_KEY_BYTES) return secretKey(bytes);
  // The text stays out of the message: it may be most of a secret.
  throw usageFailure(
    "--from begins with 0x but is no secret key",
    "a secret key is 0x and 64 digits of lower-case hex",
  );
}
