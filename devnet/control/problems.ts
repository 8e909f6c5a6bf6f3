// Every no of the control interface: RFC 9457 problem documents with a `code` for programs and a remedy for people. This
// table is the whole list.

export type ProblemCode = keyof typeof KINDS;

export type Problem = {
  readonly code: ProblemCode;
  /** What happened this time, in one sentence. */
  readonly detail: string;
  /** Where it is known better than for all problems of its kind. */
  readonly remedy?: string;
  readonly details?: { readonly [name: string]: string | number };
};

type Kind = { readonly status: number; readonly title: string; readonly remedy: string };

const KINDS = {
  INVALID_REQUEST: {
    status: 400,
    title: "The request is not one that this interface understands",
    remedy: 'Send the command as text/plain, or as application/json: {"do":"kill 2"}.',
  },
  UNKNOWN_VERB: {
    status: 400,
    title: "There is no such fault command",
    remedy: "See `details.nearest`; GET /v1/faults lists the verbs.",
  },
  INVALID_COMMAND: {
    status: 400,
    title: "The words after the verb make no sense",
    remedy: "See `detail`; GET /v1/faults shows how each verb is written.",
  },
  NO_SUCH_VALIDATOR: {
    status: 400,
    title: "The devnet has no such validator",
    remedy: "Validators are numbered from 0; `details.validators` says how many there are.",
  },
  NOT_ALLOWED: {
    status: 401,
    title: "The token is missing or wrong",
    remedy:
      "Send `authorization: Bearer TOKEN` with the token of control.json in the devnet's directory.",
  },
  WRONG_HOST: {
    status: 403,
    title: "This interface is for this machine only",
    remedy: "Ask for 127.0.0.1, localhost or [::1] by that name.",
  },
  NOT_FOUND: {
    status: 404,
    title: "There is nothing here",
    remedy: "There are /v1/faults, /v1/verdict and /v1/heal.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "This path has another method",
    remedy: "Use a method of the `allow` header.",
  },
  NOT_POSSIBLE: {
    status: 409,
    title: "The command cannot be done as things are",
    remedy: "See `detail`; GET /v1/faults shows what is in force.",
  },
  TOO_LARGE: {
    status: 413,
    title: "The request is larger than the limit",
    remedy: "Stay within `details.limit` bytes: a command is one line.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: "The body has a content type that is not taken here",
    remedy: 'Send the command as text/plain, or as application/json: {"do":"kill 2"}.',
  },
  BUSY: {
    status: 503,
    title: "Too many commands wait",
    remedy: "Send it again after a moment.",
  },
  INTERNAL: {
    status: 500,
    title: "The devnet failed to answer",
    remedy: "This is a bug: please report it with what the devnet printed.",
  },
} as const satisfies Readonly<Record<string, Kind>>;

export function problemStatus({ code }: Problem): number {
  return KINDS[code].status;
}

export function problemJson({ code, detail, details, ...own }: Problem) {
  const { status, title } = KINDS[code];
  const remedy = own.remedy ?? KINDS[code].remedy;
  const given = details === undefined ? {} : { details };
  const retryable = code === "BUSY";
  return {
    type: `urn:quorate:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    code,
    retryable,
    detail,
    remedy,
    ...given,
  };
}
