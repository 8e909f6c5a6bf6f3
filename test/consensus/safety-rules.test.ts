import { describe, expect, test } from "vitest";
import { blockHash, initialSafetyState, type SafetyState } from "../../consensus/index.ts";
import {
  mayCommitVote,
  mayPropose,
  mayTimeout,
  mayVote,
  type SafetyVerdict,
  safetyStateCodec,
  withCertificates,
} from "../../consensus/safety-rules.ts";
import { decode, encode, epoch } from "../../crypto/index.ts";
import { viewOf, world } from "./fixtures.ts";

const { block, qc, tc, contentOf, rootAfter, genesis } = world();
const fresh = initialSafetyState(genesis);

/** A validator that has seen the certificates of all views up to `view`. */
function certified(upTo: number, more: Partial<SafetyState> = {}): SafetyState {
  return { ...fresh, highQc: qc(upTo), ...more };
}

function commitVoteFor(view: number) {
  return { ...contentOf(view), stateRoot: rootAfter(view) };
}

function refused(refusal: string, view: number, bound: number) {
  return { ok: false, refusal, view, bound };
}

function accepted(verdict: SafetyVerdict): SafetyState {
  if (!verdict.ok) throw new Error(`refused: ${verdict.refusal}`);
  return verdict.state;
}

describe("a vote", () => {
  test("is given to a block on the certificate of the view before, and remembered", () => {
    const state = accepted(mayVote(certified(7), block(8)));
    expect(state.lastVotedView).toBe(8);
    expect(state.lastVote).toEqual(contentOf(8));
  });

  test("is given with the proof that the views between were given up", () => {
    const skipping = block(8, { on: 6 });
    expect(mayVote(certified(6), skipping, tc(7, { highQc: 6 })).ok).toBe(true);
  });

  test("is given to a block above the highest certificate that the timeouts name", () => {
    const tcOfLower = tc(7, { highQc: 5, highQcViews: [3, 5, 4] });
    expect(mayVote(certified(6), block(8, { on: 6 }), tcOfLower).ok).toBe(true);
  });

  test("raises the highest certificates by itself, so that later timeouts name what was voted on", () => {
    const gaveUp = tc(7, { highQc: 6 });
    const state = accepted(mayVote(certified(3), block(8, { on: 6 }), gaveUp));
    expect(state.highQc).toEqual(qc(6));
    expect(state.highTc).toEqual(gaveUp);
  });

  test("is refused twice in one view, for the same block too", () => {
    const voted = accepted(mayVote(certified(7), block(8)));
    const rival = block(8, { payload: "other" });
    expect(mayVote(voted, rival)).toEqual(refused("already-voted", 8, 8));
    expect(mayVote(voted, block(8))).toEqual(refused("already-voted", 8, 8));
  });

  test("is refused in a view below one that was voted in, given up or commit-voted in", () => {
    const votedUpTo9 = certified(7, { lastVotedView: viewOf(9) });
    expect(mayVote(votedUpTo9, block(8))).toEqual(refused("already-voted", 8, 9));
    const gaveUp = accepted(mayTimeout(certified(7), viewOf(8)));
    expect(mayVote(gaveUp, block(8))).toEqual(refused("already-voted", 8, 8));
    const committed = accepted(mayCommitVote(certified(7), qc(8), commitVoteFor(8)));
    expect(mayVote(committed, block(8))).toEqual(refused("already-voted", 8, 8));
  });

  test("is refused to a block that skips a view without proof", () => {
    const skipping = block(8, { on: 6 });
    expect(mayVote(certified(6), skipping)).toEqual(refused("skips-an-unresolved-view", 8, 6));
    const older = tc(6, { highQc: 5 });
    expect(mayVote(certified(6), skipping, older)).toEqual(
      refused("skips-an-unresolved-view", 8, 6),
    );
  });

  test("is refused to a leader that forgets a block the timeout certificate remembers", () => {
    const forgetful = block(8, { on: 5 });
    const remembering = tc(7, { highQc: 6, highQcViews: [5, 6, 5] });
    expect(mayVote(certified(6), forgetful, remembering)).toEqual(
      refused("forgets-a-certified-block", 5, 6),
    );
  });

  test("is refused to a block whose certificate is not older than itself", () => {
    const odd = { ...block(8), justify: qc(8) };
    expect(mayVote(certified(7), odd, tc(7, { highQc: 6 }))).toEqual(
      refused("certificate-not-older", 8, 8),
    );
  });

  test("is refused in another epoch", () => {
    const other = { ...block(8), epoch: epoch(2) };
    expect(mayVote(certified(7), other)).toEqual(refused("wrong-epoch", 8, 0));
  });
});

