// What travels besides consensus messages: transactions, calls, gossip, questions and answers, the frames around them;
// and the gate of the runtime that all of it comes through.

import { type Block, blockHash, type Message, messageCodec } from "../../consensus/index.ts";
import {
  addressCodec,
  type Codec,
  decode,
  encode,
  equalBytes,
  type Hash,
  type Height,
  hashCodec,
  nonceCodec,
  publicKeyCodec,
  signatureCodec,
  struct,
  uint8,
  uint64,
  variableBytes,
} from "../../crypto/index.ts";
import { encodeFrames, FrameReader } from "../../node/network/framing.ts";
import { Ingress } from "../../node/runtime/ingress.ts";
import {
  type Answer,
  acceptBlock,
  acceptRun,
  answer,
  answerCodec,
  batchCodec,
  blockWithBodiesCodec,
  proposalWithPayloadCodec,
  type Question,
  questionCodec,
  wholeBlock,
} from "../../node/sync/index.ts";
import {
  type Call,
  callCodec,
  decodeCall,
  decodeTransaction,
  encodeCall,
  MAX_CALL_BYTES,
  MAX_MEMO_BYTES,
  MAX_TRANSACTION_BYTES,
  type Transaction,
} from "../../node/transaction/index.ts";
import { createInlineVerification } from "../../node/verification/index.ts";
import { hashOf, standInScheme } from "../consensus/fixtures.ts";
import { block, committee, transfer, withBodies } from "../node/replica/fixtures.ts";
import { codecTarget, strictlyDecoded } from "./codec-target.ts";
import { MESSAGES } from "./consensus-targets.ts";
import { must, type Target } from "./target.ts";

const first = transfer();
const second = transfer({ nonce: 1, memo: new Uint8Array(5) });
const carried = [first, second];
const made = block(1, { with: carried });
const following = block(2, { on: made });
const stored = withBodies(made, carried);
const bodies = carried.map(({ bytes }) => bytes);
const ids = carried.map(({ id }) => id);
const cert = committee.commitCert(following, { stateRoot: hashOf("state") });

/** The layout field by field, from the same floor but not from the same code: `decodeTransaction` reads by offsets. */
const layout: Codec<Transaction & { readonly version: number }> = struct({
  version: uint8,
  chainId: hashCodec,
  sender: addressCodec,
  publicKey: publicKeyCodec,
  nonce: nonceCodec,
  fee: uint64,
  validUntilHeight: nonceCodec as unknown as Codec<Height>,
  call: variableBytes(MAX_CALL_BYTES),
  signature: signatureCodec,
});

const transactionTarget: Target = {
  name: "transaction",
  maxBytes: MAX_TRANSACTION_BYTES + 256,
  seeds: () => [
    ...[first.bytes, second.bytes, transfer({ from: "bob", fee: 2n ** 64n - 1n }).bytes],
    encode(layout, { version: 1, ...first.transaction, call: new Uint8Array(MAX_CALL_BYTES) }),
  ],
  check: (input) => {
    const value = strictlyDecoded(input, {
      read: decodeTransaction,
      write: (transaction) => encode(layout, { version: 1, ...transaction }),
    });
    const plain = decode(layout, input);
    const isPlain = plain.ok && plain.value.version === 1;
    must(isPlain === (typeof value !== "string"), "both readings of a transaction agree");
    return typeof value === "string" ? value : `accepted ${decodeCall(value.decoded.call).ok}`;
  },
};

const { sender: to, publicKey } = first.transaction;
const key = Uint8Array.of(1, 2, 3);
const said = encode(messageCodec, MESSAGES[0] as Message);
const memo = Uint8Array.of(7);

/** One of each that the built-in ledger understands, beside transfers. */
const calls: readonly Call[] = [
  { type: "pay-many", payments: [1n, 2n].map((amount) => ({ to, amount })), memo },
  { type: "rotate-key", publicKey },
  { type: "put-record", key, value: memo },
  { type: "put-record", key, value: memo, expectedVersion: 5 },
  { type: "delete-record", key },
  { type: "give-record", key, to },
  { type: "acquire-lease", key, heights: 9 },
  { type: "release-lease", key },
  { type: "report-evidence", first: said, second: said },
];

