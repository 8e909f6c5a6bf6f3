// What goes wrong between a test and its devnet: what, why, and what to do about it.

import { type Verdict, verdictText } from "../verdict/index.ts";

export type DevnetErrorCode =
  /**
   * The command makes no sense (an unknown word, no such validator, an amount out of range), or cannot be obeyed: then
   * `reason` says why ("NO_COPY").
   */
  | "BAD_FAULT"
  /** An option or an argument makes no sense. */
  | "BAD_ARGUMENT"
  /** No block may carry the call: `reason` is the state machine's word, or the pool's. */
  | "REFUSED"
  /** It stands in a final block and failed: `reason` is the state machine's word. */
  | "FAILED"
  /** Not in the time that was given; the message says what is missing. */
  | "TIMEOUT"
  /** Something that must hold did not: the message is the whole report. */
  | "NOT_HELD"
  | "STOPPED";

export class DevnetError extends Error {
  override readonly name = "DevnetError";
  readonly code: DevnetErrorCode;
  readonly reason: string | undefined;

  constructor(
    code: DevnetErrorCode,
    message: string,
    options: { readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
  }
}

/** @throws {DevnetError} NOT_HELD */
export function held(verdict: Verdict): Verdict {
  if (!verdict.ok) throw new DevnetError("NOT_HELD", `not all held\n\n${verdictText(verdict)}`);
  return verdict;
}
