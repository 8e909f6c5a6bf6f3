import { describe, expect, test } from "vitest";
import { type Block, blockHash } from "../../../consensus/index.ts";
import type { Hash } from "../../../crypto/index.ts";
import { payloadHash } from "../../../node/sync/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import {
  block,
  committee,
  NOW_MS,
  only,
  Subject,
  signedKinds,
  stateRoots,
  transfer,
  withBodies,
} from "./fixtures.ts";

const first = transfer();
const second = transfer({ nonce: 1 });
const third = transfer({ nonce: 2 });

const one = block(1, { with: [first] });
const idsOf = (transactions: readonly SignedTransaction[]) => transactions.map(({ id }) => id);
const rootOf = (made: Block, carried: readonly SignedTransaction[]): Hash =>
  stateRoots([[made, carried]])[0] as Hash;

describe("a replica that hears a proposal", () => {
  const reason = "a payload that is not the proposal's";
  const given = committee.proposal(one);

  test.each<readonly [string, readonly Hash[] | undefined]>([
    ["without ids", undefined],
    ["with too few ids", []],
    ["with other ids", [second.id]],
    ["with an id twice", [first.id, first.id]],
  ])("blames who passed it on %s", (_, ids) => {
    const subject = Subject.started();
    const event = { type: "message", from: 1, message: given } as const;
    const effects = subject.play(ids === undefined ? event : { ...event, ids });
    expect(effects).toEqual([{ type: "penalise", peer: 1, reason }]);
  });

  test("blames who passed it on when the payload itself names an id twice", () => {
    const ids = [first.id, first.id];
    const doubled = { ...one, payload: payloadHash(ids) };
    const effects = Subject.started().hears(committee.proposal(doubled), 1, ids);
    expect(effects).toEqual([{ type: "penalise", peer: 1, reason }]);
  });

  test("blames who passed it on when it carries more than genesis allows", () => {
    const subject = Subject.started({ limits: { maxBlockTransactions: 1 } });
    const carried = [first, second];
    const effects = subject.proposed(block(1, { with: carried }), carried);
    expect(effects).toEqual([{ type: "penalise", peer: 1, reason }]);
  });

  test("blames who passed it on for a signature that is not the leader's", () => {
    const forged = { ...given, signature: committee.proposal(block(1)).signature };
    const effects = Subject.started().hears(forged, 2, idsOf([first]));
    expect(effects).toEqual([{ type: "penalise", peer: 2, reason: "bad-signature" }]);
  });

  test("stores the block, then votes for it, when all bodies are in the pool", () => {
    const subject = Subject.started();
    subject.gossiped(first);
    const effects = subject.proposed(one, [first]);
    const kinds = effects.map(({ type }) => type);
    expect(kinds.indexOf("store")).toBeLessThan(kinds.indexOf("sign"));
    expect(kinds.indexOf("persist")).toBeLessThan(kinds.indexOf("sign"));
    expect(only(effects, "store")).toMatchObject([{ stored: withBodies(one, [first]) }]);
    expect(signedKinds(effects)).toEqual(["vote"]);
  });

  test("does not vote while a body is missing, and pulls it after a moment", () => {
    const subject = Subject.started();
    const effects = subject.proposed(one, [first]);
    expect(signedKinds(effects)).toEqual([]);
    expect(only(effects, "timer")).toContainEqual({ type: "timer", timer: "pull", ms: 4 });
    const asks = only(subject.play({ type: "timer", timer: "pull" }), "ask");
    expect(asks).toMatchObject([{ ask: { to: 1, question: { type: "bodies", ids: [first.id] } } }]);
  });

  test.each(["bodies", "transactions"] as const)("votes once %s bring what was missing", (how) => {
    const subject = Subject.started();
    subject.proposed(one, [first]);
    const effects =
      how === "bodies"
        ? subject.play({ type: "bodies", transactions: [first] })
        : subject.gossiped(first);
    expect(signedKinds(effects)).toEqual(["vote"]);
  });

  test("stops asking for bodies that came by themselves", () => {
    const subject = Subject.started();
    subject.proposed(one, [first]);
    const [asked] = only(subject.play({ type: "timer", timer: "pull" }), "ask");
    subject.play({ type: "bodies", transactions: [first] });
    const answer = { type: "bodies", bodies: [] } as const;
    const effects = subject.play({ type: "answer", id: asked?.ask.id ?? 0, answer });
    expect(only(effects, "ask")).toEqual([]);
  });

  test("asks nobody again for bodies that came while it waited for a retry", () => {
    const subject = Subject.started();
    subject.proposed(one, [first]);
    let asked = only(subject.play({ type: "timer", timer: "pull" }), "ask");
    for (let times = 0; times < 3; times++) {
      asked = only(subject.play({ type: "answer", id: asked[0]?.ask.id ?? 0 }), "ask");
    }
    subject.play({ type: "bodies", transactions: [first] });
    expect(only(subject.play({ type: "timer", timer: "retry" }), "ask")).toEqual([]);
  });

  test("takes even an inadmissible transaction as the body that a block waits for", () => {
    const poor = transfer({ from: "carol" });
    const subject = Subject.started();
    subject.proposed(block(1, { with: [poor] }), [poor]);
    expect(signedKinds(subject.gossiped(poor))).toEqual(["vote"]);
    expect(subject.replica.status.pool.count).toBe(0);
  });

  test.each([
    ["ahead of its clock", block(1, { timestampMs: NOW_MS + 5_001 })],
    ["not later than its parent", block(1, { timestampMs: 1_000_000 })],
  ])("does not vote for a time %s", (_, bad) => {
    expect(signedKinds(Subject.started().proposed(bad))).toEqual([]);
  });

  test("does not vote for an expired transaction, though it holds the body", () => {
    const old = transfer({ until: 0 });
    const subject = Subject.started();
    subject.proposed(block(1, { with: [old] }), [old]);
    expect(signedKinds(subject.play({ type: "bodies", transactions: [old] }))).toEqual([]);
  });
});

