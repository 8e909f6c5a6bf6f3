import { describe, expect, test } from "vitest";
import type { Block, CommitCert, Message } from "../../../consensus/index.ts";
import type { Signature, View } from "../../../crypto/index.ts";
import type { Observation } from "../../../devnet/sim/observation.ts";
import { accountability } from "../../../devnet/sim/oracles/accountability.ts";
import type { Premises } from "../../../devnet/sim/oracles/oracle.ts";
import { hashOf } from "../../../devnet/sim/oracles/signed-bytes.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import {
  beyondBounds,
  certified,
  child,
  committed,
  commitVote,
  final,
  heard,
  otherHash,
  premises,
  proposal,
  timeout,
  verdict,
  vote,
} from "./fixtures.ts";

const first = child(undefined);
const second = child(first);
const rival = child(undefined, [], { payload: otherHash(9) });
/** On genesis, in a later view, as if nobody had heard of `first`. */
const late = child(undefined, [], { view: 4 as View, proposer: 3 });
const qc = certified(first);

/** Who is proven guilty, and by what. */
function culprits(seen: readonly Observation[], given: Premises = premises()) {
  const oracle = accountability(given, () => {});
  for (const each of seen) oracle.observe(each);
  return [...oracle.culprits()].map(([index, { why }]) => `v${index}: ${why}`);
}

function guiltOf(...messages: readonly Message[]): readonly string[] {
  const there = culprits(messages.map(heard));
  const back = culprits(messages.toReversed().map(heard));
  // The order of discovery proves nothing.
  expect(back.length).toBe(there.length);
  return there;
}

describe("two statements of one view prove guilt:", () => {
  test.each<{ what: string; messages: readonly [Message, Message] }>([
    { what: "proposals", messages: [proposal(late), proposal({ ...late, payload: otherHash(8) })] },
    { what: "votes", messages: [vote(3, first), vote(3, rival)] },
    { what: "commit-votes", messages: [commitVote(3, first), commitVote(3, first, otherHash(2))] },
    { what: "timeouts", messages: [timeout(3, 2), timeout(3, 2, qc)] },
  ])("$what", ({ what, messages }) => {
    expect(guiltOf(...messages).join()).toMatch(new RegExp(`^v3: two different ${what} of view`));
  });
});

describe("a certificate forgotten proves guilt:", () => {
  const lateOn = (block: Block) => child(block, [], { view: 7 as View, proposer: 3 });

  test.each<{ what: string; messages: readonly Message[] }>([
    {
      what: "a commit vote, and a timeout that denies it",
      messages: [commitVote(3, first), timeout(3, 1)],
    },
    {
      what: "a commit vote, and a later such timeout",
      messages: [commitVote(3, first), timeout(3, 9)],
    },
    {
      what: "a vote on a block, and a timeout below the block's justify",
      messages: [proposal(second), vote(3, second), timeout(3, 2)],
    },
    {
      what: "a timeout, and a later one that names less",
      messages: [timeout(3, 2, qc), timeout(3, 3)],
    },
    {
      what: "a timeout, and a later proposal below it",
      messages: [timeout(3, 3, qc), proposal(late)],
    },
    {
      what: "a vote, and a later proposal below its justify",
      messages: [proposal(second), vote(3, second), proposal(late)],
    },
    {
      what: "a proposal, and a later timeout below it",
      messages: [proposal(lateOn(first)), timeout(3, 8)],
    },
    {
      what: "a proposal, and a later one below it",
      messages: [
        proposal(child(first, [], { view: 3 as View, proposer: 3 })),
        proposal({ ...late, view: 7 as View }),
      ],
    },
  ])("$what", ({ messages }) => {
    const guilty = guiltOf(...messages);
    expect(guilty).toHaveLength(1);
    expect(guilty[0]).toMatch(/^v3: .* names the certificate of 0, .* knows that of 1/);
  });
});

describe("what honest validators do proves nothing:", () => {
  test.each<{ what: string; messages: readonly Message[] }>([
    { what: "the same statement again", messages: [vote(3, first), { ...vote(3, first) }] },
    {
      what: "a vote and a commit vote for rivals",
      messages: [vote(3, rival), commitVote(3, first)],
    },
    { what: "a timeout before a commit vote", messages: [timeout(3, 1), commitVote(3, second)] },
    { what: "a vote, and a timeout of its view", messages: [vote(3, first), timeout(3, 1)] },
    {
      what: "a late commit vote beside a proposal that knew nothing of it",
      messages: [commitVote(3, first), proposal(late)],
    },
    {
      what: "a vote below the lock, as a timeout certificate may allow",
      messages: [commitVote(3, first), proposal(late), vote(3, late)],
    },
    {
      what: "a proposal above a timeout of its view",
      messages: [timeout(3, 3), proposal(child(first, [], { view: 3 as View, proposer: 3 }))],
    },
    { what: "a vote on a block nobody has shown", messages: [vote(3, second), timeout(3, 2)] },
  ])("$what", ({ messages }) => {
    expect(guiltOf(...messages)).toEqual([]);
  });

  test("a statement that somebody else forged", () => {
    const forged = { ...vote(3, rival), signature: new Uint8Array(64) as Signature };
    expect(guiltOf(vote(3, first), forged)).toEqual([]);
    const timeouts = { ...timeout(3, 5), signature: forged.signature };
    expect(guiltOf(commitVote(3, first), timeouts)).toEqual([]);
    const commit = { ...commitVote(3, first), signature: forged.signature } as Message;
    expect(guiltOf(commit, timeout(3, 5))).toEqual([]);
  });
});

