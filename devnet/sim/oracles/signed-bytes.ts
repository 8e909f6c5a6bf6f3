// What signatures cover and blocks hash to, written a second time from the documented layouts: a length-prefixed domain,
// the chain id, then the content; integers big-endian, eight bytes for what is below 2^53.

import type {
  Block,
  CommitVoteContent,
  QuorumCert,
  TimeoutContent,
  VoteContent,
} from "../../../consensus/index.ts";
import {
  concatBytes,
  domain,
  type Epoch,
  type Hash,
  hashIn,
  type SignatureList,
} from "../../../crypto/index.ts";

const VOTE = domain("quorate/vote/1").prefix;
const COMMIT_VOTE = domain("quorate/commit-vote/1").prefix;
const TIMEOUT = domain("quorate/timeout/1").prefix;
const PROPOSAL = domain("quorate/proposal/1").prefix;
const BLOCK = domain("quorate/block/1");

export function signedVote(chainId: Hash, content: VoteContent): Uint8Array {
  return concatBytes(VOTE, chainId, voteFields(content));
}

export function signedCommitVote(chainId: Hash, content: CommitVoteContent): Uint8Array {
  return concatBytes(COMMIT_VOTE, chainId, voteFields(content), content.stateRoot);
}

export function signedTimeout(chainId: Hash, content: TimeoutContent): Uint8Array {
  const { epoch, view, highQcView } = content;
  return concatBytes(TIMEOUT, chainId, eights(epoch, view, highQcView));
}

export function signedProposal(chainId: Hash, epoch: Epoch, block: Uint8Array): Uint8Array {
  return concatBytes(PROPOSAL, chainId, eights(epoch), block);
}

/** Blocks are never written to: each object once. */
const hashes = new WeakMap<Block, Hash>();

export function hashOf(block: Block): Hash {
  const known = hashes.get(block);
  if (known !== undefined) return known;
  const { epoch, view, height, parent, justify, payload, timestampMs, proposer } = block;
  const hash = hashIn(
    BLOCK,
    eights(epoch, view, height),
    parent,
    certificate(justify),
    payload,
    eights(timestampMs),
    Uint8Array.of(proposer >> 8, proposer & 255),
  );
  hashes.set(block, hash);
  return hash;
}

function voteFields({ epoch, view, height, block }: VoteContent): Uint8Array {
  return concatBytes(eights(epoch, view, height), block);
}

function certificate(qc: QuorumCert): Uint8Array {
  return concatBytes(voteFields(qc), signatureList(qc.signatures));
}

/** The length of a bitmap without a zero byte at its end, the bitmap, the signatures. */
function signatureList({ signers, signatures }: SignatureList): Uint8Array {
  const bitmap = new Uint8Array(
    signers.length === 0 ? 0 : Math.floor(Math.max(...signers) / 8) + 1,
  );
  for (const signer of signers) {
    const at = Math.floor(signer / 8);
    bitmap[at] = (bitmap[at] ?? 0) | (1 << (signer % 8));
  }
  return concatBytes(Uint8Array.of(bitmap.length), bitmap, ...signatures);
}

function eights(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const data = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) {
    data.setUint32(8 * at, Math.floor(value / 2 ** 32));
    data.setUint32(8 * at + 4, value % 2 ** 32);
  }
  return bytes;
}
