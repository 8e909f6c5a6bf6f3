// How the network fails towards the node.

export type NetworkErrorCode =
  /** We cannot listen: the port is taken, or the address is not ours. */
  | "listen"
  | "port-in-use"
  /** Our network key is not the one on the list of validators. */
  | "wrong-key"
  /** Our bytes are above the limit (or an empty frame). */
  | "too-large"
  /** No validator has this index, or it is our own. */
  | "unknown-peer"
  /** No link to the validator now. */
  | "not-connected"
  /** Too many requests wait for this validator already. */
  | "busy"
  /** No answer in time. */
  | "timeout"
  /** The caller's signal. */
  | "aborted"
  /** The peer, or the loss of the link, ended the exchange without an answer. */
  | "reset"
  /** The answer breaks the framing or the limit; the peer got a strike. */
  | "malformed"
  /** The network is not running. */
  | "stopped";

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "NetworkError";
    this.code = code;
  }
}

/** For logs: the message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
