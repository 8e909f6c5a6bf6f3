import { describe, expect, test } from "vitest";
import {
  type Block,
  blockHash,
  initialSafetyState,
  type SafetyState,
} from "../../../consensus/index.ts";
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
  whole,
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

describe("a replica that leads", () => {
  /** Validator 2 in view 2, on block 1 with these transactions, certified and not final. */
  function leading(carried: readonly SignedTransaction[], pending: readonly SignedTransaction[]) {
    const subject = Subject.started({ self: 2 });
    subject.gossiped(...carried, ...pending);
    const parent = block(1, { with: carried });
    subject.proposed(parent, carried);
    return { subject, parent, effects: subject.certified(parent) };
  }

  const proposals = (effects: readonly ReturnType<Subject["step"]>[number][]) =>
    only(effects, "sign").filter(({ draft }) => draft.type === "proposal");

  test("proposes at once what is pending, with the transactions beside the draft", () => {
    const { effects } = leading([], [first]);
    const [made] = proposals(effects);
    expect(made?.transactions).toEqual([first]);
    expect(made?.draft).toMatchObject({ block: { view: 2, payload: payloadHash([first.id]) } });
  });

  test("leaves out what uncommitted ancestors carry", () => {
    const { effects } = leading([first, second], [third]);
    const [made] = proposals(effects);
    expect(made?.transactions).toEqual([third]);
  });

  test("waits on an idle chain, for a heartbeat", () => {
    const { effects } = leading([], []);
    expect(proposals(effects)).toEqual([]);
    expect(only(effects, "timer")).toContainEqual({ type: "timer", timer: "propose", ms: 1_000 });
  });

  test("waits less long when its parent has content that a child helps to commit", () => {
    const { effects } = leading([first], []);
    expect(proposals(effects)).toEqual([]);
    expect(only(effects, "timer")).toContainEqual({ type: "timer", timer: "propose", ms: 50 });
  });

  test("ends the wait with the first transaction, wherever it comes from", () => {
    const { subject } = leading([], []);
    const [made] = proposals(subject.gossiped(first));
    expect(made?.transactions).toEqual([first]);
  });

  test("proposes an empty block when the heartbeat is due", () => {
    const { subject } = leading([], []);
    subject.now += 1_000;
    const [made] = proposals(subject.play({ type: "timer", timer: "propose" }));
    expect(made?.transactions).toEqual([]);
  });

  test("proposes once a view", () => {
    const { subject } = leading([], [first]);
    subject.now += 1_000;
    expect(proposals(subject.play({ type: "timer", timer: "propose" }))).toEqual([]);
    expect(proposals(subject.gossiped(second))).toEqual([]);
  });

  test("keeps the pace between blocks though work is pending", () => {
    const subject = Subject.started({ self: 2, pacing: { blockIntervalMs: 100 } });
    subject.gossiped(first);
    subject.proposed(block(1));
    const effects = subject.certified(block(1));
    expect(proposals(effects)).toEqual([]);
    expect(only(effects, "timer")).toContainEqual({ type: "timer", timer: "propose", ms: 100 });
    subject.now += 100;
    expect(proposals(subject.play({ type: "timer", timer: "propose" }))).toHaveLength(1);
  });

  test("gives its block a later time than the parent, its own clock behind or not", () => {
    const subject = Subject.started({ self: 2 });
    subject.gossiped(first);
    const ahead = block(1, { timestampMs: NOW_MS + 3_000 });
    subject.proposed(ahead);
    const [made] = proposals(subject.certified(ahead));
    expect(made?.draft).toMatchObject({ block: { timestampMs: NOW_MS + 3_001 } });
  });

  test("is not held up by somebody who replays a proposal", () => {
    const subject = Subject.started({ self: 2, pacing: { blockIntervalMs: 100 } });
    subject.gossiped(first);
    subject.proposed(block(1));
    subject.certified(block(1));
    subject.now += 99;
    subject.proposed(block(1));
    subject.now += 1;
    expect(proposals(subject.play({ type: "timer", timer: "propose" }))).toHaveLength(1);
  });

  test("is not held up by a proposal of a view that was given up", () => {
    const subject = Subject.started({ self: 3, pacing: { blockIntervalMs: 100 } });
    const parent = block(1);
    subject.gossiped(first);
    subject.proposed(parent);
    subject.certified(parent);
    subject.gaveUp(2, parent);
    expect(subject.replica.status.view).toBe(3);
    subject.now += 99;
    subject.proposed(block(2, { on: parent }));
    subject.now += 1;
    expect(proposals(subject.play({ type: "timer", timer: "propose" }))).toHaveLength(1);
  });
});