const callTarget: Target = {
  name: "call",
  seeds: () => [
    first.transaction.call,
    second.transaction.call,
    transfer({ memo: new Uint8Array(MAX_MEMO_BYTES) }).transaction.call,
    ...calls.map(encodeCall),
  ],
  check: (input) => {
    const value = strictlyDecoded(input, { read: decodeCall, write: encodeCall });
    const plain = decode(callCodec, input);
    must(plain.ok === (typeof value !== "string"), "both readings of a call agree");
    return typeof value === "string" ? value : `accepted ${value.decoded.type}`;
  },
};

const questions: readonly Question[] = [
  { type: "bodies", block: blockHash(made), ids },
  { type: "block", hash: blockHash(made) },
  { type: "blocks", from: made.height },
];

const onDisk = new Map([made, following].map((each) => [each.height, encodedBlock(each)]));
const source = {
  finalHeight: () => following.height,
  blockByHash: (hash: Uint8Array) =>
    equalBytes(hash, blockHash(made)) ? encodedBlock(made) : undefined,
  blockAt: (height: Height) => onDisk.get(height),
  certificateAt: () => undefined,
};

function encodedBlock(each: Block): Uint8Array {
  return encode(blockWithBodiesCodec, withBodies(each, each === made ? carried : []));
}

const answers: readonly Answer[] = [
  { type: "bodies", bodies },
  { type: "block" },
  { type: "block", found: stored },
  { type: "blocks", blocks: [] },
  { type: "blocks", blocks: [stored, withBodies(following, [])], cert },
  { type: "certificates", highQc: committee.qc(3), highTc: committee.tc(4, { highQc: 3 }) },
];

const { genesisTip } = committee;
const verifier = committee.verifier();

function judgeAnswer(given: Answer): string {
  if (given.type === "bodies") return "bodies";
  if (given.type === "certificates") {
    const checked = verifier.verifyCertificates(given);
    return `certificates ${checked.ok ? "believed" : checked.refusal}`;
  }
  const verdict =
    given.type === "block"
      ? acceptBlock(given, blockHash(made))
      : acceptRun(given, { tip: genesisTip, verifier });
  return `${given.type} ${verdict.ok ? "believed" : verdict.refusal}`;
}

const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** The first byte says in what pieces the rest arrives. */
const framesTarget: Target = {
  name: "frames",
  seeds: () => [
    Uint8Array.of(3, ...encodeFrames([first.bytes, Uint8Array.of(1, 2, 3)])),
    Uint8Array.of(255, ...encodeFrames([Uint8Array.of(9)])),
  ],
  check: (input) => {
    const [piece = 0] = input;
    const stream = input.subarray(1);
    const reader = new FrameReader(MAX_FRAME_BYTES);
    const frames: Uint8Array[] = [];
    let isMalformed = false;
    for (let start = 0; start < stream.length && !isMalformed; start += piece + 1) {
      reader.push(stream.subarray(start, start + piece + 1));
      let found = reader.next();
      for (; found instanceof Uint8Array; found = reader.next()) frames.push(found);
      isMalformed = found === "malformed";
    }
    const whole = encodeFrames(frames);
    must(
      frames.every(({ length }) => length > 0 && length <= MAX_FRAME_BYTES),
      "a frame has 1 byte or more, up to the limit",
    );
    must(equalBytes(whole, stream.subarray(0, whole.length)), "frames are the stream in pieces");
    const rest = stream.subarray(whole.length);
    const claimed = rest.length < 4 ? undefined : new DataView(rest.slice().buffer).getUint32(0);
    const isWrong = claimed === 0 || (claimed !== undefined && claimed > MAX_FRAME_BYTES);
    must(isMalformed === isWrong, "a length out of range ends the stream, and nothing else does");
    if (isMalformed) return "refused";
    must(claimed === undefined || rest.length < claimed + 4, "a whole frame is handed out");
    must(reader.partial === rest.length > 0, "the reader knows whether a frame was begun");
    // What waits for many bytes is worth measuring.
    return `accepted ${Math.min(frames.length, 4)} ${Math.floor(Math.log2(claimed ?? 1))}`;
  },
};

