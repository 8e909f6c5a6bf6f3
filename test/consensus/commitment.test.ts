// What becomes final, in which order, and what is asked for on the way; seen through the engine, from one event to its effects.

import { describe, expect, test } from "vitest";
import { MAX_FETCH_DEPTH } from "../../consensus/commitment.ts";
import { blockHash, type Halt, type Message } from "../../consensus/index.ts";
import { hashOf, world } from "./fixtures.ts";
import { of, type Subject, subject, typesOf, viewsCommitted } from "./subject.ts";

const made = world();
const { block, chain, tc, commitCert, proposal, rootAfter, tipAt } = made;

function decision(view: number, options: Parameters<typeof commitCert>[1] = {}): Message {
  return { type: "decision", cert: commitCert(view, options) };
}

/** A follower: nothing it does is mixed with votes. */
function follower(height = 0): Subject {
  return subject(made, { tip: tipAt(height) });
}

function haltOf(halts: readonly { readonly halt: Halt }[]): Halt | undefined {
  expect(halts.length).toBeLessThanOrEqual(1);
  return halts[0]?.halt;
}

describe("a commit certificate", () => {
  test("makes a block final once its bodies are held and it is executed", () => {
    const node = follower();
    node.receive(block(1));
    expect(typesOf(node.hear(decision(1)))).toEqual(["execute"]);
    const effects = node.executed(block(1));
    expect(typesOf(effects)).toEqual(["store", "commit"]);
    expect(of(effects, "commit")[0]).toMatchObject({
      cert: commitCert(1),
      stateRoot: rootAfter(1),
    });
  });

  test("makes the ancestors final first, oldest to newest, each executed after its parent", () => {
    const node = follower();
    node.receive(...chain(1, 4));
    node.hear(decision(4));
    for (let view = 1; view <= 4; view++) node.executed(block(view));
    expect(viewsCommitted(node.effects)).toEqual([1, 2, 3, 4]);
    expect(of(node.effects, "execute").map(({ block }) => block.view)).toEqual([1, 2, 3, 4]);
  });

  test("commits two ancestors that failed views skipped in the order of their hashes' links, once", () => {
    const node = follower();
    const three = block(3, { on: 1 });
    const six = block(6, { on: three });
    const rival = block(2, { on: 0 });
    node.receive(block(1));
    node.hear(proposal(rival, { tc: tc(1, { highQc: 0 }) }));
    node.hold(rival);
    node.hear(proposal(three, { tc: tc(2, { highQc: 1 }) }));
    node.hold(three);
    node.hear(proposal(six, { tc: tc(5, { highQc: three }) }));
    node.hold(six);
    node.hear({ type: "decision", cert: commitCert(six) });
    for (const each of [block(1), three, six]) node.executed(each);
    expect(viewsCommitted(node.effects)).toEqual([1, 3, 6]);
    expect(of(node.effects, "execute").map(({ block }) => block.view)).toEqual([1, 3, 6]);
  });

  test("is attached to its own block, and to each ancestor that has one", () => {
    const node = follower();
    node.receive(...chain(1, 3));
    node.hear(decision(2), decision(3));
    for (const each of chain(1, 3)) node.executed(each);
    const certs = of(node.effects, "commit").map(({ cert }) => cert?.view);
    expect(certs).toEqual([undefined, 2, 3]);
  });

  test("that comes after the commit is reported once, however often it comes", () => {
    const node = follower();
    node.receive(...chain(1, 2));
    node.hear(decision(2));
    for (const each of chain(1, 2)) node.executed(each);
    const again = node.hear(decision(1), decision(1), decision(1, { by: [1, 2, 3] }), decision(2));
    expect(of(again, "certify").map(({ cert }) => cert.view)).toEqual([1]);
  });

  test("of long ago is ignored", () => {
    const node = follower(5);
    expect(node.hear(decision(3))).toEqual([]);
  });
});

