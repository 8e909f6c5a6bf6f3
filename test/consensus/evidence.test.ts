import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ballots } from "../../consensus/ballots.ts";
import {
  bareMessage,
  type Evidence,
  type Message,
  messageCodec,
  verifyEvidence,
} from "../../consensus/index.ts";
import { decode, encode, epoch, view } from "../../crypto/index.ts";
import { hashOf, world } from "./fixtures.ts";

const seed = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));
const home = world();
const { validators, scheme } = home;
const [left, right] = [home.block(5, { payload: "left" }), home.block(5, { payload: "right" })];
const offender = left.proposer;

const votes = [home.vote(left, { by: 2 }), home.vote(right, { by: 2 })] as const;
const pairs: Readonly<Record<string, readonly [Message, Message]>> = {
  proposal: [home.proposal(left), home.proposal(right)],
  vote: votes,
  "commit-vote": [
    home.commitVote(left, { by: 2, qc: home.qc(left) }),
    home.commitVote(right, { by: 2 }),
  ],
  timeout: [
    home.timeout(5, { by: 2, highQc: 4, vote: votes[0] }),
    home.timeout(5, { by: 2, highQc: 3, highTc: home.tc(4, { highQc: 3 }) }),
  ],
};

function judge(first: Message, second: Message) {
  return verifyEvidence(validators, scheme, { first, second });
}

function refusal(first: Message, second: Message): string {
  const verdict = judge(first, second);
  return verdict.ok ? "proven" : verdict.refusal;
}

describe("it is an offence to sign two", () => {
  test.each(Object.entries(pairs))("%ss of one view that differ", (kind, [first, second]) => {
    const by = kind === "proposal" ? offender : 2;
    const { publicKey } = home.signerOf(by);
    const offence = { offender: by, publicKey, kind, view: 5 };
    expect(judge(first, second)).toEqual({ ok: true, offence });
    expect(judge(second, first)).toEqual({ ok: true, offence });
  });

  test("commit votes for one block with other states after it", () => {
    const elsewhere = home.commitVote(left, { by: 2, stateRoot: hashOf("another state") });
    expect(refusal(home.commitVote(left, { by: 2 }), elsewhere)).toBe("proven");
  });

  test.each(Object.entries(pairs))("%ss, whatever they brought along", (_, [first, second]) => {
    if (first.type === "decision" || second.type === "decision") throw new Error("not a pair");
    const bare = [bareMessage(first), bareMessage(second)] as const;
    expect(judge(...bare)).toEqual(judge(first, second));
    for (const message of bare) {
      const bytes = encode(messageCodec, message);
      expect(decode(messageCodec, bytes)).toEqual({ ok: true, value: message });
    }
  });
});

test("a bare message is small, unless it is a proposal", () => {
  const sizes = Object.values(pairs).map(([message]) => {
    if (message.type === "decision") throw new Error("not a pair");
    return encode(messageCodec, bareMessage(message)).length;
  });
  expect(Math.max(...sizes.slice(1))).toBeLessThan(200);
});

test("a bare proposal is without the proof of its view", () => {
  const block = home.block(5, { on: 3 });
  const proven = home.proposal(block, { tc: home.tc(4, { highQc: 3 }) });
  expect(bareMessage(proven)).toStrictEqual(home.proposal(block));
});