const proposal: Message = committee.proposal(made);
const DOORS = ["transactions", "proposals", "certificates", "frame", "answer"] as const;

/** The first byte chooses the door. Nothing may throw, and what the replica is told must have passed. */
const ingressTarget: Target = {
  name: "ingress",
  seeds: () => [
    Uint8Array.of(0, ...encode(batchCodec, { sequence: 7, bodies })),
    Uint8Array.of(1, ...encode(proposalWithPayloadCodec, { message: proposal, ids, bodies })),
    Uint8Array.of(3, ...encodedVote()),
    Uint8Array.of(4, ...encode(answerCodec, { type: "bodies", bodies })),
  ],
  check: async (input) => {
    const door = DOORS[(input[0] ?? 0) % DOORS.length] as (typeof DOORS)[number];
    const bytes = input.subarray(1);
    const told: string[] = [];
    let failure: unknown;
    let named: readonly Hash[] = [];
    const ingress = new Ingress({
      verification: createInlineVerification({
        chainId: committee.validators.chainId,
        scheme: standInScheme,
      }),
      step: (event) => {
        told.push(event.type);
        if (event.type === "message") named = event.ids ?? [];
        if (event.type === "transactions" || event.type === "bodies") {
          for (const { id, bytes } of event.transactions) {
            const isOurs = bodies.some((body) => equalBytes(body, bytes));
            must(isOurs, "only what was signed passes");
            const isNamed = door !== "proposals" || named.some((each) => equalBytes(each, id));
            must(isNamed, "a proposal brings only bodies that it names");
          }
        }
        return true;
      },
      isKnownBlock: () => false,
      isHeld: () => false,
      penalise: () => told.push("penalty"),
      failed: (error) => {
        failure = error;
      },
    });
    if (door === "answer") await ingress.answer(1, 2, bytes);
    else if (door === "frame") told.push(`${ingress.frame(2, bytes)}`);
    else told.push(await ingress.gossip(door, 2, bytes));
    // Bodies of a proposal are checked while it is being passed on.
    for (let turns = 0; turns < 4; turns++) await Promise.resolve();
    if (failure !== undefined) throw failure;
    const isTaken = !told.includes("reject") && !told.includes("false");
    return `${isTaken ? "accepted" : "refused"} ${door} ${told.join(" ")}`;
  },
};

function encodedVote(): Uint8Array {
  return encode(messageCodec, committee.vote(made, { by: 2 }));
}

export const WIRE_TARGETS: readonly Target[] = [
  transactionTarget,
  callTarget,
  codecTarget({ name: "batch", codec: batchCodec, values: [{ sequence: 7, bodies }] }),
  codecTarget({
    name: "proposal-with-payload",
    codec: proposalWithPayloadCodec,
    values: [
      { message: proposal, ids, bodies },
      ...MESSAGES.slice(2, 4).map((message) => ({ message, ids: [], bodies: [] })),
    ],
  }),
  codecTarget({
    name: "block-with-bodies",
    codec: blockWithBodiesCodec,
    values: [stored, withBodies(following, [])],
    judge: (value) => {
      const verdict = wholeBlock(value);
      return verdict.ok ? "and whole" : verdict.refusal;
    },
  }),
  codecTarget({
    name: "question",
    codec: questionCodec,
    values: questions,
    judge: (question) => {
      const certificates = () => ({ highQc: committee.genesis });
      const held = { blockWithBodies: () => undefined, bodiesOf: () => [], certificates };
      const given = answer(question, held, source);
      must(given.type === question.type, "an answer is of the question's kind");
      return question.type;
    },
  }),
  codecTarget({ name: "answer", codec: answerCodec, values: answers, judge: judgeAnswer }),
  framesTarget,
  ingressTarget,
];
