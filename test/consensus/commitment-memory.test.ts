// What is remembered on the way to a final block, what is forgotten, and what must not happen twice or too late; seen through
// a follower's engine, or at the commitment itself where the engine would hide it.

import { describe, expect, test } from "vitest";
import { MAX_REMEMBERED_COMMITS } from "../../consensus/chain.ts";
import { Commitment, targetOf } from "../../consensus/commitment.ts";
import { type Block, blockHash, type Effect, type Message } from "../../consensus/index.ts";
import { hashOf, world } from "./fixtures.ts";
import { of, type Subject, subject, typesOf, viewsCommitted } from "./subject.ts";

const made = world();
const { block, chain, tc, commitCert, proposal, rootAfter, tipAt, qc, genesis } = made;

function decision(view: number, options: Parameters<typeof commitCert>[1] = {}): Message {
  return { type: "decision", cert: commitCert(view, options) };
}

function follower(height = 0): Subject {
  return subject(made, { tip: tipAt(height) });
}

function viewsOf(effects: readonly Effect[], type: "execute" | "obtain-payload"): number[] {
  return of(effects, type).map(({ block }) => block.view);
}

/** A commitment of its own, with all that it emits. */
function commitment(height = 0): { readonly on: Commitment; readonly effects: Effect[] } {
  const effects: Effect[] = [];
  return { on: new Commitment(tipAt(height), (effect) => effects.push(effect)), effects };
}

describe("a block that comes twice", () => {
  test("is held once it came with its bodies, whatever came first", () => {
    const node = follower();
    node.hear(proposal(1), decision(1));
    expect(viewsOf(node.effects, "execute")).toEqual([]);
    expect(viewsOf(node.fetched([block(1)]), "execute")).toEqual([1]);
  });

  test("keeps what is known of it: it is executed once", () => {
    const node = follower();
    node.receive(...chain(1, 2));
    node.hear(decision(2));
    expect(viewsOf(node.fetched(chain(1, 2)), "execute")).toEqual([]);
    expect(viewsOf(node.executed(block(1)), "execute")).toEqual([2]);
  });

  test("beside what is final is not taken, and its bodies are not asked for", () => {
    const node = follower(1);
    const rival = block(3, { on: 0 });
    expect(node.hear(proposal(rival, { tc: tc(2, { highQc: 0 }) }))).not.toContainEqual(
      expect.objectContaining({ type: "obtain-payload" }),
    );
    expect(node.engine.block(blockHash(rival))).toBeUndefined();
  });
});

describe("an executed block", () => {
  test("that nobody holds any more changes nothing", () => {
    const node = follower();
    expect(node.executed(block(9))).toEqual([]);
  });

  test("is final together with all that were executed before its certificate came", () => {
    const node = follower();
    node.receive(...chain(1, 2));
    for (const each of chain(1, 2)) node.executed(each);
    expect(viewsCommitted(node.hear(decision(2)))).toEqual([1, 2]);
  });

  test("is dropped once it is final", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1));
    expect(node.engine.block(blockHash(block(1)))).toEqual(block(1));
    node.executed(block(1));
    expect(node.engine.block(blockHash(block(1)))).toBeUndefined();
  });

  test("is not vouched for before each of its ancestors is executed", () => {
    const { on } = commitment();
    for (const each of chain(1, 2)) on.insert(each, { highQc: genesis, held: true });
    on.onExecuted(blockHash(block(2)), rootAfter(2));
    expect(on.executedPath(targetOf(qc(2)))).toBeUndefined();
    on.onExecuted(blockHash(block(1)), rootAfter(1));
    expect(on.executedPath(targetOf(qc(2)))).toHaveLength(2);
  });

  test("is executed only when its bodies and those of all below it are held", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(proposal(2));
    node.receive(block(3));
    node.hear(decision(3));
    node.executed(block(1));
    expect(viewsOf(node.effects, "execute")).toEqual([1]);
    expect(viewsOf(node.hold(block(2)), "execute")).toEqual([2]);
  });
});

