// The second round on its own: which certified blocks wait for a commit vote, and what may be vouched for; then with the
// engine around it, where certificates of others come in between.

import { describe, expect, test } from "vitest";
import { CommitVoting } from "../../consensus/commit-voting.ts";
import { Commitment } from "../../consensus/commitment.ts";
import {
  type Block,
  blockHash,
  type Effect,
  initialSafetyState,
  type SafetyState,
} from "../../consensus/index.ts";
import { epoch, toHex } from "../../crypto/index.ts";
import { hashOf, viewOf, world } from "./fixtures.ts";
import { drafts, of, type Subject, subject } from "./subject.ts";

const made = world();
const { block, chain, qc, commitCert, timeout, contentOf, rootAfter, genesis } = made;
const fresh = initialSafetyState(genesis);

/** Gave up `view`. */
function gaveUp(view: number): SafetyState {
  return { ...fresh, lastTimeout: { view: viewOf(view), highQc: genesis } };
}

function commitVoted(view: number): SafetyState {
  return { ...fresh, lastCommitVote: { ...contentOf(view), stateRoot: rootAfter(view) } };
}

/** Commit voting on genesis, or on a later tip, that holds `blocks`. */
function voting(blocks: readonly Block[] = [], tip = 0) {
  const effects: Effect[] = [];
  const commitment = new Commitment(made.tipAt(tip), (effect) => effects.push(effect));
  for (const each of blocks) commitment.insert(each, { highQc: genesis, held: true });
  return { on: new CommitVoting(commitment), commitment, effects };
}

/** The views of the certified blocks that are looked for, in that order; of those that are not held. */
function soughtBy({ on, effects }: ReturnType<typeof voting>, safety: SafetyState = fresh) {
  effects.length = 0;
  expect(on.pursue(safety, 3)).toBeUndefined();
  const viewOfHash = new Map(chain(1, 20).map((each) => [toHex(blockHash(each)), each.view]));
  return of(effects, "fetch").map(({ hash }) => viewOfHash.get(toHex(hash)));
}

function validator(): Subject {
  return subject(made, { self: 3 });
}

describe("certified blocks that wait for a commit vote", () => {
  test("are the four oldest and the four newest, looked for from the newest", () => {
    const waiting = voting();
    for (const view of [11, 3, 7, 1, 5, 9, 2, 10, 4, 6, 8]) waiting.on.note(qc(view), fresh);
    expect(soughtBy(waiting)).toEqual([11, 10, 9, 8, 4, 3, 2, 1]);
  });

  test("are all of eight", () => {
    const waiting = voting();
    for (let view = 1; view <= 8; view++) waiting.on.note(qc(view), fresh);
    expect(soughtBy(waiting)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test("wait once, whoever signed the certificate", () => {
    const waiting = voting();
    for (let view = 1; view <= 8; view++) {
      waiting.on.note(qc(view), fresh);
      waiting.on.note(qc(view, { by: [1, 2, 3] }), fresh);
    }
    expect(soughtBy(waiting)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test.each([
    ["what is final", 3, fresh],
    ["views that were given up", 0, gaveUp(3)],
    ["views that were commit-voted in", 0, commitVoted(3)],
  ] as const)("are never %s, neither when noted nor later", (_, tip, safety) => {
    const closed = voting([], tip);
    for (let view = 1; view <= 11; view++) closed.on.note(qc(view), safety);
    expect(soughtBy(closed, safety)).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
  });

  test("are let go when their view is given up meanwhile", () => {
    const waiting = voting();
    for (const view of [2, 3, 4]) waiting.on.note(qc(view), fresh);
    expect(soughtBy(waiting, gaveUp(3))).toEqual([4]);
  });

  test("are let go when they become final meanwhile", () => {
    const waiting = voting([block(1)]);
    for (const view of [1, 2]) waiting.on.note(qc(view), fresh);
    waiting.commitment.onCommitCert(commitCert(1));
    waiting.commitment.onExecuted(blockHash(block(1)), rootAfter(1));
    waiting.commitment.pursue();
    expect(soughtBy(waiting)).toEqual([2]);
  });
});

describe("a commit vote", () => {
  test("is for the newest block that is executed, and stores its ancestors first", () => {
    const { on, commitment, effects } = voting(chain(1, 3));
    for (const view of [1, 2, 3]) on.note(qc(view), fresh);
    expect(on.pursue(fresh, 3)).toBeUndefined();
    for (const view of [1, 2]) commitment.onExecuted(blockHash(block(view)), rootAfter(view));
    const due = on.pursue(fresh, 3);
    const content = { ...contentOf(2), stateRoot: rootAfter(2) };
    expect(due?.draft).toEqual({ type: "commit-vote", content, voter: 3, qc: qc(2) });
    expect(due?.state.lastCommitVote).toEqual(content);
    expect(of(effects, "store").map(({ block }) => block.view)).toEqual([1, 2]);
  });

  test("is not cast when the rules refuse it, and nothing is stored", () => {
    const { on, commitment, effects } = voting([block(1)]);
    on.note(qc(1), fresh);
    commitment.onExecuted(blockHash(block(1)), rootAfter(1));
    expect(on.pursue({ ...fresh, epoch: epoch(2) }, 3)).toBeUndefined();
    expect(of(effects, "store")).toEqual([]);
  });

  test("comes although a quorum's certificate for the same block and state came first", () => {
    const node = validator();
    node.receive(block(1));
    node.hear({ type: "decision", cert: commitCert(1) });
    node.hear(timeout(2, { by: 1, highQc: 1 }));
    expect(drafts(node.executed(block(1)), "commit-vote")).toHaveLength(1);
  });

  test("comes although a quorum's certificate for a block above it came first", () => {
    const node = validator();
    node.receive(...chain(1, 2));
    node.hear({ type: "decision", cert: commitCert(3) });
    expect(drafts(node.executed(block(1)), "commit-vote")).toHaveLength(1);
  });

  test.each([
    ["another state", commitCert(1, { stateRoot: hashOf("diverged") })],
    ["another block", commitCert(block(2, { on: 0 }))],
  ])(
    "is never cast against a quorum that certified %s, whatever was certified above it",
    (_, cert) => {
      const node = validator();
      node.receive(...chain(1, 2));
      node.hear({ type: "decision", cert: commitCert(5) });
      node.hear({ type: "decision", cert });
      node.executed(block(1));
      expect(drafts(node.effects, "commit-vote")).toEqual([]);
    },
  );

  test("is not worth executing a block for whose view was given up", () => {
    const node = validator();
    node.timer(1);
    expect(drafts(node.effects, "timeout")).toHaveLength(1);
    node.receive(block(1));
    node.hear(timeout(2, { by: 1, highQc: 1 }));
    expect(of(node.effects, "execute")).toEqual([]);
  });
});
