import { describe, expect, test } from "vitest";
import { type Message, messageCodec } from "../../../../consensus/index.ts";
import { concatBytes, decode, encode } from "../../../../crypto/index.ts";
import {
  evidenceHash,
  offenceKey,
  type RecordedOffence,
  recordedOffenceCodec,
} from "../../../../node/ledger/index.ts";
import { type Call, MAX_EVIDENCE_MESSAGE_BYTES } from "../../../../node/transaction/index.ts";
import { world } from "../../../consensus/fixtures.ts";
import { addressNamed } from "../fixtures.ts";
import { Scene } from "./fixtures.ts";

const committee = world();
const { validators, scheme } = committee;
const [left, right] = [
  committee.block(5, { payload: "left" }),
  committee.block(5, { payload: "right" }),
];
const [first, second] = [committee.vote(left, { by: 2 }), committee.vote(right, { by: 2 })];
const { publicKey } = committee.signerOf(2);

function scene(): Scene {
  return new Scene({ evidence: { validators, scheme } });
}

function report(one: Message, other: Message): Call {
  const bytes = (message: Message) => encode(messageCodec, message);
  return { type: "report-evidence", first: bytes(one), second: bytes(other) };
}

function recorded(of: Scene, kind: "vote" | "commit-vote"): RecordedOffence | undefined {
  const bytes = of.state.get(offenceKey({ publicKey, kind, view: left.view }));
  if (bytes === undefined) return undefined;
  const decoded = decode(recordedOffenceCodec, bytes);
  if (!decoded.ok) throw new Error(decoded.refusal);
  return decoded.value;
}

describe("evidence", () => {
  test("is put on record: who reported it, when, in which transaction, and which messages", () => {
    const court = scene();
    const receipt = court.does("alice", report(first, second));
    expect(receipt.result).toBe("ok");
    expect(recorded(court, "vote")).toEqual({
      reporter: addressNamed("alice"),
      height: 1,
      transaction: receipt.transaction,
      first: evidenceHash(encode(messageCodec, first)),
      second: evidenceHash(encode(messageCodec, second)),
    });
  });

  test("is put on record once, the other way round and with other messages too", () => {
    const court = scene();
    court.does("alice", report(first, second));
    const third = committee.vote(committee.block(5, { payload: "third" }), { by: 2 });
    for (const call of [report(first, second), report(second, first), report(second, third)]) {
      expect(court.tries("bob", call)).toBe("failed already-recorded");
    }
    expect(recorded(court, "vote")?.reporter).toEqual(addressNamed("alice"));
  });

  test("of another kind, validator or view is another offence", () => {
    const court = scene();
    court.does("alice", report(first, second));
    const commitVotes = [left, right].map((block) => committee.commitVote(block, { by: 2 }));
    const others = [left, right].map((block) => committee.vote(block, { by: 3 }));
    const later = [undefined, "right"].map((payload) =>
      committee.vote(committee.block(6, payload === undefined ? {} : { payload }), { by: 2 }),
    );
    for (const [one = first, other = second] of [commitVotes, others, later]) {
      expect(court.tries("alice", report(one, other))).toBe("ok");
    }
    expect(recorded(court, "commit-vote")).toBeDefined();
  });

  test("that proves nothing is carried by no block", () => {
    const court = scene();
    const forged = { ...second, signature: first.signature };
    expect(court.tries("alice", report(first, forged))).toBe("skipped bad-signature");
    expect(court.tries("alice", report(first, first))).toBe("skipped not-contradicting");
    const byAnother = committee.vote(right, { by: 3 });
    expect(court.tries("alice", report(first, byAnother))).toBe("skipped different-signers");
    expect([recorded(court, "vote"), court.balance("alice")]).toEqual([undefined, 1_000n]);
  });

  test("that is no message is refused, either half of it", () => {
    const bytes = encode(messageCodec, first);
    const longer = concatBytes(bytes, Uint8Array.of(0));
    for (const [one, other] of [[longer, bytes] as const, [bytes, longer] as const]) {
      const call: Call = { type: "report-evidence", first: one, second: other };
      expect(scene().tries("alice", call)).toBe("skipped malformed-evidence");
    }
  });

  test("is refused where nobody said who the validators are", () => {
    const outcome = new Scene().tries("alice", report(first, second));
    expect(outcome).toBe("skipped evidence-not-supported");
  });
});

test("two messages of the largest size fill a call, and one byte more has no encoding", () => {
  const full = new Uint8Array(MAX_EVIDENCE_MESSAGE_BYTES);
  const call: Call = { type: "report-evidence", first: full, second: full };
  expect(scene().tries("alice", call)).toBe("skipped malformed-evidence");
  const longer = new Uint8Array(MAX_EVIDENCE_MESSAGE_BYTES + 1);
  expect(() => scene().tries("alice", { ...call, second: longer })).toThrow("at most 8184 bytes");
});