describe("a commit vote", () => {
  test("raises the lock, the highest certificate and the last voted view", () => {
    const state = accepted(mayCommitVote(certified(5), qc(8), commitVoteFor(8)));
    expect(state).toMatchObject({ lockedView: 8, lastVotedView: 8 });
    expect(state.highQc).toEqual(qc(8));
    expect(state.lastCommitVote).toEqual(commitVoteFor(8));
  });

  test("makes every later timeout name its certificate or a later one", () => {
    const state = accepted(mayCommitVote(certified(5), qc(8), commitVoteFor(8)));
    expect(accepted(mayTimeout(state, viewOf(9))).lastTimeout?.highQc).toEqual(qc(8));
  });

  test("lowers nothing when it comes late", () => {
    const late = certified(9, { lastVotedView: viewOf(10), lockedView: viewOf(7) });
    const state = accepted(mayCommitVote(late, qc(8), commitVoteFor(8)));
    expect(state).toMatchObject({ lockedView: 8, lastVotedView: 10 });
    expect(state.highQc).toEqual(qc(9));
  });

  test("is refused after the own timeout of that view, or of a later one", () => {
    const gaveUp = accepted(mayTimeout(certified(7), viewOf(8)));
    expect(mayCommitVote(gaveUp, qc(8), commitVoteFor(8))).toEqual(
      refused("gave-up-this-view", 8, 8),
    );
    expect(mayCommitVote(gaveUp, qc(7), commitVoteFor(7))).toEqual(
      refused("gave-up-this-view", 7, 8),
    );
  });

  test("is refused twice in one view, and in an earlier one", () => {
    const voted = accepted(mayCommitVote(certified(5), qc(8), commitVoteFor(8)));
    expect(mayCommitVote(voted, qc(8), commitVoteFor(8))).toEqual(
      refused("already-commit-voted", 8, 8),
    );
    expect(mayCommitVote(voted, qc(7), commitVoteFor(7))).toEqual(
      refused("already-commit-voted", 7, 8),
    );
  });

  test("is refused in another epoch", () => {
    const other = { ...qc(8), epoch: epoch(2) };
    const content = { ...commitVoteFor(8), epoch: epoch(2) };
    expect(mayCommitVote(certified(5), other, content)).toEqual(refused("wrong-epoch", 8, 0));
  });

  test("for another block than its certificate's is our bug", () => {
    expect(() => mayCommitVote(certified(5), qc(8), commitVoteFor(7))).toThrow("invariant broken");
  });
});

