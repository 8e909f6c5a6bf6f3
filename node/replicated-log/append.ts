// From a call to its place in the log: signed with the next nonce of one account, handed to the validator, waited for.
// A transaction is signed anew only when its nonce went to another one, so that nothing is appended twice.

import {
  addressOf,
  type Hash,
  type Height,
  height,
  nonce,
  type Signer,
} from "../../crypto/index.ts";
import type { NodeApi, Problem, TransactionStatus } from "../rpc/index.ts";
import { type SignedTransaction, signTransaction } from "../transaction/index.ts";

/** Where a call stands in the log, for ever, and what it answered. */
export type Appended = {
  readonly height: Height;
  /** Its place in the block, from 0. */
  readonly index: number;
  /** What the state machine returned as `output`. */
  readonly output: Uint8Array;
  readonly transaction: Hash;
};

export type AppendOptions = { readonly signal?: AbortSignal };

/**
 * The call has no place in the log (a code of the HTTP interface, or EXPIRED), or stands in it and failed (FAILED; `reason`
 * is the state machine's word); or the program handed over what makes no sense (BAD_ARGUMENT; `reason` is the argument's name).
 */
export class AppendError extends Error {
  override readonly name = "AppendError";
  readonly code: string;
  readonly reason: string | undefined;

  constructor(code: string, message: string, reason?: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export type AppenderOptions = {
  readonly api: NodeApi;
  readonly signer: Signer;
  readonly chainId: Hash;
  readonly fee: bigint;
};

/** Blocks in which a call may still be executed. */
const VALID_FOR_BLOCKS = 1_000;
const WAIT_MS = 2_000;
/** For other users of the same account, who take nonces, too. */
const MAX_ATTEMPTS = 16;

export class Appender {
  readonly #options: AppenderOptions;
  readonly #stopping = new AbortController();
  /** The next unused nonce, as far as we know. */
  #next = 0;
  /** Transactions of one account are admitted one after the other: a later nonce never comes first. */
  #admitted: Promise<unknown> = Promise.resolve();

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** @throws {AppendError}, or the signal's reason; the call may then still come into the log */
  async append(call: Uint8Array, options: AppendOptions = {}): Promise<Appended> {
    const { signal: stopping } = this.#stopping;
    const given = options.signal === undefined ? [] : [options.signal];
    const signal = AbortSignal.any([stopping, ...given]);
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      const admitted = this.#admitted.then(() => this.#admit(call, signal));
      this.#admitted = admitted.catch(() => {});
      const appended = await this.#final(await admitted, signal);
      if (appended !== undefined) return appended;
    }
    throw new AppendError("NONCE_TAKEN", "others keep using this account's nonces");
  }

  /** Ends whatever waits; no more is appended. */
  stop(): void {
    this.#stopping.abort(new AppendError("STOPPED", "the validator is being stopped"));
  }

  async #admit(call: Uint8Array, signal: AbortSignal): Promise<SignedTransaction> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      signal.throwIfAborted();
      const signed = this.#sign(call);
      const submission = await this.#options.api.submit(signed.bytes);
      if (submission.ok) {
        this.#next = signed.transaction.nonce + 1;
        return signed;
      }
      const { code, details } = submission.problem;
      if (code !== "NONCE_TOO_LOW" && code !== "NONCE_GAP") throw refusal(submission.problem);
      this.#next = Number(details?.expected);
    }
    throw new AppendError("NONCE_TAKEN", "others keep using this account's nonces");
  }

  #sign(call: Uint8Array): SignedTransaction {
    const { api, signer, chainId, fee } = this.#options;
    const { publicKey } = signer;
    const sender = addressOf(publicKey);
    const unused = nonce(Math.max(this.#next, api.account(sender).nonce));
    const validUntilHeight = height(api.status().height + VALID_FOR_BLOCKS);
    const terms = { chainId, sender, publicKey, nonce: unused, fee, validUntilHeight };
    return signTransaction({ ...terms, call }, signer);
  }

  /** Undefined: the nonce went to another transaction, and this one never runs. */
  async #final(signed: SignedTransaction, signal: AbortSignal): Promise<Appended | undefined> {
    const { api } = this.#options;
    const { id: hash, transaction } = signed;
    for (;;) {
      const status = await api.waitFor({ hash, until: "final", timeoutMs: WAIT_MS, signal });
      const settled = outcome(status, hash);
      if (settled !== undefined) return settled;
      signal.throwIfAborted();
      const isOvertaken = api.account(transaction.sender).nonce > transaction.nonce;
      if (isOvertaken && api.transaction(hash).state !== "final") return undefined;
      // A full pool may have dropped it; the same bytes again are the same transaction.
      await api.submit(signed.bytes);
    }
  }
}

/** Undefined while it may still come. */
function outcome(status: TransactionStatus, transaction: Hash): Appended | undefined {
  switch (status.state) {
    case "final": {
      const { result, code, index, output } = status.receipt;
      if (result === "ok") return { height: status.height, index, output, transaction };
      throw new AppendError("FAILED", `the state machine refused the call: ${code}`, code);
    }
    case "rejected":
      throw new AppendError(status.code, status.detail);
    case "expired":
      throw new AppendError("EXPIRED", "no block carried the call while it was valid");
    default:
      return undefined;
  }
}

function refusal({ code, detail, details }: Problem): AppendError {
  const reason = typeof details?.reason === "string" ? details.reason : undefined;
  return new AppendError(
    code,
    detail ?? `the validator refuses the call: ${reason ?? code}`,
    reason,
  );
}
