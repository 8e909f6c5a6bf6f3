// Key files: one Ed25519 key each, readable by its owner alone, written whole or not at all, never overwritten. The
// format stands in ./key-file-format.ts.

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { PublicKey } from "../brands.ts";
import { equalBytes } from "../bytes.ts";
import { publicKeyOf, type SecretKey } from "../keys.ts";
import { KeyFileError } from "./key-file-error.ts";
import {
  formatKeyRecord,
  type KeyRecord,
  parseKeyRecord,
  seal,
  unseal,
} from "./key-file-format.ts";

export type KeyPair = { readonly publicKey: PublicKey; readonly secretKey: SecretKey };

const OWNER_ONLY = 0o600;
const PERMISSION_BITS = 0o777;
const MAX_KEY_FILE_BYTES = 4_096;

/**
 * Writes a new file with mode 0600; when the promise is fulfilled, it is on the disk. Without a passphrase the key lies
 * there in the clear: for development only. Throws KeyFileError `already-exists`, `unwritable`, `passphrase-needed` (an
 * empty one).
 */
export async function writeKeyFile(
  path: string,
  key: { readonly secretKey: SecretKey; readonly passphrase?: string },
): Promise<void> {
  const { secretKey, passphrase } = key;
  const pair = { publicKey: publicKeyOf(secretKey), secretKey };
  if (passphrase === undefined) {
    await writeNew(path, formatKeyRecord({ cipher: "none", ...pair }));
    return;
  }
  if (passphrase === "") {
    throw new KeyFileError("passphrase-needed", {
      path,
      what: "an empty passphrase protects nothing",
      remedy: "choose one, or none at all for a development key",
    });
  }
  await writeNew(path, formatKeyRecord(await seal(pair, passphrase)));
}

/**
 * The key pair in the file. Throws KeyFileError `missing`, `unreadable`, `permissions-too-wide`, `malformed`,
 * `passphrase-needed`, `wrong-passphrase`, `key-mismatch`.
 */
export async function readKeyFile(
  path: string,
  options: { readonly passphrase?: string } = {},
): Promise<KeyPair> {
  const record = await readRecord(path);
  const secretKey = await secretKeyIn(record, { path, passphrase: options.passphrase });
  if (!equalBytes(publicKeyOf(secretKey), record.publicKey)) {
    throw new KeyFileError("key-mismatch", {
      path,
      what: "its public key does not belong to its secret key",
      remedy: "restore the file from a backup",
    });
  }
  return { publicKey: record.publicKey, secretKey };
}

/** The public key that the file names, without opening the secret one; throws as `readKeyFile` does up to `malformed`. */
export async function readPublicKey(path: string): Promise<PublicKey> {
  return (await readRecord(path)).publicKey;
}

async function secretKeyIn(
  record: KeyRecord,
  { path, passphrase }: { readonly path: string; readonly passphrase: string | undefined },
): Promise<SecretKey> {
  if (record.cipher === "none") return record.secretKey;
  if (passphrase === undefined) {
    throw new KeyFileError("passphrase-needed", {
      path,
      what: "it is encrypted and no passphrase was given",
      remedy: "give the passphrase that it was written with",
    });
  }
  const opened = await unseal(record, passphrase);
  if (opened !== undefined) return opened;
  throw new KeyFileError("wrong-passphrase", {
    path,
    what: "this passphrase does not open it",
    remedy: "try again; if you are sure of the passphrase, the file was altered: restore a backup",
  });
}

async function readRecord(path: string): Promise<KeyRecord> {
  const record = parseKeyRecord(await readText(path));
  if (typeof record !== "string") return record;
  throw new KeyFileError("malformed", {
    path,
    what: record,
    remedy: "restore the file from a backup or write a new one",
  });
}

async function readText(path: string): Promise<string> {
  const handle = await openForReading(path);
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw unreadable(path, new Error("it is not a regular file"));
    // Windows has no such bits; its access lists are the owner's affair.
    const mode = status.mode & PERMISSION_BITS;
    if (process.platform !== "win32" && (mode & ~OWNER_ONLY) !== 0) {
      throw new KeyFileError("permissions-too-wide", {
        path,
        what: `its mode is 0${mode.toString(8)}, so others than its owner may use it`,
        remedy: "run `chmod 600` on it, and consider the key known to others",
      });
    }
    return await readBounded(handle, path);
  } finally {
    await handle.close();
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    // Non-blocking, so that a named pipe in the place of the file cannot hang the start.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw unreadable(path, cause);
    throw new KeyFileError("missing", {
      path,
      what: "there is no such file",
      remedy: "check the path, or create a key with `quorate keys`",
      cause,
    });
  }
}

async function readBounded(handle: FileHandle, path: string): Promise<string> {
  const buffer = Buffer.alloc(MAX_KEY_FILE_BYTES + 1);
  let length = 0;
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (length <= MAX_KEY_FILE_BYTES) return buffer.toString("utf8", 0, length);
  throw new KeyFileError("malformed", {
    path,
    what: `it is longer than ${MAX_KEY_FILE_BYTES} bytes`,
    remedy: "restore the file from a backup or write a new one",
  });
}

function unreadable(path: string, cause: unknown): KeyFileError {
  return new KeyFileError("unreadable", {
    path,
    what: `it cannot be read (${reasonOf(cause)})`,
    remedy: "check that it is a file of the user who runs this",
    cause,
  });
}

/** A hard link, unlike a rename, refuses a name that is taken, even by someone who came a moment before. */
async function writeNew(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeDurably(draft, text);
    try {
      await link(draft, path);
    } finally {
      await unlink(draft);
    }
    await syncFolder(dirname(path));
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") {
      throw new KeyFileError("already-exists", {
        path,
        what: "there is a file already, which may hold a key that is in use",
        remedy: "choose another path, or move that file away yourself",
        cause,
      });
    }
    throw new KeyFileError("unwritable", {
      path,
      what: `it cannot be written (${reasonOf(cause)})`,
      remedy: "check that its folder exists, is yours and has space",
      cause,
    });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", OWNER_ONLY);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; there the file system orders the two by itself.
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
