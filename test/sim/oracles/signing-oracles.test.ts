import { describe, expect, test } from "vitest";
import {
  blockHash,
  commitVoteBytes,
  type Evidence,
  type Message,
  proposalBytes,
  timeoutBytes,
  voteBytes,
} from "../../../consensus/index.ts";
import type { Signature, View } from "../../../crypto/index.ts";
import { evidence } from "../../../devnet/sim/oracles/evidence.ts";
import { halts } from "../../../devnet/sim/oracles/halts.ts";
import { noDoubleSign } from "../../../devnet/sim/oracles/no-double-sign.ts";
import {
  hashOf,
  signedCommitVote,
  signedProposal,
  signedTimeout,
  signedVote,
} from "../../../devnet/sim/oracles/signed-bytes.ts";
import {
  at,
  beyondBounds,
  certified,
  chainId,
  child,
  commitVote,
  epoch,
  otherHash,
  premises,
  proposal,
  signed,
  timeout,
  verdict,
  vote,
} from "./fixtures.ts";

const first = child(undefined);
const second = child(first);
const rival = child(undefined, [], { payload: otherHash(9) });

describe("what signatures cover, written twice, is the same", () => {
  test("for blocks, with and without signatures in their justify", () => {
    for (const block of [first, second]) {
      expect(hashOf(block)).toEqual(blockHash({ ...block }));
      const bytes = signedProposal(chainId, epoch, hashOf(block));
      expect(bytes).toEqual(proposalBytes(chainId, block));
    }
  });

  test("for votes, commit votes and timeouts of any view", () => {
    for (const view of [1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER] as View[]) {
      const content = { epoch, view, height: first.height, block: otherHash(4) };
      expect(signedVote(chainId, content)).toEqual(voteBytes(chainId, content));
      const withState = { ...content, stateRoot: otherHash(5) };
      expect(signedCommitVote(chainId, withState)).toEqual(commitVoteBytes(chainId, withState));
      const highQcView = (view - 1) as View;
      expect(signedTimeout(chainId, { epoch, view, highQcView })).toEqual(
        timeoutBytes(chainId, { epoch, view, highQcView }),
      );
    }
  });
});

describe("no-double-sign", () => {
  const judged = (...messages: readonly Message[]) =>
    verdict(
      noDoubleSign,
      messages.map((message) => signed(1, message)),
    );
  const qc = certified(first);

  test("passes views taken and given up in turn, and everything said again after a restart", () => {
    const messages = [
      proposal(first),
      vote(1, first),
      commitVote(1, first),
      vote(1, second),
      timeout(1, 2, qc),
      timeout(1, 3, qc),
    ];
    const again = [vote(1, second), commitVote(1, first), timeout(1, 3, qc), proposal(first)];
    expect(judged(...messages, ...again)).toEqual([]);
  });

  test.each<{ what: string; messages: readonly Message[]; told: string }>([
    {
      what: "two votes of a view",
      messages: [vote(1, first), vote(1, rival)],
      told: "after another",
    },
    {
      what: "two proposals of a view",
      messages: [proposal(first), proposal(rival)],
      told: "proposal of view 1",
    },
    {
      what: "two states vouched for",
      messages: [commitVote(1, first), commitVote(1, first, otherHash(2))],
      told: "commit-vote of view 1",
    },
    {
      what: "two timeouts of a view",
      messages: [timeout(1, 2), timeout(1, 2, qc)],
      told: "certificate 1) after another (certificate 0)",
    },
    {
      what: "a vote in a view given up",
      messages: [timeout(1, 1), vote(1, first)],
      told: "after a timeout of view 1",
    },
    {
      what: "a vote below a view given up",
      messages: [timeout(1, 5), vote(1, first)],
      told: "after a timeout of view 5",
    },
    {
      what: "a commit vote in a view given up",
      messages: [timeout(1, 1), commitVote(1, first)],
      told: "commit-vote of view 1",
    },
    {
      what: "a vote of an earlier view",
      messages: [vote(1, second), vote(1, first)],
      told: "after a vote of view 2",
    },
    {
      what: "a vote of a view commit-voted in",
      messages: [commitVote(1, first), vote(1, first)],
      told: "after a commit-vote of view 1",
    },
    {
      what: "a commit vote of an earlier view",
      messages: [commitVote(1, second), commitVote(1, first)],
      told: "after a commit-vote of view 2",
    },
    {
      what: "a proposal of an earlier view",
      messages: [proposal({ ...first, view: 5 as View }), proposal(first)],
      told: "after a proposal of view 5",
    },
    {
      what: "a timeout of an earlier view",
      messages: [timeout(1, 5), timeout(1, 4)],
      told: "after a timeout of view 5",
    },
    {
      what: "a timeout that forgets a commit vote",
      messages: [commitVote(1, first), timeout(1, 2)],
      told: "vouching for the certificate of 1",
    },
    {
      what: "a timeout that forgets what an earlier one named",
      messages: [timeout(1, 2, qc), timeout(1, 3)],
      told: "vouching for the certificate of 1",
    },
    {
      what: "another vote inside a timeout",
      messages: [vote(1, first), { ...timeout(1, 1), vote: vote(1, rival) } as Message],
      told: "vote of view 1",
    },
    { what: "a vote in another's name", messages: [vote(2, first)], told: "in the name of v2" },
  ])("reports $what", ({ messages, told }) => {
    expect(judged(...messages).join("; ")).toContain(told);
  });

  test("holds nothing against a liar", () => {
    const given = premises({ isHonest: (node) => node !== 1 });
    const seen = [signed(1, vote(1, first)), signed(1, vote(1, rival))];
    expect(verdict(noDoubleSign, seen, given)).toEqual([]);
  });
});