describe("a replica that takes transactions in", () => {
  test("tells the client and passes on what is new", () => {
    const effects = Subject.started().submitted(first);
    expect(only(effects, "admission")).toEqual([
      { type: "admission", id: first.id, admission: { ok: true, status: "added" } },
    ]);
    expect(only(effects, "gossip-transactions")).toMatchObject([{ transactions: [first] }]);
  });

  test("neither tells nor passes on what gossip brought", () => {
    const effects = Subject.started().gossiped(first);
    expect(only(effects, "admission")).toEqual([]);
    expect(only(effects, "gossip-transactions")).toEqual([]);
  });

  test("does not pass on what was refused", () => {
    const effects = Subject.started().submitted(transfer({ amount: 5_000n }));
    expect(only(effects, "admission")).toMatchObject([{ admission: { ok: false } }]);
    expect(only(effects, "gossip-transactions")).toEqual([]);
  });

  test("says where a transaction is: pending, included, and after it is final no longer its business", () => {
    const subject = Subject.started();
    expect(subject.replica.inventory.whereabouts(first.id)).toBeUndefined();
    subject.gossiped(first);
    expect(subject.replica.inventory.whereabouts(first.id)).toEqual({ state: "pending" });
    subject.proposed(one, [first]);
    expect(subject.replica.inventory.whereabouts(first.id)).toEqual({ state: "pending" });
    subject.certified(one);
    const included = { state: "included", height: 1, block: blockHash(one) };
    expect(subject.replica.inventory.whereabouts(first.id)).toEqual(included);
    subject.decided(one, rootOf(one, [first]));
    expect(subject.replica.inventory.whereabouts(first.id)).toBeUndefined();
  });
});

describe("a replica whose block is certified", () => {
  function certified() {
    const subject = Subject.started();
    subject.gossiped(first);
    subject.proposed(one, [first]);
    return { subject, effects: subject.certified(one) };
  }

  test("executes it, says that its transactions are included, and commit-votes with the state", () => {
    const { effects } = certified();
    expect(only(effects, "included")).toEqual([
      { type: "included", hash: blockHash(one), height: 1, ids: [first.id] },
    ]);
    const [draft] = only(effects, "sign").map((effect) => effect.draft);
    expect(draft).toMatchObject({
      type: "commit-vote",
      content: { stateRoot: rootOf(one, [first]) },
    });
  });

  test("hands it out as final with the certificate, and takes its transactions from the pool", () => {
    const { subject } = certified();
    const [final] = only(subject.decided(one, rootOf(one, [first])), "final");
    expect(final?.final).toMatchObject({ block: one, transactions: [first], cert: { height: 1 } });
    expect(subject.replica.status).toMatchObject({ tip: { height: 1 }, pool: { count: 0 } });
  });

  test("halts when a quorum certified another state, and makes nothing final", () => {
    const { subject } = certified();
    const effects = subject.decided(one, hashOf("another state"));
    expect(only(effects, "halt")).toMatchObject([
      { halt: { reason: "state-diverged", height: 1 } },
    ]);
    expect(only(effects, "final")).toEqual([]);
    expect(subject.replica.status.halted).toBe(true);
  });

  test("signs nothing any more after it halted", () => {
    const { subject } = certified();
    subject.decided(one, hashOf("another state"));
    const two = block(2, { on: one });
    expect(signedKinds(subject.proposed(two))).toEqual([]);
    expect(signedKinds(subject.play({ type: "timer", timer: "view" }))).toEqual([]);
  });
});

describe("what a replica gives to others", () => {
  test("is a block once it is whole", () => {
    const subject = Subject.started();
    subject.proposed(one, [first]);
    expect(subject.replica.inventory.blockWithBodies(blockHash(one))).toBeUndefined();
    subject.gossiped(first);
    expect(subject.replica.inventory.blockWithBodies(blockHash(one))).toEqual(
      withBodies(one, [first]),
    );
  });

  test("are bodies of its pool and of blocks under way, as far as it has them", () => {
    const subject = Subject.started();
    subject.gossiped(second);
    subject.proposed(one, [first]);
    subject.play({ type: "bodies", transactions: [first] });
    const bodies = subject.replica.inventory.bodiesOf([first.id, third.id, second.id]);
    expect(bodies).toEqual([first.bytes, second.bytes]);
  });
});

describe("evidence", () => {
  test("of two proposals for one view is passed on and kept", () => {
    const subject = Subject.started();
    subject.proposed(block(1));
    const effects = subject.proposed(one, [first]);
    expect(only(effects, "evidence")).toMatchObject([{ evidence: { offender: 1, view: 1 } }]);
    expect(subject.replica.evidence).toHaveLength(1);
  });
});
