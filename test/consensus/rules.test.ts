// What each rule set votes for, locks and makes final, as its paper has it; then one engine under each.

import { describe, expect, test } from "vitest";
import {
  type Block,
  blockHash,
  initialSafetyState,
  RULE_SETS,
  type RuleSet,
  type SafetyState,
} from "../../consensus/index.ts";
import { epoch, type Hash, toHex } from "../../crypto/index.ts";
import { viewOf } from "./fixtures.ts";
import { four, votes } from "./scenes.ts";
import { BASE_TIMEOUT_MS, drafts, of, type Subject, subject, viewsCommitted } from "./subject.ts";

const { block, qc, tc } = four;
const twoChain = RULE_SETS["two-chain"];
const threeChain = RULE_SETS["three-chain"];

function stateWith(changes: { readonly voted?: number; readonly locked?: number }): SafetyState {
  const fresh = initialSafetyState(four.genesis);
  const highQc = qc(changes.locked ?? 0);
  const views = {
    lastVotedView: viewOf(changes.voted ?? 0),
    lockedView: viewOf(changes.locked ?? 0),
  };
  return { ...fresh, ...views, highQc };
}

function lockedBy(rules: RuleSet, state: SafetyState, voted: Block, parent?: Block): unknown {
  const verdict = rules.mayVote(state, voted, undefined, parent);
  return verdict.ok ? verdict.state.lockedView : verdict.refusal;
}

describe("a vote under two-chain", () => {
  test("locks the highest certificate", () => {
    expect(lockedBy(twoChain, stateWith({ locked: 2 }), block(6))).toBe(5);
  });

  test("is refused where a timeout certificate remembers more", () => {
    const verdict = twoChain.mayVote(
      stateWith({}),
      block(8, { on: 5 }),
      tc(7, { highQc: 6 }),
      undefined,
    );
    expect(verdict).toMatchObject({ ok: false, refusal: "forgets-a-certified-block" });
  });
});

describe("a vote under commit-votes", () => {
  test("locks nothing: its commit vote does", () => {
    expect(lockedBy(RULE_SETS["commit-votes"], stateWith({ locked: 2 }), block(6))).toBe(2);
  });
});

describe("a vote under three-chain", () => {
  test("locks what the parent's justify certifies", () => {
    expect(lockedBy(threeChain, stateWith({ locked: 2 }), block(6), block(5))).toBe(4);
  });

  test("never lowers the lock", () => {
    const parent = block(5, { on: 1 });
    const child = block(6, { on: parent });
    expect(lockedBy(threeChain, stateWith({ locked: 2 }), child, parent)).toBe(2);
  });

  test("locks nothing on genesis", () => {
    expect(lockedBy(threeChain, stateWith({}), block(1))).toBe(0);
  });

  test("is given to a child of the locked block, whatever a timeout certificate remembers", () => {
    const state = stateWith({ locked: 5 });
    const verdict = threeChain.mayVote(state, block(8, { on: 5 }), tc(7, { highQc: 6 }), block(5));
    expect(verdict).toMatchObject({ ok: true, state: { lastVotedView: 8 } });
  });

  test("is given to another branch that is certified above the lock", () => {
    const fork = block(6, { on: 3 });
    expect(lockedBy(threeChain, stateWith({ locked: 5 }), block(7, { on: fork }), fork)).toBe(5);
  });

  test("is refused to a branch certified below the lock", () => {
    const verdict = threeChain.mayVote(
      stateWith({ locked: 5 }),
      block(8, { on: 4 }),
      undefined,
      block(4),
    );
    expect(verdict).toEqual({ ok: false, refusal: "below-the-lock", view: 4, bound: 5 });
  });

  test("is not asked for before the parent is held", () => {
    expect(() => lockedBy(threeChain, stateWith({}), block(6))).toThrow("invariant broken");
  });

  test("is refused twice in a view, in another epoch, and on a certificate that is not older", () => {
    const { mayVote } = threeChain;
    const refused = (state: SafetyState, voted: Block) => {
      const verdict = mayVote(state, voted, undefined, block(5));
      return verdict.ok ? "ok" : verdict.refusal;
    };
    expect(refused(stateWith({ voted: 6 }), block(6))).toBe("already-voted");
    expect(refused({ ...stateWith({}), epoch: epoch(2) }, block(6))).toBe("wrong-epoch");
    const late = { ...block(6), view: viewOf(5) };
    expect(refused(stateWith({}), late)).toBe("certificate-not-older");
  });
});