describe("the two-chain rule", () => {
  /** Blocks 1 and `view` on it; the QC of the latter is in the block after it. */
  function certifiedChild(view: number): Subject {
    const node = follower();
    const child = block(view, { on: 1 });
    const grandchild = block(view + 1, { on: child });
    const proof = view === 2 ? {} : { tc: tc(view - 1, { highQc: 1 }) };
    node.hear(proposal(1), proposal(child, proof));
    for (const each of [block(1), child]) node.hold(each);
    node.hear(proposal(grandchild));
    node.executed(block(1));
    return node;
  }

  test("makes a block final whose child was certified in the very next view", () => {
    const node = certifiedChild(2);
    expect(viewsCommitted(node.effects)).toEqual([1]);
    expect(of(node.effects, "commit")[0]?.cert).toBeUndefined();
  });

  test("needs consecutive views", () => {
    const node = certifiedChild(3);
    expect(node.height).toBe(0);
    expect(of(node.effects, "execute")).toEqual([]);
  });

  test("needs the certificate of the child, not the child alone", () => {
    const node = follower();
    node.receive(...chain(1, 2));
    expect(of(node.effects, "execute")).toEqual([]);
  });

  test("holds when the blocks come after their certificates", () => {
    const node = follower();
    node.hear(made.timeout(3, { by: 1, highQc: 2 }));
    node.fetched([block(2)]);
    node.fetched([block(1)]);
    node.executed(block(1));
    expect(viewsCommitted(node.effects)).toEqual([1]);
  });
});

describe("execution", () => {
  test("slower than the views holds nothing up: each block is final as soon as it is executed", () => {
    const node = follower();
    const heights: number[] = [];
    for (let view = 1; view <= 30; view++) {
      node.receive(block(view));
      if (view > 10) {
        node.executed(block(view - 10));
        heights.push(node.height);
      }
    }
    expect(heights).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test("survives new views although the newest certified block is not held yet", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1));
    for (let view = 40; view < 80; view++)
      node.hear(made.timeout(view + 1, { by: 1, highQc: view }));
    node.executed(block(1));
    expect(node.height).toBe(1);
  });

  test("waits for bodies, and begins below the first that is missing", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(proposal(2));
    node.receive(block(3));
    node.hear(decision(3));
    node.executed(block(1));
    expect(node.height).toBe(1);
    node.hold(block(2));
    node.executed(block(2));
    node.executed(block(3));
    expect(node.height).toBe(3);
  });
});

describe("a block that is missing", () => {
  test("is fetched from those who signed for it, once until a view begins", () => {
    const node = follower();
    const asked = of(node.hear(decision(1, { by: [0, 2, 3] })), "fetch");
    expect(asked).toEqual([{ type: "fetch", hash: blockHash(block(1)), holders: [0, 2, 3] }]);
    expect(of(node.hear(decision(1)), "fetch")).toEqual([]);
    const later = node.hear(made.timeout(7, { by: 1, highQc: 0, highTc: tc(6, { highQc: 0 }) }));
    expect(of(later, "fetch").map(({ hash }) => hash)).toEqual([blockHash(block(1))]);
  });

  test("is fetched parent after child, and then all become final", () => {
    const node = follower();
    node.hear(decision(3));
    expect(of(node.fetched([block(3)]), "fetch")[0]?.hash).toEqual(blockHash(block(2)));
    expect(of(node.fetched([block(2)]), "fetch")[0]?.hash).toEqual(blockHash(block(1)));
    node.fetched([block(1)]);
    for (const each of chain(1, 3)) node.executed(each);
    expect(viewsCommitted(node.effects)).toEqual([1, 2, 3]);
  });

  test("is not asked for its bodies when it came with them", () => {
    const node = follower();
    node.hear(decision(1));
    expect(of(node.fetched([block(1)]), "obtain-payload")).toEqual([]);
  });

  test("far above the tip is left to catch-up, asked for once until a view begins", () => {
    const node = follower();
    const far = MAX_FETCH_DEPTH + 1;
    expect(of(node.hear(decision(MAX_FETCH_DEPTH)), "catch-up")).toEqual([]);
    expect(of(node.hear(decision(far)), "catch-up")).toEqual([{ type: "catch-up", height: far }]);
    expect(of(node.hear(decision(far + 1), decision(far + 2)), "catch-up")).toEqual([]);
    const later = node.hear(made.timeout(7, { by: 1, highQc: 0, highTc: tc(6, { highQc: 0 }) }));
    expect(of(later, "catch-up")).toEqual([{ type: "catch-up", height: far + 2 }]);
  });
});

