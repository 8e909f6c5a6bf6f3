// What goes wrong between a test and its devnet: what, why, and what to do about it.

import { type Verdict, verdictText } from "../verdict/index.ts";
import type { CallReceipt } from "./devnet.ts";

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
  /**
   * It stands in a final block and failed: `reason` is the state machine's word, or "application-fault" where it threw;
   * then `cause` is what it threw, on virtual time.
   */
  | "FAILED"
  /** Not in the time that was given; the message says what is missing. */
  | "TIMEOUT"
  /** With `processes`: one of them ended before there was a chain; the message has its last words. */
  | "NOT_STARTED"
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

const MAX_EXCERPT = 200;

/** `thrown`: what the state machine threw over it, as far as known. @throws {DevnetError} FAILED */
export function succeeded(receipt: CallReceipt, thrown: unknown, where = ""): CallReceipt {
  const { result, code: reason, height } = receipt;
  if (result === "ok") return receipt;
  const what = `the call stands in block ${height} and failed`;
  const why = `the state machine ${wordOf(reason, thrown)}${where}`;
  throw new DevnetError("FAILED", `${what}: ${why}`, { reason, cause: thrown });
}

/** Why it takes no call, or failed one: its own code, or what it threw. */
export function wordOf(code: string, thrown: unknown): string {
  const said = `says "${code}"`;
  return thrown === undefined ? said : `${said}, for it threw ${excerptOf(thrown)}`;
}

function excerptOf(thrown: unknown): string {
  const text = String(thrown);
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}...` : text;
}

/** @throws {DevnetError} NOT_HELD */
export function held(verdict: Verdict): Verdict {
  if (!verdict.ok) throw new DevnetError("NOT_HELD", `not all held\n\n${verdictText(verdict)}`);
  return verdict;
}
