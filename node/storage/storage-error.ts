// The world failed under the storage floor: a disk, a damaged file, another process. Never an outsider's fault and
// never recovered from in place: the owner stops, and the message says what a person can do.

export type StorageErrorCode =
  /** Another living process holds the data directory. */
  | "DIRECTORY_LOCKED"
  /** Bytes that were once synced are missing or changed. */
  | "LOG_DAMAGED"
  /** An lmdb environment cannot be opened or contradicts itself. */
  | "DATABASE_DAMAGED"
  /** The files belong to another chain. */
  | "WRONG_CHAIN"
  /** Not our file, or of a version that this program does not know. */
  | "UNKNOWN_FORMAT"
  /** The operating system refused; after a failed write or sync the file is not used again. */
  | "IO";

export type StorageFault = {
  readonly code: StorageErrorCode;
  /** What happened, without a full stop. */
  readonly what: string;
  /** What a person can do about it: a sentence or two. */
  readonly remedy: string;
  readonly path: string;
  /** Byte offset in the file, where that is known. */
  readonly offset?: number;
  readonly cause?: unknown;
};

export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;
  readonly path: string;
  readonly offset: number | undefined;

  constructor(fault: StorageFault) {
    const where = fault.offset === undefined ? fault.path : `${fault.path} at byte ${fault.offset}`;
    super(`${fault.what}: ${where}. ${fault.remedy}`, { cause: fault.cause });
    this.code = fault.code;
    this.path = fault.path;
    this.offset = fault.offset;
  }
}

export const SYNC_AGAIN =
  "Move the data directory away and let the validator sync again; never copy a safety log from a backup.";

/** Passes a StorageError through and wraps whatever else the operating system threw. */
export function ioError(
  error: unknown,
  fault: { readonly what: string; readonly path: string },
): StorageError {
  if (error instanceof StorageError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError({
    code: "IO",
    what: `${fault.what} failed (${reason})`,
    path: fault.path,
    remedy: "Check the disk (space, mount, health), then start again.",
    cause: error,
  });
}
