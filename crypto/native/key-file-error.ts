// What can go wrong with a key file, one code each.

export type KeyFileCode =
  | "missing"
  | "unreadable"
  | "permissions-too-wide"
  | "malformed"
  | "passphrase-needed"
  | "wrong-passphrase"
  | "key-mismatch"
  | "already-exists"
  | "unwritable";

/** The message says what happened and what to do; it never holds secret bytes. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
  readonly code: KeyFileCode;
  readonly path: string;
  readonly what: string;
  readonly remedy: string;

  constructor(
    code: KeyFileCode,
    details: {
      readonly path: string;
      readonly what: string;
      readonly remedy: string;
      readonly cause?: unknown;
    },
  ) {
    const { path, what, remedy, cause } = details;
    super(`key file ${path}: ${what}; ${remedy}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.path = path;
    this.what = what;
    this.remedy = remedy;
  }
}
