// Why a devnet, simulated or live, could not do what a fault command asks.

export type FaultErrorCode =
  | "NO_SUCH_VALIDATOR"
  | "NO_SUCH_WAY"
  /** It runs, but not as a child of this devnet. */
  | "NOT_OURS"
  /** `rewind-disk` without a `copy-disk` before it. */
  | "NO_COPY"
  /** `resume` of what is not paused, `repent` of what does not lie. */
  | "NOTHING_TO_END"
  /** It was started and ended before it served anyone. */
  | "DIED"
  /** It did not answer in time; the fault is declared all the same, and holds once it does. */
  | "NO_ANSWER"
  | "STOPPING";

export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly code: FaultErrorCode;
  readonly remedy: string;

  constructor(code: FaultErrorCode, what: string, remedy: string, cause?: unknown) {
    super(what, cause === undefined ? {} : { cause });
    this.code = code;
    this.remedy = remedy;
  }
}
