// genesis.json on disk: found, bounded, parsed; or a GenesisError that says what is wrong and what to do.

import type { Genesis } from "../chain/index.ts";
import { readTextFile, type TextFile } from "../config/index.ts";
import { type GenesisRefusal, parseGenesis } from "./genesis-json.ts";

export type GenesisErrorCode =
  /** No such file, no permission, too large, not a text. */
  | "GENESIS_UNREADABLE"
  /** A file that is no genesis; `refusal` says where and why. */
  | "GENESIS_INVALID";

/** Stops a node before it has done anything. What to do stands in `remedy`. */
export class GenesisError extends Error {
  override readonly name = "GenesisError";
  readonly code: GenesisErrorCode;
  readonly file: string;
  readonly remedy: string;
  readonly refusal: GenesisRefusal | undefined;

  constructor(fault: {
    readonly code: GenesisErrorCode;
    readonly what: string;
    readonly file: string;
    readonly remedy: string;
    readonly refusal?: GenesisRefusal;
    readonly cause?: unknown;
  }) {
    super(`${fault.what}: ${fault.file}`, { cause: fault.cause });
    this.code = fault.code;
    this.file = fault.file;
    this.remedy = fault.remedy;
    this.refusal = fault.refusal;
  }
}

/** Room for MAX_GENESIS_ACCOUNTS, written out generously. */
const MAX_GENESIS_FILE_BYTES = 32 * 1024 * 1024;

const SAME_FILE = "Use the very file that the chain's other validators have.";

/** Throws a GenesisError for whatever is not a genesis. */
export async function readGenesis(file: string): Promise<Genesis> {
  const read = await readTextFile(file, MAX_GENESIS_FILE_BYTES);
  if (!read.ok) throw unreadable(file, read);
  const parsed = parseGenesis(read.text);
  if (parsed.ok) return parsed.genesis;
  const { ok: _, ...refusal } = parsed;
  const what = `the genesis file is not valid (${describeGenesisRefusal(refusal)})`;
  throw new GenesisError({ code: "GENESIS_INVALID", what, file, remedy: SAME_FILE, refusal });
}

function unreadable(file: string, read: Exclude<TextFile, { readonly ok: true }>): GenesisError {
  const fault = { code: "GENESIS_UNREADABLE", file } as const;
  switch (read.refusal) {
    case "missing": {
      const remedy = "Check the path, or make one first: `quorate genesis new`.";
      return new GenesisError({ ...fault, what: "there is no genesis file", remedy });
    }
    case "too-large": {
      const what = `the genesis file has ${read.bytes} bytes, at most ${MAX_GENESIS_FILE_BYTES}`;
      return new GenesisError({ ...fault, what, remedy: SAME_FILE });
    }
    case "not-utf8":
      return new GenesisError({ ...fault, what: "the genesis file is no text", remedy: SAME_FILE });
    case "unreadable": {
      const remedy = "Check its permissions and the disk.";
      const { cause } = read;
      return new GenesisError({ ...fault, what: "the genesis file cannot be read", remedy, cause });
    }
  }
}

/** One clause for people, without a full stop. */
export function describeGenesisRefusal(refusal: GenesisRefusal): string {
  const { path } = refusal;
  switch (refusal.refusal) {
    case "not-json":
      return `no JSON: ${refusal.detail}`;
    case "unknown-key":
      return `${path} is not known${refusal.nearest === undefined ? "" : `; ${refusal.nearest}?`}`;
    case "missing-key":
      return `${path} is missing: ${refusal.expected}`;
    case "wrong-value":
      return `${path === "" ? "the document" : path} must be ${refusal.expected}`;
    case "duplicate-key":
      return `${path} is the key of ${refusal.first} too`;
    case "duplicate-address":
      return `${path} is the address of ${refusal.first} too`;
    case "supply-too-large":
      return `the balances come to ${refusal.supply}, at most ${refusal.limit}`;
    case "heartbeat-too-fast":
      return (
        `${path} is ${refusal.emptyBlockIntervalMs}, ` +
        `less than blockIntervalMs ${refusal.blockIntervalMs}`
      );
  }
}
