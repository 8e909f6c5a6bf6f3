import { describe, expect, test } from "vitest";
import { blockHash, type Message, messageCodec } from "../../../consensus/index.ts";
import { concatBytes, encode, type Hash, toHex } from "../../../crypto/index.ts";
import type { ReplicaEvent } from "../../../node/replica/index.ts";
import { Ingress } from "../../../node/runtime/ingress.ts";
import { type Answer, answerCodec } from "../../../node/sync/index.ts";
import { batchCodec, proposalWithPayloadCodec } from "../../../node/sync/wire.ts";
import { type SignedTransaction, transactionId } from "../../../node/transaction/index.ts";
import {
  createInlineVerification,
  type VerificationPool,
} from "../../../node/verification/index.ts";
import { hashOf, standInScheme } from "../../consensus/fixtures.ts";
import { block, committee, transfer } from "../replica/fixtures.ts";

const { chainId } = committee.validators;
const first = transfer();
const second = transfer({ nonce: 1 });
const foreign = transfer({ chainId: hashOf("elsewhere") });

function forged({ bytes }: SignedTransaction): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1;
  return copy;
}

const OVERLOADED: VerificationPool = {
  backlog: 1,
  check: () =>
    Promise.resolve({
      ok: false,
      refusal: "overloaded",
      backlog: 1,
      maxBacklog: 1,
      backlogBytes: 1,
      maxBacklogBytes: 1,
    }),
  close: () => Promise.resolve(),
};

