import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blockHash, type Proposal } from "../../../consensus/index.ts";
import {
  type Codec,
  concatBytes,
  decode,
  encode,
  type Hash,
  type Height,
} from "../../../crypto/index.ts";
import {
  type Answer,
  answerCodec,
  batchCodec,
  blockWithBodiesCodec,
  carriesItsPayload,
  MAX_ANSWERED_BLOCKS,
  MAX_ASKED_BODIES,
  MAX_BATCH_TRANSACTIONS,
  MAX_BLOCK_TRANSACTIONS,
  MAX_INLINE_BODIES,
  payloadHash,
  proposalWithPayloadCodec,
  type Question,
  questionCodec,
} from "../../../node/sync/wire.ts";
import { MAX_TRANSACTION_BYTES } from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee, transfer, withBodies } from "../replica/fixtures.ts";

const carried = [transfer(), transfer({ nonce: 1 })];
const made = block(1, { with: carried });
const stored = withBodies(made, carried);
const message = committee.proposal(made);
const cert = committee.commitCert(made, { stateRoot: hashOf("state") });

const ids = (count: number) => Array.from({ length: count }, (_, at) => hashOf(`id ${at}`));
const bodies = (count: number) => Array.from({ length: count }, () => new Uint8Array(1));
const uint32 = (value: number) =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

function roundTrip<T>(codec: Codec<T>, value: T): void {
  expect(decode(codec, encode(codec, value))).toEqual({ ok: true, value });
}

const questions: readonly Question[] = [
  { type: "bodies", block: blockHash(made), ids: ids(3) },
  { type: "block", hash: hashOf("a block") },
  { type: "blocks", from: 7 as Height },
  { type: "certificates" },
];
const answers: readonly Answer[] = [
  { type: "bodies", bodies: stored.bodies },
  { type: "block" },
  { type: "block", found: stored },
  { type: "blocks", blocks: [] },
  { type: "blocks", blocks: [stored], cert },
  { type: "certificates", highQc: committee.qc(3) },
  { type: "certificates", highQc: committee.qc(3), highTc: committee.tc(4, { highQc: 3 }) },
];

describe("what validators send comes back as it was", () => {
  test("a batch of transactions", () =>
    roundTrip(batchCodec, { sequence: 7, bodies: stored.bodies }));
  test("a proposal with ids and bodies", () => {
    roundTrip(proposalWithPayloadCodec, { message, ids: ids(2), bodies: stored.bodies });
  });
  test("a block with its bodies", () => roundTrip(blockWithBodiesCodec, stored));
  test.each(questions)("a question for $type", (question) => roundTrip(questionCodec, question));
  test.each(answers)("an answer of $type", (given) => roundTrip(answerCodec, given));
});

describe("what is longer than its bound is refused before it is read", () => {
  const tooLong = { ok: false, refusal: "too-long" };

  test("a batch of more transactions than one message may hold", () => {
    expect(decode(batchCodec, concatBytes(uint32(7), uint32(MAX_BATCH_TRANSACTIONS + 1)))).toEqual(
      tooLong,
    );
  });

  test("a body larger than any transaction", () => {
    const bytes = concatBytes(uint32(7), uint32(1), uint32(MAX_TRANSACTION_BYTES + 1));
    expect(decode(batchCodec, bytes)).toEqual(tooLong);
  });

  test("a proposal with more ids than any block", () => {
    const front = encode(proposalWithPayloadCodec, { message, ids: [], bodies: [] }).slice(0, -8);
    const bytes = concatBytes(front, uint32(MAX_BLOCK_TRANSACTIONS + 1));
    expect(decode(proposalWithPayloadCodec, bytes)).toEqual(tooLong);
  });

  test("a proposal with more bodies than may come along", () => {
    const front = encode(proposalWithPayloadCodec, { message, ids: [], bodies: [] }).slice(0, -4);
    const bytes = concatBytes(front, uint32(MAX_INLINE_BODIES + 1));
    expect(decode(proposalWithPayloadCodec, bytes)).toEqual(tooLong);
  });

  test("a question for more bodies than one may ask for", () => {
    const bytes = concatBytes(Uint8Array.of(1), hashOf("block"), uint32(MAX_ASKED_BODIES + 1));
    expect(decode(questionCodec, bytes)).toEqual(tooLong);
  });

  test("an answer of more blocks than one may give", () => {
    const bytes = concatBytes(Uint8Array.of(3), uint32(MAX_ANSWERED_BLOCKS + 1));
    expect(decode(answerCodec, bytes)).toEqual(tooLong);
  });

  test("an answer of more bodies than one may ask for", () => {
    const bytes = concatBytes(Uint8Array.of(1), uint32(MAX_ASKED_BODIES + 1));
    expect(decode(answerCodec, bytes)).toEqual(tooLong);
  });
});

describe("hostile bytes", () => {
  test("an unknown kind of question is refused", () => {
    const decoded = decode(questionCodec, Uint8Array.of(9));
    expect(decoded).toEqual({ ok: false, refusal: "unknown-tag" });
  });

  test("bytes after an answer are refused", () => {
    const bytes = concatBytes(encode(answerCodec, { type: "block" }), Uint8Array.of(0));
    expect(decode(answerCodec, bytes)).toEqual({ ok: false, refusal: "trailing-bytes" });
  });

  test("a height beyond 2^53 is refused", () => {
    const bytes = Uint8Array.of(3, ...new Uint8Array(8).fill(255));
    expect(decode(questionCodec, bytes)).toEqual({ ok: false, refusal: "out-of-range" });
  });

  const codecs = [batchCodec, proposalWithPayloadCodec, questionCodec, answerCodec] as const;
  const samples = [
    encode(batchCodec, { sequence: 7, bodies: stored.bodies }),
    encode(proposalWithPayloadCodec, { message, ids: ids(2), bodies: bodies(2) }),
    encode(questionCodec, questions[0] as Question),
    encode(answerCodec, answers[4] as Answer),
  ];

  test.each([0, 1, 2, 3])("never make codec %i throw, and only canonical bytes pass", (which) => {
    const codec = codecs[which] as Codec<unknown>;
    const sample = samples[which] as Uint8Array;
    const spoilt = fc
      .tuple(fc.nat(sample.length - 1), fc.nat(255), fc.nat(sample.length))
      .map(([at, byte, end]) => {
        const copy = sample.slice(0, end);
        if (at < end) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), spoilt), (bytes) => {
        const decoded = decode(codec, bytes);
        if (decoded.ok) expect(encode(codec, decoded.value)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the payload hash", () => {
  const proposalOf = (list: readonly Hash[]): Proposal => ({
    ...message,
    block: { ...made, payload: payloadHash(list) },
  });
  const three = ids(3) as [Hash, Hash, Hash];

  test("names the ids of a proposal in their order", () => {
    expect(carriesItsPayload(proposalOf(three), three)).toBe(true);
  });

  test("is another for another order", () => {
    const [first, second, third] = three;
    expect(carriesItsPayload(proposalOf(three), [second, first, third])).toBe(false);
  });

  test("is another when the last id is doubled", () => {
    expect(carriesItsPayload(proposalOf(three), [...three, three[2]])).toBe(false);
  });

  test("is another when an id is left out", () => {
    expect(carriesItsPayload(proposalOf(three), three.slice(0, 2))).toBe(false);
  });
});
