// What is kept of the views near ours, and what is forgotten with the views that lie behind.

import { describe, expect, test } from "vitest";
import { Ballots } from "../../consensus/ballots.ts";
import type { Evidence } from "../../consensus/index.ts";
import { viewOf, world } from "./fixtures.ts";

const made = world();
const { block, proposal, vote, commitVote, timeout, commitCert, qc } = made;

function ballots(): { readonly kept: Ballots; readonly evidence: Evidence[] } {
  const evidence: Evidence[] = [];
  return { kept: new Ballots(made.validators, (each) => evidence.push(each)), evidence };
}

function votesOf(view: number, by: readonly number[]) {
  return by.map((each) => vote(view, { by: each }));
}

describe("views that are left behind", () => {
  test("lose their ballots of each kind; the oldest view that is kept loses none", () => {
    const { kept } = ballots();
    for (const view of [4, 5]) {
      for (const each of votesOf(view, [0, 1])) kept.addVote(each);
      for (const by of [0, 1]) kept.addCommitVote(commitVote(view, { by }));
      for (const by of [0, 1]) kept.addTimeout(timeout(view, { by, highQc: view - 1 }));
    }
    kept.pruneBelow(viewOf(5));
    expect([4, 5].map((view) => kept.votersIn(viewOf(view)))).toEqual([[], [0, 1]]);
    expect([4, 5].map((view) => kept.timeoutsIn(viewOf(view)))).toEqual([[], [0, 1]]);
    expect(kept.addCommitVote(commitVote(4, { by: 2 }))).toBeUndefined();
    expect(kept.addCommitVote(commitVote(5, { by: 2 }))).toEqual(commitCert(5));
    expect(kept.addVote(vote(5, { by: 2 }))).toEqual(qc(5));
  });

  test("lose their proposals; the oldest view that is kept loses none", () => {
    const { kept } = ballots();
    for (const view of [4, 5]) expect(kept.addProposal(proposal(view))).toBe(true);
    kept.pruneBelow(viewOf(5));
    expect([4, 5].map((view) => kept.addProposal(proposal(view)))).toEqual([true, false]);
  });

  test("may be accused in once more, the oldest view that is kept only once", () => {
    const { kept, evidence } = ballots();
    const accuse = (view: number) => {
      kept.addVote(vote(view, { by: 0 }));
      kept.addVote(vote(block(view, { payload: "other" }), { by: 0 }));
    };
    for (const view of [4, 5]) accuse(view);
    kept.pruneBelow(viewOf(5));
    for (const view of [4, 5]) accuse(view);
    expect(evidence.map(({ view }) => view)).toEqual([4, 5, 4]);
  });
});

test("another proposal of one proposer and view is no first one, and is evidence", () => {
  const { kept, evidence } = ballots();
  kept.addProposal(proposal(4));
  expect(kept.addProposal(proposal(block(4, { payload: "other" })))).toBe(false);
  expect(evidence.map(({ offender, view }) => [offender, view])).toEqual([[0, 4]]);
});
