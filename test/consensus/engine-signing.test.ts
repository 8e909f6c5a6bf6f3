// What exactly is signed, resent and left out: the attachments of each message, the window, the restart.

import { describe, expect, test } from "vitest";
import { PAST_VIEWS } from "../../consensus/engine.ts";
import { initialSafetyState, RULE_SETS } from "../../consensus/index.ts";
import { hashOf } from "./fixtures.ts";
import { commitVotes, four, inView, payloadFor, timeouts, votes } from "./scenes.ts";
import { drafts, of, Subject, subject, typesOf } from "./subject.ts";

const { block, chain, qc, tc, proposal, vote, timeout, contentOf, rootAfter, tipAt, genesis } =
  four;
const fresh = initialSafetyState(genesis);

describe("a timeout", () => {
  test("carries no vote of another validator, and of itself no empty attachment", () => {
    const node = inView(5);
    node.hear(...votes(5, [0]));
    const [draft] = drafts(node.timer(), "timeout");
    expect(draft).not.toHaveProperty("vote");
    expect(draft).not.toHaveProperty("highTc");
  });

  test("carries no own vote of another view, come back late or early", () => {
    const node = inView(5);
    node.hear(vote(4, { by: 3 }));
    expect(drafts(node.timer(), "timeout")[0]).not.toHaveProperty("vote");
  });

  test("carries no proof of an earlier view where its certificate is that of the view before", () => {
    const node = inView(5);
    node.hear(...timeouts(5, 4));
    expect(node.view).toBe(6);
    node.hear(timeout(8, { by: 1, highQc: block(7, { on: 4 }) }));
    expect(node.view).toBe(8);
    const [draft] = drafts(node.timer(), "timeout");
    expect(draft).not.toHaveProperty("highTc");
  });

  test("is not repeated because others give the view up too", () => {
    const node = inView(5);
    node.timer();
    expect(of(node.hear(...timeouts(5, 4, [0, 1])), "sign")).toEqual([]);
  });

  test("is not brought about by timeouts of a view that was left", () => {
    const node = inView(5);
    node.hear(...votes(5));
    expect(node.view).toBe(6);
    expect(of(node.hear(...timeouts(5, 4, [0, 1])), "sign")).toEqual([]);
  });

  test("of others does not restart the timer of a follower, nor make it sign", () => {
    const node = subject(four, {});
    expect(typesOf(node.hear(...timeouts(1, 0, [0, 1])))).toEqual([]);
  });
});

describe("a proposal", () => {
  test("carries no timeout certificate after a certificate of the view before, whatever came earlier", () => {
    const node = inView(5);
    node.hear(...timeouts(5, 4));
    const six = block(6, { on: 4 });
    node.hear(proposal(six, { tc: tc(5, { highQc: 4 }) }));
    node.hold(six);
    node.hear(...votes(six));
    expect(node.view).toBe(7);
    const [draft] = drafts(node.step(payloadFor(7)), "proposal");
    expect(draft?.block.parent).toEqual(contentOf(six).block);
    expect(draft).not.toHaveProperty("tc");
    expect(node.durable?.lastProposed).not.toHaveProperty("tc");
  });

  test("is made again in the next view that we lead", () => {
    const node = inView(7);
    const [first] = drafts(node.step(payloadFor(7)), "proposal");
    expect(first?.block.view).toBe(7);
    const ten = block(10, { on: 6 });
    node.hear(timeout(11, { by: 1, highQc: ten }));
    node.fetched([ten]);
    const [second] = drafts(node.step(payloadFor(11)), "proposal");
    expect(second?.block.view).toBe(11);
  });

  test("is not stored when its view was given up before, for no vote promises to keep it", () => {
    const node = inView(5);
    node.timer();
    node.receive(block(5));
    expect(of(node.effects, "store")).toEqual([]);
  });

  test("of a view that was left is not voted for, although nothing was signed in it", () => {
    const node = inView(5);
    node.hear(...votes(5));
    node.receive(block(5));
    expect(drafts(node.effects, "vote")).toEqual([]);
  });
});

describe("commit votes", () => {
  test("of views behind the window are not counted", () => {
    const node = subject(four, { tip: tipAt(0) });
    node.receive(block(1));
    const last = 1 + PAST_VIEWS;
    node.hear(timeout(last + 1, { by: 1, highQc: last }));
    node.hear(...commitVotes(1));
    expect(of(node.executed(block(1)), "commit")).toEqual([]);
  });
});

describe("a restart", () => {
  const commitVoted = { ...contentOf(2), stateRoot: rootAfter(2) };

  test("casts the commit vote that the highest certificate still asks for", () => {
    const node = subject(four, { self: 3, safety: { ...fresh, highQc: qc(1) } });
    node.fetched([block(1)]);
    expect(drafts(node.executed(block(1)), "commit-vote")).toHaveLength(1);
  });

  test("casts none by a rule set without commit votes", () => {
    const rules = RULE_SETS["two-chain"];
    const node = subject(four, { self: 3, safety: { ...fresh, highQc: qc(1) }, rules });
    node.fetched([block(1)]);
    expect(of(node.effects, "execute")).toEqual([]);
  });

  test("sends a commit vote again with the certificate that it is for", () => {
    const safety = { ...fresh, highQc: qc(2), lastCommitVote: commitVoted };
    const node = subject(four, { self: 3, safety, tip: tipAt(1), stored: [block(2)] });
    const [draft] = drafts(node.effects, "commit-vote");
    expect(draft).toEqual({ type: "commit-vote", content: commitVoted, voter: 3, qc: qc(2) });
  });

  test("sends no commit vote again while the bodies of a block below it are missing", () => {
    const safety = { ...fresh, highQc: qc(2), lastCommitVote: commitVoted };
    const node = new Subject(four, { self: 3, safety });
    node.hear(proposal(1));
    node.fetched([block(2)]);
    node.step({ type: "start" });
    expect(drafts(node.effects, "commit-vote")).toEqual([]);
  });

  test("sends no commit vote for what is final", () => {
    const safety = { ...fresh, highQc: qc(2), lastCommitVote: commitVoted };
    for (const height of [2, 3]) {
      const node = subject(four, { self: 3, safety, tip: tipAt(height) });
      expect(drafts(node.effects, "commit-vote")).toEqual([]);
    }
  });

  test("proposes nothing in a view before the last one that it proposed in", () => {
    const safety = { ...fresh, highQc: qc(6), lastProposed: { block: block(11) } };
    const node = subject(four, { self: 3, safety, tip: tipAt(6) });
    expect(of(node.effects, "propose")).toMatchObject([{ view: 7 }]);
    expect(node.step(payloadFor(7))).toEqual([]);
  });

  test("begins no view again when messages came before it", () => {
    const node = new Subject(four, { self: 3 });
    node.hear(timeout(4, { by: 1, highQc: 3 }));
    expect(of(node.step({ type: "start" }), "enter-view")).toEqual([]);
    expect(node.engine.view).toBe(4);
  });
});

test("a halted validator moves to no view any more", () => {
  const node = subject(four, {});
  node.receive(...chain(1, 2));
  node.hear({ type: "decision", cert: four.commitCert(1) });
  node.executed(block(1), hashOf("diverged"));
  expect(node.engine.status.halted).toBe(true);
  const before = node.engine.view;
  expect(node.hear(timeout(9, { by: 1, highQc: 8 }))).toEqual([]);
  expect(node.engine.view).toBe(before);
});
