// What a verification pool promises, whether threads stand behind it or not.

import type { DecodeRefusal } from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

/** "admission": the library's own check, for pools and gossip. "vote": ZIP-215, for bodies of blocks. */
export type CheckRule = "admission" | "vote";

export type CheckRefusal = DecodeRefusal | "wrong-chain" | "bad-signature";

export type Checked =
  | { readonly ok: true; readonly transaction: SignedTransaction }
  | { readonly ok: false; readonly refusal: CheckRefusal };

/** Either every transaction has a result, in the order of submission, or none was checked. */
export type CheckOutcome =
  | { readonly ok: true; readonly results: readonly Checked[] }
  | Overloaded
  | { readonly ok: false; readonly refusal: "closed" };

/** No fault of the transactions: the same check may pass later. Numbers are those of the rule that was asked for. */
export type Overloaded = {
  readonly ok: false;
  readonly refusal: "overloaded";
  readonly backlog: number;
  readonly maxBacklog: number;
  readonly backlogBytes: number;
  readonly maxBacklogBytes: number;
};

export type VerificationPool = {
  /**
   * Decodes, hashes and checks signatures. The caller may reuse its arrays at once: what is kept is a copy. Rejects only
   * with a VerificationError, when a worker died.
   */
  readonly check: (transactions: readonly Uint8Array[], rule: CheckRule) => Promise<CheckOutcome>;
  /** Transactions accepted and not answered, under both rules. */
  readonly backlog: number;
  /** Stops at once: what is still under way is answered "closed", and so is every later check. */
  readonly close: () => Promise<void>;
};

export type VerificationErrorCode =
  /** A worker thread threw, ran out of memory, could not be started, or ended: our bug or a broken installation. */
  "VERIFICATION_WORKER_DIED";

/** The process can no longer check signatures and should stop. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
  readonly code: VerificationErrorCode;

  constructor(fault: { readonly what: string; readonly cause?: unknown }) {
    super(
      `${fault.what}. Start the node again; if that does not help, the installation is damaged or too short of memory.`,
      { cause: fault.cause },
    );
    this.code = "VERIFICATION_WORKER_DIED";
  }
}