function receiving(
  options: {
    readonly isSound?: boolean;
    readonly known?: Hash;
    readonly held?: Hash;
    readonly verification?: VerificationPool;
  } = {},
) {
  const events: ReplicaEvent[] = [];
  const blamed: number[] = [];
  const failures: unknown[] = [];
  const is = (left: Hash, right: Hash | undefined) =>
    right !== undefined && toHex(left) === toHex(right);
  const ingress = new Ingress({
    verification:
      options.verification ?? createInlineVerification({ chainId, scheme: standInScheme }),
    step: (event) => {
      events.push(event);
      return options.isSound ?? true;
    },
    isKnownBlock: ({ hash }) => is(hash, options.known),
    isHeld: (id) => is(id, options.held),
    penalise: (peer) => blamed.push(peer),
    failed: (error) => failures.push(error),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { ingress, events, blamed, failures, settle };
}

const bytesOf = (message: Message) => encode(messageCodec, message);
const batchOf = (...bodies: Uint8Array[]) => encode(batchCodec, { sequence: 1, bodies });

describe("a frame of a direct stream", () => {
  const vote = committee.vote(block(1), { by: 2 });

  test.each<readonly [string, Message]>([
    ["vote", vote],
    ["commit vote", committee.commitVote(block(1), { by: 2, stateRoot: hashOf("state") })],
    ["timeout", committee.timeout(1, { by: 2, highQc: 0 })],
  ])("brings a %s of the validator at its other end", (_, message) => {
    const { ingress, events } = receiving();
    expect(ingress.frame(2, bytesOf(message))).toBe(true);
    expect(events).toEqual([{ type: "message", from: 2, message }]);
  });

  test("may not bring the vote of another", () => {
    const { ingress, events } = receiving();
    expect(ingress.frame(1, bytesOf(vote))).toBe(false);
    expect(events).toEqual([]);
  });

  test.each<readonly [string, Message]>([
    ["proposal", committee.proposal(block(2))],
    [
      "decision",
      { type: "decision", cert: committee.commitCert(block(1), { stateRoot: hashOf("state") }) },
    ],
  ])("may not bring a %s", (_, message) => {
    const { ingress, events } = receiving();
    expect(ingress.frame(2, bytesOf(message))).toBe(false);
    expect(events).toEqual([]);
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["noise", Uint8Array.of(2, 9, 9)],
    ["trailing bytes", concatBytes(bytesOf(vote), Uint8Array.of(0))],
  ])("may not bring %s", (_, bytes) => {
    const { ingress, events } = receiving();
    expect(ingress.frame(2, bytes)).toBe(false);
    expect(events).toEqual([]);
  });
});

describe("gossip of transactions", () => {
  test("is passed on when every one is sound, and reaches the replica", async () => {
    const { ingress, events } = receiving();
    const bytes = batchOf(first.bytes, second.bytes);
    await expect(ingress.gossip("transactions", 1, bytes)).resolves.toBe("accept");
    const ids = events.flatMap((event) =>
      event.type === "transactions" && event.source === "gossip"
        ? event.transactions.map(({ id }) => id)
        : [],
    );
    expect(ids).toEqual([first.id, second.id]);
  });

  test.each([
    ["with a forged signature", forged(second)],
    ["of another chain", foreign.bytes],
    ["that does not decode", second.bytes.slice(1)],
  ])("is rejected with one %s, though the sound ones are taken", async (_, bad) => {
    const { ingress, events } = receiving();
    const bytes = batchOf(first.bytes, bad);
    await expect(ingress.gossip("transactions", 1, bytes)).resolves.toBe("reject");
    expect(events).toMatchObject([{ transactions: [{ id: first.id }] }]);
  });

  test("is rejected when the batch does not decode", async () => {
    const { ingress, events } = receiving();
    const verdict = ingress.gossip("transactions", 1, Uint8Array.of(1));
    await expect(verdict).resolves.toBe("reject");
    expect(events).toEqual([]);
  });

  test("is ignored, nobody's fault, when there is no room to check it", async () => {
    const { ingress, events, blamed } = receiving({ verification: OVERLOADED });
    const verdict = ingress.gossip("transactions", 1, batchOf(first.bytes));
    await expect(verdict).resolves.toBe("ignore");
    expect([events, blamed]).toEqual([[], []]);
  });
});

describe("gossip of a proposal", () => {
  const made = block(2, { with: [first, second] });
  const message = committee.proposal(made);
  const ids = [first.id, second.id];
  const bytesWith = (bodies: readonly Uint8Array[], said: Message = message) =>
    encode(proposalWithPayloadCodec, { message: said, ids, bodies });

  test("reaches the replica with its ids, from who passed it on", () => {
    const { ingress, events } = receiving();
    expect(ingress.gossip("proposals", 1, bytesWith([]))).toBe("accept");
    expect(events).toEqual([{ type: "message", from: 1, message, ids }]);
  });

  test("is passed on before its bodies are checked, and the bodies follow", async () => {
    const { ingress, events, settle } = receiving();
    expect(ingress.gossip("proposals", 1, bytesWith([first.bytes]))).toBe("accept");
    expect(events).toHaveLength(1);
    await settle();
    expect(events[1]).toMatchObject({ type: "bodies", transactions: [{ id: first.id }] });
  });

  test("has no body checked that is held already", async () => {
    const { ingress, events, settle } = receiving({ held: first.id });
    ingress.gossip("proposals", 1, bytesWith([first.bytes, second.bytes]));
    await settle();
    expect(events[1]).toMatchObject({ type: "bodies", transactions: [{ id: second.id }] });
  });

  test("is rejected when the replica finds it unsound", async () => {
    const { ingress, events, settle } = receiving({ isSound: false });
    expect(ingress.gossip("proposals", 1, bytesWith([first.bytes]))).toBe("reject");
    await settle();
    expect(events).toHaveLength(1);
  });

  test("is ignored when its block is known, whatever bodies come along", async () => {
    const { ingress, events, settle } = receiving({ known: blockHash(made) });
    expect(ingress.gossip("proposals", 1, bytesWith([first.bytes]))).toBe("ignore");
    await settle();
    expect(events).toEqual([]);
  });

  test("is rejected with a body that it does not name, before anything else is done", async () => {
    const { ingress, events, blamed, settle } = receiving();
    const bytes = bytesWith([first.bytes, transfer({ nonce: 7 }).bytes]);
    expect(ingress.gossip("proposals", 1, bytes)).toBe("reject");
    await settle();
    expect([events, blamed]).toEqual([[], []]);
  });

  test("blames the proposer, not who passed it on, for a forged body that it names", async () => {
    const { ingress, blamed, settle } = receiving();
    const body = forged(first);
    const said = { message, ids: [transactionId(body)], bodies: [body] };
    const bytes = encode(proposalWithPayloadCodec, said);
    expect(ingress.gossip("proposals", 1, bytes)).toBe("accept");
    await settle();
    expect(blamed).toEqual([2]);
  });

  test.each([
    ["it does not decode", Uint8Array.of(1, 2, 3)],
    ["it is no proposal", bytesWith([], committee.vote(block(1), { by: 1 }))],
  ])("is rejected when %s", (_, bytes) => {
    const { ingress, events } = receiving();
    expect(ingress.gossip("proposals", 1, bytes)).toBe("reject");
    expect(events).toEqual([]);
  });
});

describe("gossip of a certificate", () => {
  const cert = committee.commitCert(block(1), { stateRoot: hashOf("state") });
  const message = { type: "decision", cert } as const;

  test("reaches the replica", () => {
    const { ingress, events } = receiving();
    expect(ingress.gossip("certificates", 1, bytesOf(message))).toBe("accept");
    expect(events).toEqual([{ type: "message", from: 1, message }]);
  });

  test("is rejected when the replica finds it unsound", () => {
    const { ingress } = receiving({ isSound: false });
    expect(ingress.gossip("certificates", 1, bytesOf(message))).toBe("reject");
  });

  test("is rejected when it is another kind of message", () => {
    const { ingress, events } = receiving();
    const bytes = bytesOf(committee.vote(block(1), { by: 1 }));
    expect(ingress.gossip("certificates", 1, bytes)).toBe("reject");
    expect(events).toEqual([]);
  });
});

describe("an answer", () => {
  const encoded = (answer: Answer) => encode(answerCodec, answer);

  test("of bodies brings those that are sound, then says that it came", async () => {
    const { ingress, events } = receiving();
    const bodies = [first.bytes];
    await ingress.answer(7, 1, encoded({ type: "bodies", bodies }));
    expect(events).toMatchObject([
      { type: "bodies", transactions: [{ id: first.id }] },
      { type: "answer", id: 7, answer: { type: "bodies", bodies } },
    ]);
  });

  test("with a forged body costs who gave it, and is over all the same", async () => {
    const { ingress, events, blamed } = receiving();
    await ingress.answer(7, 1, encoded({ type: "bodies", bodies: [forged(first), second.bytes] }));
    expect(blamed).toEqual([1]);
    expect(events).toMatchObject([
      { type: "bodies", transactions: [{ id: second.id }] },
      { type: "answer", id: 7 },
    ]);
  });

  test("that does not decode costs who gave it, and counts as none", async () => {
    const { ingress, events, blamed } = receiving();
    await ingress.answer(7, 1, Uint8Array.of(1));
    expect(blamed).toEqual([1]);
    expect(events).toEqual([{ type: "answer", id: 7 }]);
  });

  test("of bodies is over even when there is no room to check them", async () => {
    const { ingress, events, blamed } = receiving({ verification: OVERLOADED });
    await ingress.answer(7, 1, encoded({ type: "bodies", bodies: [first.bytes] }));
    expect(blamed).toEqual([]);
    expect(events).toMatchObject([{ type: "answer", id: 7 }]);
  });

  test("of a block goes to the replica as it is", async () => {
    const { ingress, events } = receiving();
    await ingress.answer(7, 1, encoded({ type: "block" }));
    expect(events).toEqual([{ type: "answer", id: 7, answer: { type: "block" } }]);
  });
});
