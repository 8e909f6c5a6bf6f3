// What validators send besides consensus messages: batches of transactions, proposals with their payload, questions
// and answers. Every list and byte string has a bound; a frame above it is refused before anything is allocated.

import {
  type Block,
  blockCodec,
  type Certificates,
  type CommitCert,
  commitCertCodec,
  type Message,
  messageCodec,
  type Proposal,
  quorumCertCodec,
  timeoutCertCodec,
} from "../../consensus/index.ts";
import {
  type Codec,
  constant,
  equalBytes,
  type Hash,
  type Height,
  hashCodec,
  heightCodec,
  type LayerHasher,
  list,
  merkleRoot,
  optional,
  struct,
  uint32,
  union,
  variableBytes,
} from "../../crypto/index.ts";
import { MAX_TRANSACTION_BYTES } from "../transaction/index.ts";

/** No block carries more, whatever genesis says. */
export const MAX_BLOCK_TRANSACTIONS = 16_384;
/** Bodies a proposal may bring along: small blocks need no second trip. */
export const MAX_INLINE_BODIES = 128;
export const MAX_INLINE_BYTES = 24 * 1024;
/** Transactions in one gossip message. */
export const MAX_BATCH_TRANSACTIONS = 512;
/** Bodies asked for at once. */
export const MAX_ASKED_BODIES = 4_096;
/** Blocks in one answer to a catch-up question. */
export const MAX_ANSWERED_BLOCKS = 256;
/** An answer stops growing here; one block may still exceed it. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const bodyCodec = variableBytes(MAX_TRANSACTION_BYTES);

/** Transactions on their way into other pools, each the exact bytes its client signed. */
export type Batch = {
  /** Tells a batch from an earlier one with the same content, which gossip would not carry twice. */
  readonly sequence: number;
  readonly bodies: readonly Uint8Array[];
};

export const batchCodec: Codec<Batch> = struct<Batch>({
  sequence: uint32,
  bodies: list(bodyCodec, MAX_BATCH_TRANSACTIONS),
});

/** A compact proposal: the ordered ids of its transactions, and their bodies if they are few. */
export type ProposalWithPayload = {
  readonly message: Message;
  readonly ids: readonly Hash[];
  readonly bodies: readonly Uint8Array[];
};

export const proposalWithPayloadCodec: Codec<ProposalWithPayload> = struct<ProposalWithPayload>({
  message: messageCodec,
  ids: list(hashCodec, MAX_BLOCK_TRANSACTIONS),
  bodies: list(bodyCodec, MAX_INLINE_BODIES),
});

/** A block with the exact bytes of its transactions in order: how it lies on disk and travels in answers. */
export type BlockWithBodies = {
  readonly block: Block;
  readonly bodies: readonly Uint8Array[];
};

export const blockWithBodiesCodec: Codec<BlockWithBodies> = struct<BlockWithBodies>({
  block: blockCodec,
  bodies: list(bodyCodec, MAX_BLOCK_TRANSACTIONS),
});

export type Question =
  /** The transactions of this block with these ids, as far as they are held. */
  | { readonly type: "bodies"; readonly block: Hash; readonly ids: readonly Hash[] }
  /** The block with this hash, final or not. */
  | { readonly type: "block"; readonly hash: Hash }
  /** Final blocks from this height on, ending with one that has a certificate. */
  | { readonly type: "blocks"; readonly from: Height }
  /** The highest certificates that are held. */
  | { readonly type: "certificates" };

export type Answer =
  | { readonly type: "bodies"; readonly bodies: readonly Uint8Array[] }
  | { readonly type: "block"; readonly found?: BlockWithBodies }
  | {
      readonly type: "blocks";
      readonly blocks: readonly BlockWithBodies[];
      /** Of the last block; absent when there is nothing to offer. */
      readonly cert?: CommitCert;
    }
  | ({ readonly type: "certificates" } & Certificates);

export const questionCodec: Codec<Question> = union<Question>({
  bodies: [
    1,
    struct({ type: constant("bodies"), block: hashCodec, ids: list(hashCodec, MAX_ASKED_BODIES) }),
  ],
  block: [2, struct({ type: constant("block"), hash: hashCodec })],
  blocks: [3, struct({ type: constant("blocks"), from: heightCodec })],
  certificates: [4, struct({ type: constant("certificates") })],
});

export const answerCodec: Codec<Answer> = union<Answer>({
  bodies: [1, struct({ type: constant("bodies"), bodies: list(bodyCodec, MAX_ASKED_BODIES) })],
  block: [
    2,
    struct<Extract<Answer, { type: "block" }>>({
      type: constant("block"),
      found: optional(blockWithBodiesCodec),
    }),
  ],
  blocks: [
    3,
    struct<Extract<Answer, { type: "blocks" }>>({
      type: constant("blocks"),
      blocks: list(blockWithBodiesCodec, MAX_ANSWERED_BLOCKS),
      cert: optional(commitCertCodec),
    }),
  ],
  certificates: [
    4,
    struct<Extract<Answer, { type: "certificates" }>>({
      type: constant("certificates"),
      highQc: quorumCertCodec,
      highTc: optional(timeoutCertCodec),
    }),
  ],
});

/** What a block's `payload` field says of its transactions: the Merkle root of their ids in order. */
export function payloadHash(ids: readonly Hash[], hashLayer?: LayerHasher): Hash {
  return merkleRoot(ids, hashLayer);
}

/** Is this list of ids the one that the proposal commits to? */
export function carriesItsPayload(
  { block }: Proposal,
  ids: readonly Hash[],
  hashLayer?: LayerHasher,
): boolean {
  return equalBytes(payloadHash(ids, hashLayer), block.payload);
}
