// Signature checks of transactions off the main loop: a pool of worker threads, and its like without threads.

export { createInlineVerification, type InlineVerificationOptions } from "./inline.ts";
export { createVerificationPool, type VerificationPoolOptions } from "./pool.ts";
export {
  type Checked,
  type CheckOutcome,
  type CheckRefusal,
  type CheckRule,
  type Overloaded,
  VerificationError,
  type VerificationErrorCode,
  type VerificationPool,
} from "./verification.ts";