describe("made final", () => {
  /** Blocks of these views, each on the one before, and the view that a QC on the last one makes final. */
  function finalOf(rules: RuleSet, views: readonly number[]): number | undefined {
    const held = new Map<string, Block>();
    let last: Block | undefined;
    for (const each of views) {
      last = block(each, { on: last ?? 0 });
      held.set(toHex(blockHash(last)), last);
    }
    return rules.finalBy(qc(last ?? 0), (hash: Hash) => held.get(toHex(hash)))?.view;
  }

  test.each<readonly [readonly number[], number | undefined, number | undefined]>([
    [[1], 0, undefined],
    [[1, 2], 1, 0],
    [[1, 2, 3], 2, 1],
    [[2, 4, 5], 4, undefined],
    [[2, 3, 5], undefined, undefined],
    [[3, 4, 5], 4, 3],
    [[3, 5], undefined, undefined],
  ])(
    "by a certificate on the last of views %j: %s by two-chain, %s by three-chain",
    (views, two, three) => {
      expect([finalOf(twoChain, views), finalOf(threeChain, views)]).toEqual([two, three]);
    },
  );
});

/** Proposals, bodies, votes and own votes of these views, in order. */
function grow(node: Subject, blocks: readonly Block[]) {
  return blocks.flatMap((each) => {
    const received = node.receive(each);
    return [...received, ...node.hearOwn(received), ...node.hear(...votes(each, [0, 1, 2]))];
  });
}

function execute(node: Subject, blocks: readonly Block[]) {
  return blocks.flatMap((each) => node.executed(each));
}

test.each(["commit-votes", "two-chain", "three-chain"] as const)(
  "a chain that never stumbles has views of the base length under %s",
  (name) => {
    const node = subject(four, { self: 3, rules: RULE_SETS[name] });
    for (const each of four.chain(1, 6)) {
      grow(node, [each]);
      execute(node, [each]);
      const commitVotes = [0, 1, 2].map((by) => four.commitVote(each, { by }));
      if (name === "commit-votes") node.hear(...commitVotes);
    }
    const timeouts = of(node.effects, "enter-view").map(({ timeoutMs }) => timeoutMs);
    expect(new Set(timeouts)).toEqual(new Set([BASE_TIMEOUT_MS]));
  },
);

describe.each([
  ["two-chain", 2],
  ["three-chain", 1],
] as const)("a validator under %s", (name, final) => {
  const under = () => subject(four, { self: 3, rules: RULE_SETS[name] });
  const blocks = [block(1), block(2), block(3)];

  test(`commits view ${final} on the certificate of view 3, without a commit vote`, () => {
    const node = under();
    grow(node, blocks);
    execute(node, blocks);
    expect(viewsCommitted(node.effects).at(-1)).toBe(final);
    expect(drafts(node.effects, "commit-vote")).toEqual([]);
    expect(drafts(node.effects, "vote").map(({ content }) => content.view)).toEqual([1, 2, 3]);
  });

  test("makes its lock durable with the vote that takes it", () => {
    const node = under();
    grow(node, blocks);
    expect(node.durable?.lockedView).toBe(final);
  });

  test("fetches a long gap block by block and asks for no runs, which nobody could certify", () => {
    const node = under();
    const late = four.chain(1, 30);
    grow(node, late.slice(28));
    for (const each of late.slice(0, 28).toReversed()) {
      const asked = of(node.effects, "fetch").at(-1)?.hash;
      expect(asked && toHex(asked)).toBe(toHex(blockHash(each)));
      node.fetched([each]);
    }
    execute(node, late);
    expect(node.height).toBe(27 + final);
    expect(of(node.effects, "catch-up")).toEqual([]);
  });
});

describe("a validator under three-chain", () => {
  test("asks for the parent that its lock needs, and votes once it is there", () => {
    const node = subject(four, { self: 3, rules: threeChain });
    node.receive(block(5));
    expect(drafts(node.effects, "vote")).toEqual([]);
    expect(of(node.effects, "fetch").map(({ hash }) => toHex(hash))).toContain(
      toHex(blockHash(block(4))),
    );
    const effects = node.fetched([block(4)]);
    expect(drafts(effects, "vote")).toMatchObject([{ content: { view: 5 } }]);
    expect(node.durable?.lockedView).toBe(3);
  });

  test("finds the parent in its tip right after a restart", () => {
    const safety = { ...initialSafetyState(four.genesis), highQc: qc(4) };
    const node = subject(four, { self: 3, rules: threeChain, safety, tip: four.tipAt(4) });
    const effects = node.receive(block(5));
    expect(drafts(effects, "vote")).toMatchObject([{ content: { view: 5 } }]);
  });
});