describe("it is no offence,", () => {
  const [first, second] = votes;

  test.each(Object.entries(pairs))("the same %s twice", (_, [message]) => {
    expect(refusal(message, message)).toBe("not-contradicting");
  });

  test("one timeout with other things beside it", () => {
    const plain = home.timeout(5, { by: 2, highQc: 4 });
    const more = home.timeout(5, { by: 2, highQc: 4, vote: first });
    expect(refusal(plain, more)).toBe("not-contradicting");
  });

  test("a vote and a commit vote", () => {
    expect(refusal(first, home.commitVote(right, { by: 2 }))).toBe("different-kinds");
  });

  test("votes of two validators", () => {
    expect(refusal(first, home.vote(right, { by: 3 }))).toBe("different-signers");
  });

  test("votes of two views", () => {
    expect(refusal(first, home.vote(home.block(6), { by: 2 }))).toBe("different-views");
  });

  test("decisions, which are the word of many", () => {
    const decisions = [left, right].map(
      (block) => ({ type: "decision", cert: home.commitCert(block) }) as const,
    );
    const [one = votes[0], other = votes[1]] = decisions;
    expect(refusal(one, other)).toBe("not-a-signed-message");
    expect(refusal(first, other)).toBe("not-a-signed-message");
    expect(refusal(other, first)).toBe("not-a-signed-message");
  });

  test("votes of somebody who is no validator", () => {
    const [one, other] = [
      { ...first, voter: 4 },
      { ...second, voter: 4 },
    ];
    expect(refusal(one, other)).toBe("unknown-validator");
  });

  test("votes of another epoch, either of them", () => {
    const elsewhere = world({ epoch: 2 });
    const foreign = elsewhere.vote(elsewhere.block(5), { by: 2 });
    expect(refusal(foreign, second)).toBe("wrong-epoch");
    expect(refusal(first, foreign)).toBe("wrong-epoch");
  });

  test("votes on another chain", () => {
    const elsewhere = world({ chain: "another chain" });
    const there = [elsewhere.block(5, { payload: "left" }), elsewhere.block(5)];
    const [one = first, other = second] = there.map((block) => elsewhere.vote(block, { by: 2 }));
    expect(refusal(one, other)).toBe("bad-signature");
  });

  test("votes of which one is not signed by its voter, either of them", () => {
    const forged = { ...second, signature: first.signature };
    expect(refusal(first, forged)).toBe("bad-signature");
    expect(refusal(forged, first)).toBe("bad-signature");
  });

  test("a proposal in somebody else's name", () => {
    const stranger = (left.proposer + 1) % 4;
    const block = { ...right, proposer: stranger };
    const forged = { ...home.proposal(right), block };
    expect(
      refusal({ ...home.proposal(left), block: { ...left, proposer: stranger } }, forged),
    ).toBe("bad-signature");
  });

  test("a vote whose epoch was changed after it was signed", () => {
    const content = { ...second.content, epoch: epoch(2) };
    expect(refusal(first, { ...second, content })).toBe("wrong-epoch");
  });

  test("a vote whose view was changed after it was signed", () => {
    const content = { ...home.vote(home.block(6), { by: 2 }).content, view: view(5) };
    const moved = { ...home.vote(home.block(6), { by: 2 }), content };
    expect(refusal(first, moved)).toBe("bad-signature");
  });
});

test("signatures are judged by the rule for evidence, not by a library's own", () => {
  const evidence = { first: votes[0], second: votes[1] };
  const strict = { ...scheme, verifyQuick: () => false };
  expect(verifyEvidence(validators, strict, evidence).ok).toBe(true);
  const lax = { ...scheme, verify: () => false, verifyQuick: () => true };
  expect(verifyEvidence(validators, lax, evidence).ok).toBe(false);
});

test("no signature is checked before all that is cheap", () => {
  const untouched = { ...scheme, verify: () => expect.unreachable("a signature was checked") };
  for (const [first, second] of [
    [votes[0], votes[0]],
    [votes[0], home.vote(home.block(6), { by: 2 })],
    [votes[0], home.vote(right, { by: 3 })],
    [votes[0], home.commitVote(right, { by: 2 })],
  ] as const) {
    expect(verifyEvidence(validators, untouched, { first, second }).ok).toBe(false);
  }
});

const blocks = [left, right, home.block(5, { payload: "third" }), home.block(6), home.block(7)];
const statement = fc
  .record({
    kind: fc.constantFrom("proposal", "vote", "commit-vote", "timeout"),
    by: fc.nat(3),
    on: fc.nat(blocks.length - 1),
  })
  .map(({ kind, by, on }): Message => {
    const block = blocks[on] ?? left;
    if (kind === "proposal") return home.proposal(block);
    if (kind === "vote") return home.vote(block, { by });
    if (kind === "commit-vote") return home.commitVote(block, { by });
    return home.timeout(8, { by, highQc: on });
  });

test(`what an engine reports is proven, and nothing else is (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 40 }), (messages) => {
      const reported: Evidence[] = [];
      const ballots = new Ballots(validators, (evidence) => reported.push(evidence));
      for (const message of messages) {
        if (message.type === "proposal") ballots.addProposal(message);
        else if (message.type === "vote") ballots.addVote(message);
        else if (message.type === "commit-vote") ballots.addCommitVote(message);
        else if (message.type === "timeout") ballots.addTimeout(message);
      }
      const name = (by: number, kind: string, of: number) => `${by} ${kind} ${of}`;
      const accused = reported.map(({ first, second, offender, view: of }) => {
        const verdict = judge(first, second);
        expect(verdict).toMatchObject({ ok: true, offence: { offender, view: of } });
        return name(offender, first.type, of);
      });
      const proven = new Set<string>();
      for (const first of messages) {
        for (const second of messages) {
          const verdict = judge(first, second);
          if (!verdict.ok) continue;
          const { offence } = verdict;
          proven.add(name(offence.offender, offence.kind, offence.view));
        }
      }
      expect(new Set(accused)).toEqual(proven);
    }),
    { seed, numRuns: 60 },
  );
});