describe("the view timer", () => {
  const viewTimers = (effects: readonly ReturnType<Subject["step"]>[number][]) =>
    only(effects, "timer").filter(({ timer }) => timer === "view");

  test("leaves the leader of an idle chain the heartbeat besides", () => {
    const effects = new Subject().play({ type: "start" });
    expect(viewTimers(effects)).toEqual([{ type: "timer", timer: "view", ms: 1_400 }]);
  });

  test("counts from the first transaction on", () => {
    const subject = Subject.started();
    subject.now += 700;
    expect(viewTimers(subject.gossiped(first))).toEqual([
      { type: "timer", timer: "view", ms: 400 },
    ]);
    expect(viewTimers(subject.gossiped(second))).toEqual([]);
  });

  test("counts from the proposal on, which has to be voted for", () => {
    const subject = Subject.started();
    subject.now += 700;
    expect(viewTimers(subject.proposed(block(1)))).toContainEqual({
      type: "timer",
      timer: "view",
      ms: 400,
    });
  });

  test("is not started for a transaction that is refused", () => {
    const subject = Subject.started();
    expect(viewTimers(subject.gossiped(transfer({ amount: 5_000n })))).toEqual([]);
  });

  test("ends the view with a timeout, and says so", () => {
    const effects = Subject.started().play({ type: "timer", timer: "view" });
    expect(only(effects, "gave-up-view")).toEqual([{ type: "gave-up-view", view: 1 }]);
    expect(signedKinds(effects)).toEqual(["timeout"]);
  });
});

describe("a replica after a restart", () => {
  /** Validator 1 proposed this in view 1 and lost its memory. */
  function restarted(
    made: Block,
    options: { readonly stored?: boolean; readonly carried?: readonly SignedTransaction[] },
  ) {
    const safety: SafetyState = {
      ...initialSafetyState(committee.genesis),
      lastProposed: { block: made },
    };
    const stored = options.stored ? [whole(made, options.carried)] : [];
    const subject = new Subject({ self: 1, safety, stored });
    return only(subject.play({ type: "start" }), "sign");
  }

  test("proposes its empty block again, the same one", () => {
    const made = block(1);
    const [again] = restarted(made, {});
    expect(again?.draft).toMatchObject({ type: "proposal", block: made });
    expect(again?.transactions).toEqual([]);
  });

  test("proposes nothing in a view whose block it persisted and whose bodies are gone", () => {
    expect(restarted(one, {})).toEqual([]);
  });

  test("proposes its block again when the bodies are on disk", () => {
    const [again] = restarted(one, { stored: true, carried: [first] });
    expect(again?.draft).toMatchObject({ type: "proposal", block: one });
    expect(again?.transactions).toEqual([first]);
  });

  /** Both blocks are on disk, and the second is certified as the safety record says. */
  function resumed() {
    const two = block(2, { on: one, with: [second] });
    const stored = [whole(one, [first]), whole(two, [second])];
    const safety = { ...initialSafetyState(committee.genesis), highQc: committee.qc(two) };
    const subject = new Subject({ stored, safety });
    return subject.play({ type: "start" });
  }

  test("goes on with the blocks that were on disk", () => {
    // Two certified views in a row make the first final.
    expect(only(resumed(), "final").map(({ final }) => final.block.height)).toEqual([1]);
  });

  test.fails("asks nobody for blocks that are on its disk", () => {
    expect(only(resumed(), "ask")).toEqual([]);
  });

  test("is not upset by messages that came before its start", () => {
    const subject = new Subject();
    const qc = committee.qc(block(1));
    const stateRoot = rootOf(block(1), []);
    subject.hears(committee.commitVote(block(1), { by: 0, qc, stateRoot }), 0);
    subject.play({ type: "start" });
    expect(subject.replica.status.view).toBe(2);
  });

  test.fails("is not brought down by a straggler that speaks before its start", () => {
    const safety = {
      ...initialSafetyState(committee.genesis),
      highTc: committee.tc(4, { highQc: 0 }),
    };
    const subject = new Subject({ self: 3, safety });
    const highTc = committee.tc(2, { highQc: 0 });
    // It would lead view 3, but its disk proves that view 4 was given up.
    subject.hears(committee.timeout(3, { by: 0, highQc: 0, highTc }), 0);
    subject.play({ type: "start" });
    expect(subject.replica.status.view).toBe(5);
  });
});