describe("catching up", () => {
  test("makes each batch final although the newest certificate is far above it", () => {
    const node = follower();
    node.hear(decision(300));
    for (const [from, to] of [
      [1, 5],
      [6, 12],
    ] as const) {
      node.fetched(chain(from, to), commitCert(to) as never);
      for (const each of chain(from, to)) node.executed(each);
    }
    expect(node.height).toBe(12);
  });

  test("keeps the certificates that are needed first when many come from above", () => {
    const node = follower();
    chain(1, 400);
    node.hear(decision(4));
    for (let view = 100; view < 400; view++) node.hear(decision(view));
    node.fetched(chain(1, 4));
    for (const each of chain(1, 4)) node.executed(each);
    expect(of(node.effects, "commit").map(({ cert }) => cert?.view)).toEqual([
      undefined,
      undefined,
      undefined,
      4,
    ]);
  });

  test("goes on while views pass and blocks take longer than a view to execute", () => {
    const node = follower();
    node.hear(decision(300));
    node.fetched(chain(1, 5), commitCert(5) as never);
    for (let step = 1; step <= 5; step++) {
      node.hear(made.timeout(300 + step, { by: 1, highQc: 299 + step }));
      node.executed(block(step));
    }
    expect(node.height).toBe(5);
  });
});

describe("a halt", () => {
  test("state-diverged: a quorum certified another state than ours", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1));
    const effects = node.executed(block(1), hashOf("diverged"));
    expect(haltOf(of(effects, "halt"))).toEqual({
      reason: "state-diverged",
      height: 1,
      view: 1,
      ours: hashOf("diverged"),
      theirs: rootAfter(1),
      cert: commitCert(1),
    });
    expect(of(effects, "commit")).toEqual([]);
  });

  test("state-diverged: the certificate comes after our commit", () => {
    const node = follower();
    node.receive(...chain(1, 3));
    node.executed(block(1), hashOf("diverged"));
    const halt = haltOf(of(node.hear(decision(1)), "halt"));
    expect(halt).toMatchObject({ reason: "state-diverged", height: 1, ours: hashOf("diverged") });
  });

  test("conflicting-commit: a quorum certified another block at a height that is final here", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1));
    node.executed(block(1));
    const rival = block(2, { on: 0 });
    const effects = node.hear({ type: "decision", cert: commitCert(rival) });
    expect(haltOf(of(effects, "halt"))).toEqual({
      reason: "conflicting-commit",
      height: 1,
      view: 2,
      ours: blockHash(block(1)),
      theirs: blockHash(rival),
      cert: commitCert(rival),
    });
  });

  test("conflicting-commit: two certificates at one height above the tip", () => {
    const node = follower();
    node.receive(block(1));
    node.executed(block(1));
    node.hear(decision(1));
    const halting = follower();
    halting.receive(block(1));
    halting.hear(decision(1));
    const rival = { type: "decision", cert: commitCert(block(2, { on: 0 })) } as const;
    expect(typesOf(halting.hear(rival))).toEqual(["halt"]);
  });

  test("conflicting-commit: a final block that does not build on what is final here", () => {
    const node = follower();
    node.receive(block(1));
    node.hear(decision(1));
    node.executed(block(1));
    const beside = block(3, { on: block(2, { on: 0 }) });
    node.fetched([beside]);
    const effects = node.hear({ type: "decision", cert: commitCert(beside) });
    const halt = haltOf(of(effects, "halt"));
    expect(halt).toMatchObject({ reason: "conflicting-commit", height: 2 });
    expect([halt?.ours, halt?.theirs]).toEqual([blockHash(block(1)), blockHash(beside)]);
  });

  test("conflicting-commit: the two-chain rule and a certificate name two blocks at one height", () => {
    const node = follower();
    const rival = block(9, { on: 0 });
    node.receive(...chain(1, 3));
    const effects = node.hear({ type: "decision", cert: commitCert(rival) });
    node.executed(block(1));
    expect([...of(effects, "halt"), ...of(node.effects, "halt")].length).toBeGreaterThan(0);
    expect(viewsCommitted(node.effects)).toEqual([]);
  });

  test("comes last even when the message that brings it also moves the view", () => {
    const node = follower();
    const rival = block(9, { on: 0 });
    node.hear({ type: "decision", cert: commitCert(rival) });
    node.receive(...chain(1, 2));
    const proof = tc(39, { highQc: 2 });
    const effects = node.hear(made.timeout(40, { by: 1, highQc: 2, highTc: proof }));
    expect(effects.at(-1)?.type).toBe("halt");
  });

  test("is the last thing that happens, in its own batch and ever after", () => {
    const node = subject(made, { self: 3 });
    node.receive(...chain(1, 2));
    node.hear(decision(1));
    const effects = node.executed(block(1), hashOf("diverged"));
    expect(effects.at(-1)?.type).toBe("halt");
    expect(of(effects, "sign")).toEqual([]);
    expect(node.engine.status.halted).toBe(true);
    expect(node.hear(proposal(3), made.vote(3, { by: 1 }))).toEqual([]);
    expect(node.timer()).toEqual([]);
  });
});
