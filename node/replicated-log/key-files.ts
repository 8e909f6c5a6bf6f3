// The keys that a log makes for itself.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { SECRET_KEY_BYTES, type Signer, secretKey } from "../../crypto/index.ts";
import { createSigner, readKeyFile, writeKeyFile } from "../../crypto/native/index.ts";

export async function createKeyFile(path: string, passphrase?: string): Promise<Signer> {
  const secret = secretKey(new Uint8Array(randomBytes(SECRET_KEY_BYTES)));
  await writeKeyFile(path, { secretKey: secret, ...(passphrase && { passphrase }) });
  return createSigner(secret);
}

/** The key of a file, which is made if there is none. */
export async function openKeyFile(path: string, passphrase?: string): Promise<Signer> {
  if (!existsSync(path)) return createKeyFile(path, passphrase);
  const pair = await readKeyFile(path, passphrase === undefined ? {} : { passphrase });
  return createSigner(pair.secretKey);
}