describe("a timeout", () => {
  test("gives up the view after the highest certificate, and every vote below it", () => {
    const state = accepted(mayTimeout(certified(7), viewOf(8)));
    expect(state.lastTimeout).toEqual({ view: 8, highQc: qc(7) });
    expect(state.lastVotedView).toBe(8);
  });

  test("gives up the view after the highest timeout certificate", () => {
    const state = certified(5, { highTc: tc(7, { highQc: 5 }) });
    expect(accepted(mayTimeout(state, viewOf(8))).lastTimeout).toEqual({
      view: 8,
      highQc: qc(5),
    });
  });

  test("repeats for the same view with what it named first, whatever was learned since", () => {
    const gaveUp = accepted(mayTimeout(certified(5, { highTc: tc(7, { highQc: 5 }) }), viewOf(8)));
    const learned = withCertificates(gaveUp, { qc: qc(6) });
    expect(accepted(mayTimeout(learned, viewOf(8))).lastTimeout).toEqual({
      view: 8,
      highQc: qc(5),
    });
  });

  test("is refused for a view before one that was given up", () => {
    const gaveUp = certified(8, { lastTimeout: { view: viewOf(12), highQc: qc(8) } });
    expect(mayTimeout(gaveUp, viewOf(9))).toEqual(refused("older-timeout", 9, 12));
  });

  test("is refused for a view that is certified", () => {
    expect(mayTimeout(certified(8), viewOf(8))).toEqual(refused("view-already-certified", 8, 8));
    expect(mayTimeout(certified(8), viewOf(7))).toEqual(refused("view-already-certified", 7, 8));
  });

  test("is refused for a view that no certificate leads to", () => {
    expect(mayTimeout(certified(8), viewOf(10))).toEqual(refused("view-not-reached", 10, 8));
    const state = certified(8, { highTc: tc(11, { highQc: 8 }) });
    expect(mayTimeout(state, viewOf(13))).toEqual(refused("view-not-reached", 13, 8));
  });

  test("on less than the lock is our bug", () => {
    const broken = certified(5, { lockedView: viewOf(6) });
    expect(() => mayTimeout(broken, viewOf(6))).toThrow("invariant broken");
  });
});

describe("a proposal", () => {
  test("is made once a view, on the highest certificate, and remembered with its proof", () => {
    const proof = tc(7, { highQc: 6 });
    const made = block(8, { on: 6 });
    const state = accepted(mayPropose(certified(6), made, proof));
    expect(state.lastProposed).toEqual({ block: made, tc: proof });
  });

  test("is the same proposal when it is the same block", () => {
    const state = accepted(mayPropose(certified(7), block(8)));
    expect(accepted(mayPropose(state, block(8)))).toBe(state);
  });

  test("is refused for another block in the same view, or in an earlier one", () => {
    const state = accepted(mayPropose(certified(7), block(8)));
    const rival = block(8, { payload: "other" });
    expect(mayPropose(state, rival)).toEqual(refused("already-proposed", 8, 8));
    expect(mayPropose(state, block(7))).toEqual(refused("already-proposed", 7, 8));
  });

  test("is refused on less than the highest certificate", () => {
    const stale = block(8, { on: 6 });
    expect(mayPropose(certified(7), stale, tc(7, { highQc: 6 }))).toEqual(
      refused("not-on-highest-certificate", 6, 7),
    );
  });

  test("is refused in another epoch", () => {
    const other = { ...block(8), epoch: epoch(2) };
    expect(mayPropose(certified(7), other)).toEqual(refused("wrong-epoch", 8, 0));
  });
});

describe("what is durable", () => {
  test("only grows in certificates, and stays the very same when nothing is new", () => {
    const state = certified(6, { highTc: tc(7, { highQc: 6 }) });
    expect(withCertificates(state, { qc: qc(5), tc: tc(6, { highQc: 5 }) })).toBe(state);
    expect(withCertificates(state, { qc: qc(8) }).highQc).toEqual(qc(8));
    expect(withCertificates(certified(6), { qc: qc(8) })).toStrictEqual(certified(8));
    expect(withCertificates(certified(6), { tc: tc(7, { highQc: 6 }) }).highTc?.view).toBe(7);
  });

  test("survives its codec, fresh and full", () => {
    let full = accepted(mayVote(certified(7), block(8)));
    full = accepted(mayCommitVote(full, qc(8), commitVoteFor(8)));
    full = withCertificates(full, { tc: tc(9, { highQc: 8 }) });
    full = accepted(mayTimeout(full, viewOf(10)));
    full = accepted(mayPropose(full, block(10, { on: 8 }), tc(9, { highQc: 8 })));
    for (const state of [fresh, full]) {
      const bytes = encode(safetyStateCodec, state);
      expect(decode(safetyStateCodec, bytes)).toEqual({ ok: true, value: state });
      expect(decode(safetyStateCodec, bytes.subarray(1)).ok).toBe(false);
    }
    expect(full.lastVote?.block).toEqual(blockHash(block(8)));
  });
});
