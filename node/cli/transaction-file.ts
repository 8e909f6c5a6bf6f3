// A signed transaction in a file: its raw bytes, or the same as 0x-hex text.

import { open } from "node:fs/promises";
import { fromHex, toHex } from "../../crypto/index.ts";
import {
  decodeSignedTransaction,
  MAX_TRANSACTION_BYTES,
  type SignedTransaction,
} from "../transaction/index.ts";
import { CommandFailure, usageFailure } from "./failure.ts";

/** Hex takes two characters a byte, the prefix two and the end of the line at most two. */
const MAX_FILE_BYTES = 2 * MAX_TRANSACTION_BYTES + 4;
const HEX_PREFIX = "0x";

export async function readTransactionFile(path: string): Promise<SignedTransaction> {
  const content = await readBounded(path);
  const text = new TextDecoder("latin1").decode(content);
  const bytes = text.startsWith(HEX_PREFIX) ? fromHex(text.trimEnd()) : content;
  const decoded = bytes === undefined ? undefined : decodeSignedTransaction(bytes);
  if (decoded?.ok) return decoded.value;
  const why = decoded === undefined ? "it is no proper hex" : decoded.refusal;
  throw usageFailure(
    `${path} holds no transaction (${why})`,
    "`quorate tx transfer --out` makes one",
  );
}

/** Never overwrites: the file that is there may be the only copy of what was signed. */
export async function writeTransactionFile(path: string, signed: SignedTransaction): Promise<void> {
  try {
    await using file = await open(path, "wx");
    await file.writeFile(`${toHex(signed.bytes)}\n`);
  } catch (error) {
    throw fileFailure(`${path} cannot be written`, "choose another file", error);
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r");
    const buffer = new Uint8Array(MAX_FILE_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.slice(0, bytesRead);
  } catch (error) {
    throw fileFailure(`${path} cannot be read`, "check the path", error);
  }
}

function fileFailure(message: string, remedy: string, cause: unknown): CommandFailure {
  const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
  return new CommandFailure({
    message: message + reason,
    remedy,
    exitCode: 2,
    code: "FILE",
    cause,
  });
}
