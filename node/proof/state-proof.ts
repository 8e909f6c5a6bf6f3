// What a key of the state holds, or that it holds nothing, after a certified block:
//   certificate -> state root -> leaf of the key, or the gap in which it would lie
//   certificate -> state root -> height and time of the block

import { type CommitCert, commitCertCodec } from "../../consensus/index.ts";
import { type Codec, decode, equalBytes, struct, variableBytes } from "../../crypto/index.ts";
import { MAX_KEY_BYTES, type MapProof, mapProofCodec, verifyMapProof } from "../ledger/index.ts";
import type { ProofRefusal } from "./refusal.ts";
import { type CertifiedBlock, checkAnchor, type Trust } from "./trust.ts";

export type StateProof = {
  readonly key: Uint8Array;
  readonly proof: MapProof;
  /** Of LAST_BLOCK_KEY, in the same state. */
  readonly lastBlock: MapProof;
  readonly cert: CommitCert;
};

export type ProvenState = CertifiedBlock & {
  readonly ok: true;
  readonly key: Uint8Array;
  /** Undefined: the key has no value. */
  readonly value: Uint8Array | undefined;
};

export type StateProofVerdict =
  | ProvenState
  | { readonly ok: false; readonly refusal: ProofRefusal };

export const stateProofCodec: Codec<StateProof> = struct<StateProof>({
  key: variableBytes(MAX_KEY_BYTES),
  proof: mapProofCodec,
  lastBlock: mapProofCodec,
  cert: commitCertCodec,
});

/** What `bytes` prove about `key`. Whether the height is fresh enough is for the caller to say. */
export function checkStateProof(
  bytes: Uint8Array,
  trust: Trust,
  key: Uint8Array,
): StateProofVerdict {
  const decoded = decode(stateProofCodec, bytes);
  if (!decoded.ok) return { ok: false, refusal: "malformed" };
  const given = decoded.value;
  if (!equalBytes(given.key, key)) return { ok: false, refusal: "wrong-key" };
  const anchor = checkAnchor(given, trust);
  if (!anchor.ok) return anchor;
  const proven = verifyMapProof(given.cert.stateRoot, key, given.proof);
  if (!proven.ok) return proven;
  return { ok: true, ...anchor.block, key: given.key, value: proven.value };
}
