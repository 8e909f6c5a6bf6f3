// Who leads: the choice itself, the verifier's share of the check, the engine's.

import { describe, expect, test } from "vitest";
import {
  type Block,
  blockHash,
  initialSafetyState,
  LEADER_CHOICES,
  type LeaderChoice,
  type Proposal,
  type QuorumCert,
  RULE_SETS,
} from "../../consensus/index.ts";
import { toHex } from "../../crypto/index.ts";
import { viewOf, world } from "./fixtures.ts";
import { four, payloadFor, votes } from "./scenes.ts";
import { drafts, of, type Subject, subject } from "./subject.ts";

const { block, qc, tc } = four;
const { reputation } = LEADER_CHOICES;

/** A block of `view` on a certificate of the view before that these signed. */
function blockSignedBy(signers: readonly number[], view: number, proposer: number): Block {
  return block(view, { justify: qc(view - 1, { by: signers }), proposer });
}

function leaderAfter(parent: Block, view: number): number | undefined {
  const { validators } = four;
  return reputation({ validators, view: viewOf(view), justify: qc(parent), parent });
}

describe("leaders by reputation", () => {
  const withoutOne = blockSignedBy([0, 2, 3], 4, 0);

  test("are the signers of the parent's justify, the next one in the place of one who is missing", () => {
    expect([5, 6, 7, 8].map((view) => leaderAfter(withoutOne, view))).toEqual([2, 2, 3, 0]);
  });

  test("wrap around at the end of the set", () => {
    const withoutLast = blockSignedBy([0, 1, 2], 4, 0);
    expect([5, 6, 7, 8].map((view) => leaderAfter(withoutLast, view))).toEqual([1, 2, 0, 0]);
  });

  test("are not to be found where nobody of the set made the parent: our bug", () => {
    const { justify } = withoutOne;
    const unsigned = { ...justify, signatures: { signers: [], signatures: [] } };
    const stranger = { ...withoutOne, proposer: 4, justify: unsigned };
    const question = { validators: four.validators, view: viewOf(5), justify: qc(4) };
    expect(() => reputation({ ...question, parent: stranger })).toThrow(
      "a certified block has a proposer of the set",
    );
  });

  test("include the parent's proposer, who is alive even if nobody counted its vote", () => {
    const proposed = blockSignedBy([0, 2, 3], 5, 1);
    expect(leaderAfter(proposed, 9)).toBe(1);
  });

  test("are the same for all, whoever's votes each has counted for the parent itself", () => {
    const { validators } = four;
    const ask = (by: readonly number[]) => {
      const justify = qc(withoutOne, { by });
      return reputation({ validators, view: viewOf(5), justify, parent: withoutOne });
    };
    expect(ask([0, 1, 2])).toBe(ask([1, 2, 3]));
  });

  test("all lead within n views on one block", () => {
    const seven = world({ powers: [1, 1, 1, 1, 1, 1, 1] });
    const signers = [1, 2, 4, 5, 6];
    const parent = seven.block(9, { justify: seven.qc(8, { by: signers }), proposer: 2 });
    const justify = seven.qc(parent);
    const led = Array.from({ length: 7 }, (_, after) =>
      reputation({ ...seven, view: viewOf(10 + after), justify, parent }),
    );
    expect([...new Set(led)].sort()).toEqual(signers);
  });

  test("cannot be named without the parent", () => {
    const { validators } = four;
    const question = { validators, view: viewOf(6), justify: qc(5), parent: undefined };
    expect(reputation(question)).toBeUndefined();
  });

  test.each<readonly [string, QuorumCert, Block | undefined, number]>([
    ["on genesis", four.genesis, undefined, 1],
    ["on a block right above genesis", qc(1), block(1), 2],
    ["after n views without a certified block", qc(withoutOne), undefined, 9],
  ])("are those of round robin %s", (_, justify, parent, view) => {
    const { validators } = four;
    expect(reputation({ validators, view: viewOf(view), justify, parent })).toBe(view % 4);
  });

  test("are still by reputation in the last of the n views", () => {
    expect(leaderAfter(blockSignedBy([1, 2, 3], 4, 1), 8)).toBe(1);
  });
});