describe("what is asked for", () => {
  test("may be asked for again once the tip has moved", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1), decision(9));
    expect(of(node.effects, "catch-up")).toHaveLength(1);
    node.executed(block(1));
    expect(of(node.hear(decision(10)), "catch-up")).toEqual([{ type: "catch-up", height: 10 }]);
  });

  test("is remembered for 64 gaps, then all may be asked for again", () => {
    const node = follower();
    const again: number[] = [];
    for (let view = 1; view <= 70; view++) {
      if (of(node.hear(decision(view)), "catch-up").length > 0) again.push(view);
    }
    // At 9 catch-up itself takes a place, so 64 are taken after view 63, and view 64 begins anew.
    expect(again).toEqual([9, 65]);
  });

  test("is the next block in the very batch in which the one below it becomes final", () => {
    const node = follower();
    node.hear(decision(2), decision(4), decision(30));
    node.fetched(chain(1, 4));
    const asked = chain(1, 4).map((each) => viewsOf(node.executed(each), "execute"));
    expect(asked).toEqual([[2], [3], [4], []]);
  });
});

describe("a block that is wanted by its certificate", () => {
  test("is asked for, of those who signed for it", () => {
    const { on, effects } = commitment();
    on.want(qc(2, { by: [1, 2, 3] }));
    expect(effects).toEqual([{ type: "fetch", hash: blockHash(block(2)), holders: [1, 2, 3] }]);
  });

  test("is not asked for at a height that is final, nor below it", () => {
    const { on, effects } = commitment(2);
    on.want(qc(block(3, { on: 1 })));
    on.want(qc(1));
    expect(effects).toEqual([]);
    on.want(qc(block(4, { on: block(3, { on: 1 }) })));
    expect(typesOf(effects)).toEqual(["fetch"]);
  });

  test("is never the tip: our bug", () => {
    const { on } = commitment(2);
    expect(() => on.want(qc(2))).toThrow("a tip above genesis comes with its block");
  });
});

describe("the block and the time that a certificate stands for", () => {
  test("are those of the tip, of a block that is held, or unknown", () => {
    const { on } = commitment(2);
    on.insert(block(3), { highQc: genesis, held: false });
    expect([2, 3, 4, 1].map((view) => on.certified(qc(view))?.view)).toEqual([
      2,
      3,
      undefined,
      undefined,
    ]);
    const times = [2, 3].map((view) => block(view).timestampMs);
    expect([2, 3, 4, 1].map((view) => on.timestampOf(qc(view)))).toEqual([
      ...times,
      undefined,
      undefined,
    ]);
  });

  test("are no block and a time at genesis", () => {
    const { on } = commitment();
    expect(on.certified(genesis)).toBeUndefined();
    expect(on.timestampOf(genesis)).toBe(0);
  });
});

describe("certificates above the tip", () => {
  test("stay with the blocks they came for, the newest of two that agree", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1, { by: [0, 1, 2] }), decision(1, { by: [1, 2, 3] }));
    const [commit] = of(node.executed(block(1)), "commit");
    expect(commit?.cert?.signatures.signers).toEqual([1, 2, 3]);
  });

  test("go when there are more than are remembered, the second highest first, and can be heard again", () => {
    const node = follower();
    const last = MAX_REMEMBERED_COMMITS + 2;
    const blocks = chain(1, last);
    for (let view = 1; view <= last; view++) node.hear(decision(view));
    node.fetched(blocks);
    for (const each of blocks) node.executed(each);
    const bare = of(node.effects, "commit").filter((commit) => !("cert" in commit));
    expect(bare.map(({ block }) => block.view)).toEqual([last - 1]);
    expect(of(node.hear(decision(last - 1)), "certify")).toHaveLength(1);
  });

  test("are kept for the highest block of all, whether it is known to be final before or after", () => {
    const high = MAX_REMEMBERED_COMMITS + 2;
    const blocks = chain(1, high);
    // Final by the rule, without a certificate of its own.
    const above = [block(high + 1), block(high + 2)];
    for (const ruledFirst of [false, true]) {
      const node = follower();
      if (ruledFirst) node.fetched(above);
      for (const each of blocks) node.hear(decision(each.view));
      node.fetched(blocks);
      if (!ruledFirst) node.fetched(above);
      for (const each of blocks) node.executed(each);
      const commit = of(node.effects, "commit").at(-1);
      expect([commit?.block.view, commit?.cert?.view]).toEqual([high, high]);
    }
  });

  test("are all kept while there are no more than are remembered", () => {
    const node = follower();
    const blocks = chain(1, MAX_REMEMBERED_COMMITS);
    for (const { view } of blocks) node.hear(decision(view));
    node.fetched([...blocks, block(MAX_REMEMBERED_COMMITS + 1)]);
    for (const each of blocks) node.executed(each);
    expect(of(node.effects, "commit").every((commit) => "cert" in commit)).toBe(true);
    expect(node.height).toBe(MAX_REMEMBERED_COMMITS);
  });

  test("name the tip that a restart began with: it is reported once", () => {
    const node = follower(5);
    expect(of(node.hear(decision(5), decision(5)), "certify")).toEqual([
      { type: "certify", cert: commitCert(5) },
    ]);
  });
});

