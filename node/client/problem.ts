// What can go wrong between a client and a node: a problem document (RFC 9457) is the node's considered no; a node that
// cannot be reached, makes no sense or lies is a ClientError.

/** The node's no. `code` is one of the documented words; unknown ones come from newer nodes and keep their text. */
export type Problem = {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** One sentence for people. */
  readonly message: string;
  /** May the same bytes succeed later? */
  readonly retryable: boolean;
  /** What to do about it, where the node says so. */
  readonly remedy: string | undefined;
  /** Transaction hash, 0x-hex, where there is one. */
  readonly hash: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
};

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/** Nobody's word, the connection's fault. */
export type TransportCode =
  /** The request was never sent. */
  | "UNREACHABLE"
  /** It may have arrived, the answer did not. */
  | "NO_ANSWER"
  /** What came is none of ours. */
  | "BAD_ANSWER";

/** What a validator said that is not so, or that nothing bears out. `reason` tells which check it failed. */
export type LieCode =
  | "MISSING_PROOF"
  /** The path, the leaf or the bytes of a proof. */
  | "BAD_PROOF"
  /** The certificate does not make a quorum of this chain's validators say so. */
  | "BAD_CERTIFICATE"
  /** A certificate that does not hold, from a node that says itself that its chain is another: genesis may be the wrong one. */
  | "WRONG_CHAIN"
  /** A sound proof, of something else than was asked for. */
  | "WRONG_SUBJECT"
  /** The answer beside the proof says something else than the proof. */
  | "CONTRADICTS_PROOF"
  /** True once: the proven state is older than `maxStalenessMs`. */
  | "STALE"
  /** True once: a later height had been proven before the question was asked. */
  | "BEHIND"
  /** Says that a transaction expired that has not. */
  | "FALSE_EXPIRY"
  | "BLOCK_GAP"
  | "BLOCK_REPEATED"
  | "FORGED_BLOCK"
  /** Blocks without a certificate, and no later one that vouches for them. */
  | "UNCERTIFIED_BLOCKS";

/** What one validator did wrong while a question was asked. */
export type Suspicion = {
  readonly url: string;
  readonly code: string;
  readonly reason: string;
};

export type ClientErrorDetails = {
  /** BAD_ARGUMENT, a `TransportCode`, a `LieCode` or the `code` of the node's problem. */
  readonly code: string;
  readonly url?: string;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly retryable?: boolean;
  readonly problem?: Problem | undefined;
  readonly remedy?: string | undefined;
  readonly suspicions?: readonly Suspicion[];
  readonly transaction?: Uint8Array | undefined;
  readonly cause?: unknown;
};

export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: string;
  /** The node that was asked; empty where none was. */
  readonly url: string;
  /** Which check failed, in one word, or which argument was wrong; the message where there is no word. */
  readonly reason: string;
  /** May the same question be answered later? */
  readonly retryable: boolean;
  readonly problem: Problem | undefined;
  /** What to do about it, where that is known; the message may end with it. */
  readonly remedy: string | undefined;
  /** Everything that any validator did wrong before this was given up, the oldest first. */
  readonly suspicions: readonly Suspicion[];
  /** The bytes that were signed, where some were: `resume` goes on with them. */
  readonly transaction: Uint8Array | undefined;

  constructor(details: ClientErrorDetails) {
    super(details.message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = details.code;
    this.url = details.url ?? "";
    this.reason = details.reason ?? details.message;
    this.retryable = details.retryable ?? false;
    this.problem = details.problem;
    this.remedy = details.remedy ?? details.problem?.remedy;
    this.suspicions = details.suspicions ?? [];
    this.transaction = details.transaction;
  }
}

/** A validator that said `code`; made where it is found out, with the address added by whoever asked. */
export class Lie extends Error {
  readonly code: LieCode;
  readonly reason: string;

  constructor(code: LieCode, reason: string) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}

/** Reads a problem document; whatever is missing or of another type gets a harmless value. */
export function problemFrom(status: number, body: unknown): Problem {
  const given = isRecord(body) ? body : {};
  const details = isRecord(given.details) ? given.details : {};
  return {
    code: textOr(given.code, `HTTP_${status}`),
    status,
    message: textOr(given.detail, textOr(given.title, `the node answered with status ${status}`)),
    retryable: given.retryable === true,
    remedy: typeof given.remedy === "string" ? given.remedy : undefined,
    hash: typeof given.hash === "string" ? given.hash : undefined,
    details,
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && value.length > 0 ? value : otherwise;
}
