import { describe, expect, test } from "vitest";
import type { Block } from "../../../consensus/index.ts";
import type { Hash } from "../../../crypto/index.ts";
import { payloadHash } from "../../../node/sync/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { block, NOW_MS, only, Subject, signedKinds, stateRoots, transfer } from "./fixtures.ts";

const first = transfer();
const second = transfer({ nonce: 1 });
const third = transfer({ nonce: 2 });

const one = block(1, { with: [first] });
const rootOf = (made: Block, carried: readonly SignedTransaction[]): Hash =>
  stateRoots([[made, carried]])[0] as Hash;

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

  /** In view 2, with block 1 certified and not final: its child would help. */
  function aboveUncommitted(pending: readonly SignedTransaction[] = []) {
    const subject = Subject.started();
    subject.gossiped(first, ...pending);
    subject.proposed(one, [first]);
    subject.certified(one);
    subject.now += 30;
    return subject;
  }
  const makeFinal = (subject: Subject) => subject.decided(one, rootOf(one, [first]));

  test("gives an idle leader its time back once the block below is final", () => {
    const effects = makeFinal(aboveUncommitted());
    expect(viewTimers(effects)).toEqual([{ type: "timer", timer: "view", ms: 1_400 }]);
  });

  test("goes on counting while there is something to order", () => {
    expect(viewTimers(makeFinal(aboveUncommitted([second])))).toEqual([]);
  });

  test("goes on counting while there is a proposal to vote for", () => {
    const subject = aboveUncommitted();
    subject.proposed(block(2, { on: one }));
    expect(viewTimers(makeFinal(subject))).toEqual([]);
  });

  test("ends the view with a timeout, and says so", () => {
    const effects = Subject.started().play({ type: "timer", timer: "view" });
    expect(only(effects, "gave-up-view")).toEqual([{ type: "gave-up-view", view: 1 }]);
    expect(signedKinds(effects)).toEqual(["timeout"]);
  });
});