describe("the verifier", () => {
  const verdictOn = (proposal: Proposal, leaders?: LeaderChoice) => {
    const verdict = four.verifier(leaders).verify(proposal, four.genesis);
    return verdict.ok ? "ok" : verdict.refusal;
  };

  test("leaves it to the engine who leads by reputation", () => {
    const ofAnother = four.proposal(block(6, { proposer: 3 }));
    expect(verdictOn(ofAnother)).toBe("not-the-leader");
    expect(verdictOn(ofAnother, reputation)).toBe("ok");
  });

  test("refuses somebody else where the parent does not matter", () => {
    expect(verdictOn(four.proposal(block(1, { proposer: 3 })), reputation)).toBe("not-the-leader");
    const late = block(9, { on: 4, proposer: 3 });
    const proposal = four.proposal(late, { tc: tc(8, { highQc: 4 }) });
    expect(verdictOn(proposal, reputation)).toBe("not-the-leader");
  });

  test("goes by a schedule as given", () => {
    const schedule: LeaderChoice = ({ view }) => [3, 3, 3, 1][view];
    expect(verdictOn(four.proposal(block(2, { proposer: 3 })), schedule)).toBe("ok");
    expect(verdictOn(four.proposal(block(3)), schedule)).toBe("not-the-leader");
  });
});

/** Validator `self` in view 5, with `parent` of view 4 as its tip. */
function onTip(parent: Block, self: number): Subject {
  const safety = { ...initialSafetyState(four.genesis), highQc: qc(parent) };
  return subject(four, { self, safety, tip: four.tipAt(parent), leaders: reputation });
}

function votedFor(node: Subject): readonly string[] {
  return drafts(node.effects, "vote").map(({ content }) => toHex(content.block));
}

describe("a validator that goes by reputation", () => {
  const parent = blockSignedBy([0, 2, 3], 4, 0);

  test("votes for the proposal of the leader by the block below", () => {
    const node = onTip(parent, 3);
    const child = block(5, { on: parent, proposer: 2 });
    node.receive(child);
    expect(votedFor(node)).toEqual([toHex(blockHash(child))]);
  });

  test("never votes for anybody else's, nor keeps it", () => {
    const node = onTip(parent, 3);
    const child = block(5, { on: parent, proposer: 1 });
    node.receive(child);
    expect(votedFor(node)).toEqual([]);
    expect(node.engine.block(blockHash(child))).toBeUndefined();
  });

  test("proposes itself where the one whose turn it is did not vote", () => {
    const node = onTip(parent, 2);
    expect(of(node.effects, "propose")).toMatchObject([{ view: 5, height: 5 }]);
    expect(of(node.effects, "enter-view")).toMatchObject([{ view: 5, leader: 2 }]);
    expect(of(onTip(parent, 1).effects, "propose")).toEqual([]);
  });

  test("asks for a block that it lacks before it decides who leads, and then votes", () => {
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(3) };
    const node = subject(four, { self: 3, safety, tip: four.tipAt(3), leaders: reputation });
    const child = block(5, { on: parent, proposer: 2 });
    node.receive(child);
    expect(votedFor(node)).toEqual([]);
    expect(of(node.effects, "fetch").map(({ hash }) => toHex(hash))).toEqual([
      toHex(blockHash(parent)),
    ]);
    node.fetched([parent]);
    expect(votedFor(node)).toEqual([toHex(blockHash(child))]);
  });

  test("drops what turns out not to be the leader's, and votes for the leader's that came later", () => {
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(3) };
    const node = subject(four, { self: 3, safety, tip: four.tipAt(3), leaders: reputation });
    const child = block(5, { on: parent, proposer: 2 });
    node.receive(block(5, { on: parent, proposer: 0 }), child);
    node.fetched([parent]);
    expect(votedFor(node)).toEqual([toHex(blockHash(child))]);
  });

  // Without commit votes nothing else wants to see certified blocks.
  const rules = RULE_SETS["two-chain"];

  test("asks for the block by which it may have to lead, and proposes once it is there", () => {
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(3) };
    const options = { self: 2, safety, tip: four.tipAt(3), leaders: reputation, rules };
    const node = subject(four, options);
    node.hear(...votes(parent, [0, 1, 3]));
    expect(node.view).toBe(5);
    expect(of(node.effects, "propose")).toEqual([]);
    expect(of(node.effects, "fetch")).toHaveLength(1);
    expect(of(node.fetched([parent]), "propose")).toMatchObject([{ view: 5, height: 5 }]);
  });

  test("asks for nothing as a follower, whoever leads", () => {
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(3) };
    const options = { self: undefined, safety, tip: four.tipAt(3), leaders: reputation, rules };
    const node = subject(four, options);
    node.hear(...votes(parent, [0, 1, 3]));
    expect(node.view).toBe(5);
    expect(of(node.effects, "fetch")).toEqual([]);
  });

  test("asks for the block below a proposal that does not build on its own highest certificate", () => {
    const fork = block(4, { on: 2 });
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(fork) };
    const options = { self: 3, safety, tip: four.tipAt(2), leaders: reputation, rules };
    const node = subject(four, options);
    node.fetched([fork]);
    const child = block(6, { on: 3 });
    node.hear(four.proposal(child, { tc: tc(5, { highQc: 3 }) }));
    node.hold(child);
    expect(votedFor(node)).toEqual([]);
    expect(of(node.effects, "fetch").at(-1)?.hash).toEqual(blockHash(block(3)));
    node.fetched([block(3)]);
    expect(votedFor(node)).toEqual([toHex(blockHash(child))]);
  });

  test("has evidence against one that proposes twice in one view", () => {
    const node = onTip(parent, 3);
    node.receive(block(5, { on: parent, proposer: 2 }));
    node.receive(block(5, { on: parent, proposer: 2, payload: "another" }));
    expect(of(node.effects, "evidence")).toMatchObject([{ evidence: { offender: 2, view: 5 } }]);
    expect(votedFor(node)).toHaveLength(1);
  });
});

