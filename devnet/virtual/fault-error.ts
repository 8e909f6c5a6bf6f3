// Why a virtual devnet could not do what a fault command asks.

export type FaultErrorCode =
  | "NO_SUCH_VALIDATOR"
  | "NO_SUCH_WAY"
  /** `rewind-disk` without a `copy-disk` before it. */
  | "NO_COPY";

export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly code: FaultErrorCode;
  readonly remedy: string;

  constructor(code: FaultErrorCode, what: string, remedy: string) {
    super(`${what}: ${remedy}`);
    this.code = code;
    this.remedy = remedy;
  }
}
