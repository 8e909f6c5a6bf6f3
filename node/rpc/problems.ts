// Every no of the HTTP interface: RFC 9457 problem documents with a `code` for programs and a remedy for people. This
// table is the whole list.

import { type Hash, toHex } from "../../crypto/index.ts";

export type ProblemCode = keyof typeof KINDS;

export type Problem = {
  readonly code: ProblemCode;
  /** What happened this time, in one sentence; the kind's title when absent. */
  readonly detail?: string;
  /** The transaction this is about. */
  readonly hash?: Hash;
  /** Numbers and words for programs: `expected`, `retryAfterMs`, `limit` and the like. */
  readonly details?: ProblemDetails;
};

export type ProblemDetails = {
  readonly [name: string]: string | number | boolean | readonly string[];
};

type Kind = {
  /** HTTP status. */
  readonly status: number;
  readonly title: string;
  /** May the very same request succeed later? */
  readonly retryable: boolean;
  readonly remedy: string;
};

const SIGN_AGAIN = "Build and sign the transaction again";

const KINDS = {
  INVALID_ENCODING: {
    status: 400,
    title: "The bytes are not a transaction in its one canonical encoding",
    retryable: false,
    remedy: "Encode it as the wire format says: no missing, trailing or out-of-range bytes.",
  },
  INVALID_REQUEST: {
    status: 400,
    title: "The request is not one that this interface understands",
    retryable: false,
    remedy: "Correct the parameter or the body that `detail` names.",
  },
  NOT_FOUND: {
    status: 404,
    title: "There is nothing here",
    retryable: false,
    remedy: "Check the path; a block that is not final yet will be here once it is.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "This path has another method",
    retryable: false,
    remedy: "Use a method of the `allow` header.",
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: "The request took too long to arrive",
    retryable: true,
    remedy: "Send it again, whole and without pauses.",
  },
  NONCE_TOO_LOW: {
    status: 409,
    title: "The account has used this nonce already",
    retryable: false,
    remedy: `${SIGN_AGAIN} with the nonce in \`details.expected\`.`,
  },
  NONCE_GAP: {
    status: 409,
    title: "Transactions of this account with lower nonces are missing",
    retryable: true,
    remedy: "Send those from `details.expected` on first, then this one again.",
  },
  PRUNED: {
    status: 410,
    title: "This node has dropped what lies so far back",
    retryable: false,
    remedy: "Ask a node that keeps the whole chain.",
  },
  TOO_LARGE: {
    status: 413,
    title: "The request is larger than the limit",
    retryable: false,
    remedy: "Stay within `details.limit`; split a batch.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: "The body has a content type that this path does not take",
    retryable: false,
    remedy: "Send application/octet-stream or application/json, without content encoding.",
  },
  BAD_SIGNATURE: {
    status: 422,
    title: "The signature is not the sender's over these bytes",
    retryable: false,
    remedy: `${SIGN_AGAIN} with the sender's key.`,
  },
  WRONG_CHAIN: {
    status: 422,
    title: "The transaction is for another chain",
    retryable: false,
    remedy: `${SIGN_AGAIN} with this chain's id, which /v1/status tells.`,
  },
  EXPIRED: {
    status: 422,
    title: "The last height at which the transaction was valid is past",
    retryable: false,
    remedy: `${SIGN_AGAIN} with a later validUntilHeight.`,
  },
  EXPIRY_TOO_FAR: {
    status: 422,
    title: "The transaction is valid for longer than this node keeps one",
    retryable: false,
    remedy: `${SIGN_AGAIN} with a validUntilHeight within \`details.limit\` blocks.`,
  },
  FEE_TOO_LOW: {
    status: 422,
    title: "The fee is below what is asked for",
    retryable: false,
    remedy: `${SIGN_AGAIN} with at least the fee in \`details.needed\`.`,
  },
  INSUFFICIENT_BALANCE: {
    status: 422,
    title: "The account cannot pay for this and its other pending transactions",
    retryable: false,
    remedy: "Lower the amount or the fee, or fund the account and send it again.",
  },
  APP_REJECTED: {
    status: 422,
    title: "The state machine refuses the call",
    retryable: false,
    remedy: "See `details.reason` for its word on why.",
  },
  RATE_LIMITED: {
    status: 429,
    title: "Too many requests from this address",
    retryable: true,
    remedy: "Wait for `details.retryAfterMs`, then go on more slowly or in batches.",
  },
  SENDER_FULL: {
    status: 429,
    title: "This account has as many pending bytes as one account may",
    retryable: true,
    remedy: "Wait until some of them are final.",
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: "The request's headers are larger than the limit",
    retryable: false,
    remedy: "Send fewer or shorter headers.",
  },
  INTERNAL: {
    status: 500,
    title: "The node failed to answer",
    retryable: true,
    remedy:
      "Try again; the node's log says what happened. A transaction sent twice is executed once.",
  },
  POOL_FULL: {
    status: 503,
    title: "The pool of pending transactions is full",
    retryable: true,
    remedy: "Wait for `details.retryAfterMs`, or offer a higher fee.",
  },
  STREAMS_FULL: {
    status: 503,
    title: "This node serves as many event streams as it may",
    retryable: true,
    remedy: "Wait for `details.retryAfterMs`, or ask another validator.",
  },
  NOT_PROVABLE_YET: {
    status: 503,
    title: "What the proof needs is not here yet",
    retryable: true,
    remedy: "Wait for `details.retryAfterMs` and ask again, or ask another validator.",
  },
  NOT_SYNCED: {
    status: 503,
    title: "This node is catching up with the chain",
    retryable: true,
    remedy: "Ask another validator, or wait until /readyz answers 200.",
  },
} as const satisfies Record<string, Kind>;

export const PROBLEM_CODES = Object.keys(KINDS) as readonly ProblemCode[];

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

export function problemStatus(code: ProblemCode): number {
  return KINDS[code].status;
}

/** For the `retry-after` header: whole seconds, at least one; undefined when the problem names no time. */
export function retryAfterSeconds({ details }: Problem): number | undefined {
  const ms = details?.retryAfterMs;
  return typeof ms === "number" ? Math.max(1, Math.ceil(ms / 1_000)) : undefined;
}

/** The document. `type` is a name, not an address: nothing is to be fetched from it. */
export function problemJson(problem: Problem) {
  const { status, title, retryable, remedy }: Kind = KINDS[problem.code];
  return {
    type: `urn:quorate:problem:${problem.code.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    code: problem.code,
    retryable,
    detail: problem.detail ?? `${title}.`,
    remedy,
    ...(problem.hash === undefined ? {} : { hash: toHex(problem.hash) }),
    ...(problem.details === undefined ? {} : { details: problem.details }),
  };
}
