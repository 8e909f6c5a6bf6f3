// Which of the proposals of its view a validator votes for, and what it waits for before it does.

import { describe, expect, test } from "vitest";
import { Commitment } from "../../consensus/commitment.ts";
import {
  type Block,
  blockHash,
  initialSafetyState,
  LEADER_CHOICES,
  RULE_SETS,
  type RuleSetName,
} from "../../consensus/index.ts";
import { Leadership } from "../../consensus/leadership.ts";
import { mayVote, type SafetyRefusal, type VoteRule } from "../../consensus/safety-rules.ts";
import { Voting } from "../../consensus/voting.ts";
import { toHex } from "../../crypto/index.ts";
import { four, inView } from "./scenes.ts";
import { drafts, of, type Subject, subject } from "./subject.ts";

const { block, qc, tipAt } = four;
const names = Object.keys(RULE_SETS) as RuleSetName[];

function votedFor(node: Subject): readonly string[] {
  return drafts(node.effects, "vote").map(({ content }) => toHex(content.block));
}

const nameOf = (made: Block) => toHex(blockHash(made));

/** Validator 3 with block 3 as its tip; it knows by a certificate alone that there is a block 4. */
function lacksBlock4(name: RuleSetName): Subject {
  const safety = { ...initialSafetyState(four.genesis), highQc: qc(4) };
  return subject(four, { self: 3, safety, tip: tipAt(3), rules: RULE_SETS[name] });
}

describe.each(names)("a vote under %s", (name) => {
  test("waits for the parent, which is asked for", () => {
    const node = lacksBlock4(name);
    node.receive(block(5));
    expect(votedFor(node)).toEqual([]);
    expect(of(node.effects, "fetch").map(({ hash }) => toHex(hash))).toEqual([nameOf(block(4))]);
    node.fetched([block(4)]);
    expect(votedFor(node)).toEqual([nameOf(block(5))]);
  });

  test("needs no more of the parent than its header", () => {
    const node = lacksBlock4(name);
    node.receive(block(5));
    node.hear(four.proposal(block(4)));
    expect(votedFor(node)).toEqual([nameOf(block(5))]);
  });

  test("is refused to a block that is not later than a parent that came after it", () => {
    const node = lacksBlock4(name);
    const early = { ...block(5), timestampMs: block(4).timestampMs };
    node.receive(early);
    node.fetched([block(4)]);
    expect(votedFor(node)).toEqual([]);
  });

  test("is given to a block a millisecond later than its parent", () => {
    const node = lacksBlock4(name);
    const later = { ...block(5), timestampMs: block(4).timestampMs + 1 };
    node.receive(later);
    node.fetched([block(4)]);
    expect(votedFor(node)).toEqual([nameOf(later)]);
  });
});

describe("a vote", () => {
  test("is refused to a block that is not later than the tip", () => {
    const node = inView(5);
    node.receive({ ...block(5), timestampMs: tipAt(4).timestampMs });
    expect(votedFor(node)).toEqual([]);
  });

  test("is refused to a first block that is not later than genesis", () => {
    const at = (timestampMs: number) => {
      const tip = { ...four.genesisTip, timestampMs: 1_000 };
      const node = subject(four, { self: 3, tip });
      node.receive({ ...block(1), timestampMs });
      return votedFor(node).length;
    };
    expect([at(1_000), at(1_001)]).toEqual([0, 1]);
  });

  test("is not given to a block that the driver refused, whatever it says later", () => {
    const node = inView(5);
    node.hear(four.proposal(block(5)));
    node.hold(block(5), "timestamp-ahead");
    node.hold(block(5));
    expect(votedFor(node)).toEqual([]);
  });
});

describe("a proposal that waits for a vote", () => {
  const fresh = initialSafetyState(four.genesis);

  /** Voting on genesis by this rule; block 1 is noted, and not held. */
  function waiting(rule: VoteRule) {
    const commitment = new Commitment(four.genesisTip, () => undefined);
    const leaders = LEADER_CHOICES["round-robin"];
    const voting = new Voting(
      commitment,
      new Leadership(four.validators, leaders, commitment),
      rule,
    );
    voting.note(four.proposal(block(1)));
    const hold = () => commitment.insert(block(1), { highQc: four.genesis, held: true });
    return { voting, hold };
  }

  test("waits on when its block was dropped to make room", () => {
    const { voting, hold } = waiting(mayVote);
    expect(voting.pursue(fresh, 3)).toBeUndefined();
    hold();
    expect(voting.pursue(fresh, 3)?.draft).toMatchObject({ type: "vote", content: { view: 1 } });
  });

  test("is judged once, and again only after silence", () => {
    const judged = (refusal: SafetyRefusal) => {
      let count = 0;
      const { voting, hold } = waiting(() => {
        count += 1;
        return { ok: false, refusal, view: block(1).view, bound: block(1).view };
      });
      hold();
      for (let times = 0; times < 3; times++) voting.pursue(fresh, 3);
      return count;
    };
    expect([judged("already-voted"), judged("may-have-signed-before")]).toEqual([1, 3]);
  });

  test("by a rule that records no vote is our bug", () => {
    const { voting, hold } = waiting((state) => ({ ok: true, state }));
    hold();
    expect(() => voting.pursue(fresh, 3)).toThrow("an accepted vote is recorded");
  });
});

describe("of two proposals whose proposers both lead the view", () => {
  // By reputation validator 2 leads view 6 on block 4, and validator 3 on a block 5 that nobody may have seen certified.
  const five = block(5, { justify: qc(4, { by: [0, 1, 3] }), proposer: 1 });
  const onFour = block(6, { on: 4, proposer: 2 });
  const onFive = block(6, { on: five, proposer: 3 });

  /** Validator 1 with block 4 as its tip. */
  function undecided(): Subject {
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(4) };
    const leaders = LEADER_CHOICES.reputation;
    const node = subject(four, { self: 1, safety, tip: tipAt(4), leaders });
    node.hear(four.proposal(onFour, { tc: four.tc(5, { highQc: 4 }) }), four.proposal(onFive));
    return node;
  }

  test("the first is voted for, and never the other", () => {
    const node = undecided();
    node.hold(onFour);
    node.hold(onFive);
    node.fetched([five]);
    expect(votedFor(node)).toEqual([nameOf(onFour)]);
  });

  test("the one that can be judged is voted for, whichever came first", () => {
    const node = undecided();
    node.fetched([five]);
    node.hold(onFive);
    node.hold(onFour);
    expect(votedFor(node)).toEqual([nameOf(onFive)]);
  });

  test("the other is voted for when the driver refuses the first", () => {
    const node = undecided();
    node.fetched([five]);
    node.hold(onFour, "timestamp-ahead");
    node.hold(onFive);
    expect(votedFor(node)).toEqual([nameOf(onFive)]);
  });

  test("neither is voted for once the view is over", () => {
    const node = undecided();
    node.fetched([five]);
    node.hear(...[0, 2, 3].map((by) => four.vote(onFive, { by })));
    node.hold(onFour);
    node.hold(onFive);
    expect(votedFor(node)).toEqual([]);
  });
});
