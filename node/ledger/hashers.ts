// The hash functions that a ledger runs on.

import type { hashIn, LayerHasher } from "../../crypto/index.ts";

/** Faster functions with the same results as the portable ones that stand in for them. */
export type Hashers = {
  readonly hash?: typeof hashIn;
  readonly hashLayer?: LayerHasher;
};