describe("a replica that misses blocks", () => {
  const two = block(2, { on: one, with: [second] });

  test("fetches the certified block that it never saw", () => {
    const subject = Subject.started();
    const effects = subject.hears(committee.proposal(two), 2, idsOf([second]));
    expect(only(effects, "ask")).toMatchObject([
      { ask: { question: { type: "block", hash: blockHash(one) } } },
    ]);
  });

  test("takes the block from whoever gives it, and executes it unasked", () => {
    const subject = Subject.started();
    subject.gossiped(first, second);
    const [asked] = only(subject.hears(committee.proposal(two), 2, idsOf([second])), "ask");
    const answer = { type: "block", found: withBodies(one, [first]) } as const;
    subject.play({ type: "answer", id: asked?.ask.id ?? 0, answer });
    expect(only(subject.certified(two), "included").map(({ height }) => height)).toContain(2);
  });

  test("catches up with runs of final blocks when far behind", () => {
    const subject = Subject.started();
    const blocks: Block[] = [];
    for (let view = 1; view <= 12; view++) {
      const on = blocks.at(-1);
      blocks.push(block(view, on === undefined ? {} : { on }));
    }
    const roots = stateRoots(blocks.map((made) => [made, []] as const));
    const last = blocks[11] as Block;
    const cert = committee.commitCert(last, { stateRoot: roots[11] as Hash });
    const effects = subject.hears({ type: "decision", cert }, 0);
    const run = only(effects, "ask").find(({ ask }) => ask.question.type === "blocks");
    expect(run?.ask.question).toEqual({ type: "blocks", from: 1 });
    expect(subject.replica.status.catchingUpTo).toBe(12);
    const answer = {
      type: "blocks",
      blocks: blocks.map((made) => withBodies(made, [])),
      cert,
    } as const;
    const caughtUp = subject.play({ type: "answer", id: run?.ask.id ?? 0, answer });
    expect(only(caughtUp, "final")).toHaveLength(12);
    expect(subject.replica.status).toMatchObject({ tip: { height: 12 }, catchingUpTo: undefined });
  });

  test("stops asking for the bodies of a block that lost its place to another", () => {
    const subject = Subject.started();
    subject.proposed(one, [first]);
    const [asked] = only(subject.play({ type: "timer", timer: "pull" }), "ask");
    subject.gaveUp(1);
    const tc = committee.tc(1, { highQc: 0 });
    const rival = block(2);
    subject.hears(committee.proposal(rival, { tc }), 2);
    subject.certified(rival);
    subject.decided(rival, rootOf(rival, []));
    expect(subject.replica.status.tip.height).toBe(1);
    const effects = subject.play({ type: "answer", id: asked?.ask.id ?? 0 });
    expect(only(effects, "ask")).toEqual([]);
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