describe("a contradiction", () => {
  test("of two certificates is found although the highest is above both", () => {
    const node = follower();
    node.hear(decision(1), decision(5));
    const rival = commitCert(block(2, { on: 0 }));
    const effects = node.hear({ type: "decision", cert: rival });
    expect(of(effects, "halt")[0]?.halt).toEqual({
      reason: "conflicting-commit",
      height: 1,
      view: 2,
      ours: blockHash(block(1)),
      theirs: rival.block,
      cert: rival,
    });
  });

  test("stops the commits of its batch, although the blocks above are executed too", () => {
    const node = follower();
    node.receive(...chain(1, 2));
    node.hear(decision(1), decision(2));
    node.executed(block(2));
    expect(typesOf(node.executed(block(1), hashOf("diverged")))).toEqual(["halt"]);
  });

  test("is the last word about a block that is final: no certificate is reported after it", () => {
    for (const cert of [
      commitCert(block(2, { on: 0 })),
      commitCert(1, { stateRoot: hashOf("diverged") }),
    ]) {
      const { on, effects } = commitment();
      // Final as the ancestor of a certified block: no certificate of its own is known.
      on.onCommitCert(commitCert(2));
      for (const each of chain(1, 2)) executed(on, each);
      expect(on.tip.height).toBe(2);
      effects.length = 0;
      on.onCommitCert(cert);
      expect(typesOf(effects)).toEqual(["halt"]);
    }
  });

  test("is the last word about a block that is about to be final: it is not stored", () => {
    const { on, effects } = commitment();
    on.onCommitCert(commitCert(1, { stateRoot: hashOf("diverged") }));
    effects.length = 0;
    executed(on, block(1));
    expect(typesOf(effects)).toEqual(["execute", "halt"]);
  });

  test("with a certificate shows it, with the chain's own rule has none to show", () => {
    const beside = block(3, { on: block(2, { on: 0 }) });
    const certified = follower(1);
    certified.fetched([beside]);
    const cert = commitCert(beside);
    const [shown] = of(certified.hear({ type: "decision", cert }), "halt");
    expect(shown?.halt.cert).toEqual(cert);

    const ruled = follower(1);
    const above = block(4, { on: beside });
    // The QC on `beside` makes the block below it final, at a height that is final already.
    const [bare] = of(ruled.fetched([beside, above]), "halt");
    expect(bare?.halt).toMatchObject({ reason: "conflicting-commit", height: 1 });
    expect(bare?.halt).not.toHaveProperty("cert");
  });
});

test("a commit by the chain's own rule carries no certificate, not even an empty one", () => {
  const node = follower();
  node.receive(...chain(1, 3));
  expect(of(node.executed(block(1)), "commit")[0]).not.toHaveProperty("cert");
});

function executed(on: Commitment, child: Block): void {
  on.insert(child, { highQc: genesis, held: true });
  on.pursue();
  on.onExecuted(blockHash(child), rootAfter(child));
  on.pursue();
}
