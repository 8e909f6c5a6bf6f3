// What can go wrong between a client and a node: a problem document (RFC 9457) is the node's considered no and comes
// back as a value; a node that cannot be reached or makes no sense is an error that is thrown.

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

/**
 * UNREACHABLE: the request was never sent. NO_ANSWER: it may have arrived, the answer did not. BAD_ANSWER: what came is
 * none of ours.
 */
export class ClientError extends Error {
  readonly code: "UNREACHABLE" | "NO_ANSWER" | "BAD_ANSWER";
  readonly url: string;

  constructor(code: ClientError["code"], url: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "ClientError";
    this.code = code;
    this.url = url;
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