test("a forgery that comes first does not keep the real statement out", () => {
  const forged = { ...vote(3, first), signature: new Uint8Array(64) as Signature };
  const seen = [forged, vote(3, first), vote(3, rival)].map(heard);
  expect(culprits(seen)).toHaveLength(1);
});

test("statements count when they stand in certificates only", () => {
  const onRival = child(rival);
  expect(guiltOf(proposal(second), proposal({ ...onRival, view: 3 as View, proposer: 3 }))).toEqual(
    [
      "v0: two different votes of view 1",
      "v1: two different votes of view 1",
      "v2: two different votes of view 1",
    ],
  );
});

describe("under the three-chain rule a vote below the lock", () => {
  const third = child(second);
  const foreign = child(undefined, [], { view: 4 as View });
  // Shown by somebody who did not make it: a block proves itself.
  const shown = { ...proposal(foreign), signature: new Uint8Array(64) as Signature } as Message;
  const seen = [proposal(second), proposal(third), shown, vote(3, third), vote(3, foreign)];

  test("proves guilt", () => {
    const given = premises({ rules: "three-chain" });
    expect(culprits(seen.map(heard), given)).toEqual([
      "v3: vote of view 4 for a block that justifies 0, its vote of view 3 locked 1",
    ]);
  });

  test("is none under the other rules", () => {
    expect(culprits(seen.map(heard), premises({ rules: "two-chain" }))).toEqual([]);
  });
});

describe("accountability reports", () => {
  const asFinal = (block: Block, signers: readonly number[]): FinalBlock => {
    const hash = hashOf(block);
    const bare = {
      block,
      hash,
      stateRoot: otherHash(1),
      transactions: [],
      receipts: [],
      changes: [],
    };
    return { ...bare, cert: committed(bare, signers) };
  };
  const fork = [final(0, asFinal(first, [0, 2, 3])), final(1, asFinal(rival, [1, 2, 3]))];

  test("an honest validator that counts as guilty", () => {
    const told = verdict(accountability, [heard(vote(3, first)), heard(vote(3, rival))]);
    expect(told).toEqual(["honest v3 counts as guilty: two different votes of view 1"]);
  });

  const uncertified = fork.map((seen) => {
    if (seen.type !== "final") return seen;
    const { cert: _, ...bare } = seen.final;
    return { ...seen, final: bare };
  });

  test("a fork for which too few can be proven guilty", () => {
    expect(verdict(accountability, uncertified, beyondBounds())).toEqual([
      "a fork at height 1, and nobody can be proven guilty: 2 are needed",
    ]);
  });

  test("whom alone a fork convicts where more are needed", () => {
    const seen = [...uncertified, heard(vote(3, first)), heard(vote(3, rival))];
    expect(verdict(accountability, seen, beyondBounds())).toEqual([
      "a fork at height 1, and only v3 with power 1 can be proven guilty: 2 are needed",
    ]);
  });

  const asDiverged = (seen: readonly Observation[]) =>
    seen.map((each, at) => {
      if (each.type !== "final") return each;
      const stateRoot = otherHash(5 + at);
      return { ...each, final: { ...each.final, stateRoot } };
    });

  test("nothing of states that differ and that nobody certified: no signature says so", () => {
    const [one] = uncertified;
    const seen = one === undefined ? [] : asDiverged([one, { ...one, by: 1 }]);
    expect(verdict(accountability, seen)).toEqual([]);
  });

  test("two certified states of one block for which nobody can be proven guilty", () => {
    // Of signatures that do not hold: they convict nobody.
    const seen = [otherHash(1), otherHash(2)].map((stateRoot, by) => {
      const whole = { ...asFinal(first, [0, 2, 3]), stateRoot };
      return final(by, { ...whole, cert: { ...whole.cert, stateRoot } as CommitCert });
    });
    expect(verdict(accountability, seen, beyondBounds())[0]).toMatch(
      /^a fork at height 1, and nobody/,
    );
  });

  test("nothing when a fork convicts f+1 liars", () => {
    expect(verdict(accountability, fork, beyondBounds())).toEqual([]);
    expect(culprits(fork, beyondBounds())).toEqual([
      "v2: two different commit-votes of view 1",
      "v3: two different commit-votes of view 1",
    ]);
  });

  test("nothing of a fork among liars that are a quorum of their own", () => {
    const given = beyondBounds({ isHonest: (node) => node === 0 });
    const atOne = uncertified.map((seen) => ({ ...seen, by: 0 }));
    expect(verdict(accountability, atOne, given)).toEqual([]);
  });
});
