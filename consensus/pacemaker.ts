// How long a view may last. The engine says when a view begins; whoever drives it keeps the clock.

import { assert } from "../crypto/index.ts";

export type PacemakerOptions = {
  /** Milliseconds a healthy view may take, proposal to certificate; 1 or more. */
  readonly baseTimeoutMs: number;
};

const BACKOFF = 1.5;
const MAX_BACKOFF = 8;

/** base * 1.5^k, never above 8 * base; k counts the views since the last commit beyond the one in flight. */
export function viewTimeoutMs(options: PacemakerOptions, viewsWithoutCommit: number): number {
  assert(options.baseTimeoutMs >= 1, "a view lasts at least a millisecond");
  assert(viewsWithoutCommit >= 0, "views without a commit are counted from zero");
  // Past this exponent the cap decides; without the bound the power would overflow.
  const exponent = Math.min(viewsWithoutCommit, 16);
  return Math.round(options.baseTimeoutMs * Math.min(BACKOFF ** exponent, MAX_BACKOFF));
}
