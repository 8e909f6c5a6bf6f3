// Opening a key file for a command: the passphrase is asked for only when the file wants one.

import type { SecretKey } from "../../crypto/index.ts";
import { KeyFileError, readKeyFile } from "../../crypto/native/index.ts";
import { CommandFailure } from "./failure.ts";
import { askPassphrase } from "./passphrase.ts";
import type { ActionContext } from "./program.ts";

export async function openKeyFile(path: string, { env }: ActionContext): Promise<SecretKey> {
  try {
    return (await readKeyFile(path)).secretKey;
  } catch (error) {
    if (!(error instanceof KeyFileError) || error.code !== "passphrase-needed") {
      throw keyFailure(error);
    }
  }
  const passphrase = await askPassphrase(`passphrase of ${path}: `, env);
  try {
    return (await readKeyFile(path, { passphrase })).secretKey;
  } catch (error) {
    throw keyFailure(error);
  }
}

export function keyFailure(error: unknown): unknown {
  if (!(error instanceof KeyFileError)) return error;
  return new CommandFailure({
    message: `key file ${error.path}: ${error.what}`,
    remedy: error.remedy,
    code: error.code.toUpperCase().replaceAll("-", "_"),
    exitCode: 3,
    cause: error,
  });
}