describe("a leader by reputation", () => {
  /** Validator 2 in view 6, which a TC has opened, on the block of view 4; the QC of view 5 comes late. */
  function inOpenedView(self: number, ofFive: Block): Subject {
    const base = blockSignedBy([0, 1, 3], 4, 0);
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(base) };
    const tip = four.tipAt(base);
    const node = subject(four, { self, safety, tip, leaders: reputation });
    node.receive(ofFive);
    const given = (by: number) => four.timeout(5, { by, highQc: qc(base) });
    node.hear(...[0, 1, 3].map(given));
    expect(node.view).toBe(6);
    return node;
  }

  const base = blockSignedBy([0, 1, 3], 4, 0);
  const ofFive = block(5, { justify: qc(base, { by: [0, 2, 3] }), proposer: 1 });

  test("is decided again when a higher certificate comes within the view", () => {
    const node = inOpenedView(2, ofFive);
    expect(of(node.effects, "propose")).toEqual([]);
    expect(node.engine.status.leader).toBe(3);
    const effects = node.hear(...votes(ofFive, [0, 1, 3]));
    expect(of(effects, "propose")).toMatchObject([{ view: 6, height: 6 }]);
    expect(node.engine.status.leader).toBe(2);
  });

  test("may be two of one view, each by its own certificate: no evidence, and one vote for the first", () => {
    const node = inOpenedView(0, ofFive);
    const left = block(6, { on: base, proposer: 3 });
    const right = block(6, { on: ofFive, proposer: 2 });
    node.hear(four.proposal(left, { tc: tc(5, { highQc: base }) }));
    node.hear(four.proposal(right));
    expect(drafts([...node.hold(left), ...node.hold(right)], "vote")).toMatchObject([
      { content: { view: 6, height: 5 } },
    ]);
    expect(of(node.effects, "evidence")).toEqual([]);
    expect(node.engine.block(blockHash(right))).toBeDefined();
  });

  test("does not propose what it was asked for by a lower certificate, if it leads no longer", () => {
    const node = inOpenedView(3, ofFive);
    expect(of(node.effects, "propose")).toMatchObject([{ view: 6, height: 5 }]);
    node.hear(...votes(ofFive, [0, 1, 2]));
    const effects = node.step(payloadFor(6));
    expect(drafts(effects, "proposal")).toEqual([]);
    expect(of(effects, "propose")).toEqual([]);
  });
});

test("claims to lead a view are kept of eight validators at most", () => {
  const many = world({ powers: Array.from({ length: 16 }, () => 1) });
  const safety = { ...initialSafetyState(many.genesis), highQc: many.qc(3) };
  const node = subject(many, { self: 15, safety, tip: many.tipAt(3), leaders: reputation });
  const blocks = Array.from({ length: 12 }, (_, proposer) => many.block(5, { on: 4, proposer }));
  node.receive(...blocks);
  const held = blocks.filter((each) => node.engine.block(blockHash(each)) !== undefined);
  expect(held).toEqual(blocks.slice(0, 8));
});