describe("evidence", () => {
  const liar = premises({ isHonest: (node) => node !== 3 });
  const held = (changes: Partial<Evidence> = {}, given = liar) => {
    const view = 1 as View;
    const double = { offender: 3, view, first: vote(3, first), second: vote(3, rival) };
    const seen = at(0, { type: "evidence", evidence: { ...double, ...changes } });
    return verdict(evidence, [seen], given).join("; ");
  };

  test("passes two signed statements of a liar that conflict", () => {
    expect(held()).toBe("");
  });

  test("is reported against an honest validator", () => {
    expect(held({}, premises())).toContain("against v3, who is honest");
  });

  test("is reported when both say the same", () => {
    expect(held({ second: vote(3, first) })).toContain("both say the same");
  });

  test("is reported when it is of two kinds", () => {
    expect(held({ second: commitVote(3, first) })).toContain("do not conflict");
  });

  test("is reported when it is of another signer", () => {
    expect(held({ second: vote(2, rival) })).toContain("one of them is by v2");
  });

  test("is reported when it is of another view", () => {
    expect(held({ second: vote(3, second) })).toContain("one of them is of view 2");
  });

  test("is reported when a signature is forged", () => {
    const forged = { ...vote(3, rival), signature: new Uint8Array(64) as Signature };
    expect(held({ second: forged })).toContain("not signed by its key");
  });

  test("is nobody's business when a liar holds it", () => {
    const double = { view: 1 as View, first: vote(0, first), second: vote(0, first) };
    const seen = at(3, { type: "evidence", evidence: { offender: 0, ...double } });
    expect(verdict(evidence, [seen], liar)).toEqual([]);
  });
});

describe("halts", () => {
  const halted = at(1, {
    type: "halted",
    halt: {
      reason: "state-diverged",
      height: first.height,
      view: first.view,
      ours: otherHash(1),
      theirs: otherHash(2),
    },
  });

  test("are reported of honest validators", () => {
    expect(verdict(halts, [halted])).toEqual([
      "v1 halted: state-diverged at height 1, view 1: ours 01010101, theirs 02020202",
    ]);
  });

  test("are what liars may do, and everybody among too many of them", () => {
    expect(verdict(halts, [halted], premises({ isHonest: (node) => node !== 1 }))).toEqual([]);
    expect(verdict(halts, [halted], beyondBounds())).toEqual([]);
  });
});
