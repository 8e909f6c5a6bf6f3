// Whether an object in memory has the layout of a message at all: every number in its range, every hash and signature of
// its length. What comes off the wire always has; only what does can be encoded, hashed and checked further.

import { HASH_BYTES, SIGNATURE_BYTES } from "../crypto/index.ts";

type Check = (value: unknown) => boolean;

const counter: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const index: Check = (value) => counter(value) && (value as number) < 1 << 16;
const hash = bytes(HASH_BYTES);
const signature = bytes(SIGNATURE_BYTES);

const voteFields = { epoch: counter, view: counter, height: counter, block: hash };
const signatures = object({ signers: list(Number.isInteger), signatures: list(signature) });
const quorumCert = object({ ...voteFields, signatures });
const commitCert = object({ ...voteFields, stateRoot: hash, signatures });
const timeoutCert = object({
  epoch: counter,
  view: counter,
  highQcViews: list(counter),
  signatures,
  highQc: quorumCert,
});
const block = object({
  epoch: counter,
  view: counter,
  height: counter,
  parent: hash,
  justify: quorumCert,
  payload: hash,
  timestampMs: counter,
  proposer: index,
});
const isVote: Check = (value) => value === "vote";
const vote = object({ type: isVote, content: object(voteFields), voter: index, signature });

const messages: ReadonlyMap<unknown, Check> = new Map([
  ["proposal", object({ block, tc: optional(timeoutCert), signature })],
  ["vote", vote],
  [
    "commit-vote",
    object({
      content: object({ ...voteFields, stateRoot: hash }),
      voter: index,
      signature,
      qc: optional(quorumCert),
    }),
  ],
  [
    "timeout",
    object({
      content: object({ epoch: counter, view: counter, highQcView: counter }),
      voter: index,
      signature,
      highQc: quorumCert,
      highTc: optional(timeoutCert),
      vote: optional(vote),
    }),
  ],
  ["decision", object({ cert: commitCert })],
]);

export function isMessage(value: unknown): boolean {
  const { type } = (value ?? {}) as { readonly type?: unknown };
  return messages.get(type)?.(value) === true;
}

export const isCommitCert: Check = commitCert;

export const isCertificates: Check = object({
  highQc: quorumCert,
  highTc: optional(timeoutCert),
});

function bytes(length: number): Check {
  return (value) => value instanceof Uint8Array && value.length === length;
}

function list(item: Check): Check {
  // Spread, for `every` passes over holes.
  return (value) => Array.isArray(value) && [...value].every(item);
}

function object(fields: { readonly [name: string]: Check }): Check {
  const checks = Object.entries(fields);
  return (value) => {
    if (typeof value !== "object" || value === null) return false;
    return checks.every(([name, check]) => check((value as Record<string, unknown>)[name]));
  };
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}
