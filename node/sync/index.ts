// How a validator gets what it missed: questions, answers, and their bytes.

export {
  type Accepted,
  type AnswerRefusal,
  acceptBlock,
  acceptRun,
  type CertifiedRun,
  type WholeBlock,
  wholeBlock,
} from "./acceptance.ts";
export { answer, type Held, type StoredBlocks } from "./answers.ts";
export { type Ask, Asks } from "./asks.ts";
export {
  type Answer,
  answerCodec,
  type BlockWithBodies,
  batchCodec,
  blockWithBodiesCodec,
  carriesItsPayload,
  MAX_ASKED_BODIES,
  MAX_BATCH_TRANSACTIONS,
  MAX_BLOCK_TRANSACTIONS,
  MAX_INLINE_BODIES,
  MAX_INLINE_BYTES,
  type ProposalWithPayload,
  payloadHash,
  proposalWithPayloadCodec,
  type Question,
  questionCodec,
} from "./wire.ts";
