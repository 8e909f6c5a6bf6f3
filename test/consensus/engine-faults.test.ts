// One validator among liars, after restarts, and without a key: evidence, bounds, the same bytes again, followers.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Block,
  type Draft,
  type Effect,
  initialSafetyState,
  type Message,
  type SafetyState,
  safetyStateCodec,
} from "../../consensus/index.ts";
import { decode, encode, height, view as viewOf } from "../../crypto/index.ts";
import { hashOf } from "./fixtures.ts";
import { commitVotes, four, inView, payloadFor, timeouts, votes } from "./scenes.ts";
import { drafts, of, type Subject, subject } from "./subject.ts";

const { block, chain, qc, tc, contentOf, commitCert, proposal, vote, commitVote, timeout } = four;
const { tipAt, genesis } = four;

describe("evidence", () => {
  function offenders(effects: readonly Effect[]) {
    return of(effects, "evidence").map(({ evidence }) => [
      evidence.first.type,
      evidence.view,
      evidence.offender,
    ]);
  }

  test("of two votes in one view is reported once for each offender and view", () => {
    const node = inView(5);
    const rivals = ["b", "c"].map((payload) => block(5, { payload }));
    node.hear(vote(5, { by: 1 }), ...rivals.map((rival) => vote(rival, { by: 1 })));
    node.hear(vote(6, { by: 1 }), vote(block(6, { payload: "b" }), { by: 1 }));
    expect(offenders(node.effects)).toEqual([
      ["vote", 5, 1],
      ["vote", 6, 1],
    ]);
    const [{ evidence } = { evidence: undefined }] = of(node.effects, "evidence");
    expect([evidence?.first, evidence?.second]).toEqual([
      vote(5, { by: 1 }),
      vote(rivals[0] as Block, { by: 1 }),
    ]);
  });

  test("of two commit votes, two timeouts and two blocks in one view is reported", () => {
    const node = inView(5);
    node.hear(commitVote(5, { by: 0 }), commitVote(5, { by: 0, stateRoot: hashOf("b") }));
    node.hear(timeout(6, { by: 2, highQc: 5 }));
    node.hear(timeout(6, { by: 2, highQc: 4, highTc: tc(5, { highQc: 4 }) }));
    node.hear(proposal(6), proposal(block(6, { payload: "b" })));
    expect(offenders(node.effects)).toEqual([
      ["commit-vote", 5, 0],
      ["timeout", 6, 2],
      ["proposal", 6, 2],
    ]);
  });

  test("is not made of the same message again, nor of one vote under two quorums' certificates", () => {
    const node = inView(5);
    for (let times = 0; times < 3; times++) {
      node.hear(vote(5, { by: 1 }), proposal(5), commitVote(5, { by: 0 }));
    }
    node.hear(commitVote(5, { by: 0, qc: qc(5, { by: [1, 2, 3] }) }));
    expect(offenders(node.effects)).toEqual([]);
  });
});

describe("hostile messages", () => {
  test("of 10,000 past and future views have no effect", () => {
    chain(1, 2_000);
    const node = inView(2_000);
    const strange = block(3, { payload: "strange" });
    const before = node.effects.length;
    for (let view = 1; view <= 10_000; view++) {
      const content = { ...contentOf(strange), view: viewOf(view) };
      const commit = { ...content, stateRoot: genesis.block };
      node.hear(four.signed({ type: "vote", content, voter: 0 }));
      node.hear(four.signed({ type: "commit-vote", content: commit, voter: 0 }));
    }
    expect(node.effects.length).toBe(before);
    expect(node.view).toBe(2_000);
  });

  test("with the largest numbers there are do nothing and throw nothing", () => {
    const node = inView(5);
    const largest = Number.MAX_SAFE_INTEGER;
    const content = { ...contentOf(5), view: viewOf(largest), height: height(largest) };
    const commit = { ...content, stateRoot: genesis.block };
    expect(node.hear(four.signed({ type: "vote", content, voter: 0 }))).toEqual([]);
    expect(node.hear(four.signed({ type: "commit-vote", content: commit, voter: 0 }))).toEqual([]);
    const zero = { ...content, view: viewOf(0), height: height(0) };
    expect(node.hear(four.signed({ type: "vote", content: zero, voter: 0 }))).toEqual([]);
  });

  test("outside the window do not count: the window is 16 views back and 64 ahead", () => {
    const node = inView(100);
    const counted = (view: number) => {
      node.hear(vote(view, { by: 0 }), vote(block(view, { payload: "b" }), { by: 0 }));
      return of(node.effects, "evidence").some(({ evidence }) => evidence.view === view);
    };
    expect([83, 84, 164, 165].map(counted)).toEqual([false, true, true, false]);
  });

  test("of views long over do not count, timeouts no more than votes", () => {
    const node = inView(100);
    const counted = (view: number) => {
      node.hear(...timeouts(view, view - 1, [0]), ...timeouts(view, view - 2, [0]));
      return of(node.effects, "evidence").some(({ evidence }) => evidence.view === view);
    };
    expect([83, 84].map(counted)).toEqual([false, true]);
  });

  test("of a leader that proposes in every view of its own never fill the tree for good", () => {
    const node = inView(5);
    for (let view = 6; view < 3_000; view++) {
      const junk = block(view, { on: 4, payload: "junk" });
      node.hear(proposal(junk, { tc: tc(view - 1, { highQc: 4 }) }));
    }
    const last = block(3_000, { on: 4 });
    node.hear(proposal(last, { tc: tc(2_999, { highQc: 4 }) }));
    expect(drafts(node.hold(last), "vote").length).toBe(1);
  });
});

describe("one liar, whatever it sends", () => {
  // Certificates are real (three signers) and of one chain, as one liar cannot make others; all else is its own word.
  type Lie = {
    readonly kind: number;
    readonly view: number;
    readonly below: number;
    readonly other: boolean;
    readonly bare: boolean;
  };
  const view = fc.integer({ min: 1, max: 30 });
  const lie = fc.record({
    kind: fc.nat(5),
    view,
    below: view,
    other: fc.boolean(),
    bare: fc.boolean(),
  });
  chain(1, 30);

  function messageOf({ kind, view, below, other, bare }: Lie): Message {
    const liar = { by: 0 };
    const named = Math.min(below, view) - 1;
    const target = other ? block(view, { on: named, payload: "lie" }) : view;
    const skips = named + 1 !== view;
    const proof = skips ? { highTc: tc(view - 1, { highQc: named }) } : {};
    if (kind === 0) return vote(target, liar);
    if (kind === 1) return commitVote(target, other || bare ? liar : { ...liar, qc: qc(view) });
    if (kind === 2) return timeout(view, { ...liar, highQc: named, ...proof });
    if (kind === 3)
      return timeout(view, { ...liar, highQc: named, ...proof, vote: vote(target, liar) });
    if (kind === 4) return { type: "decision", cert: commitCert(view) };
    const made = block(view, { on: named, payload: other ? "lie" : "word" });
    return proposal(made, proof.highTc === undefined ? {} : { tc: proof.highTc });
  }

  test("throws nothing, halts nothing, moves no honest validator to sign twice or to accuse another", () => {
    fc.assert(
      fc.property(fc.array(lie, { minLength: 1, maxLength: 40 }), fc.nat(3), (lies, self) => {
        const node = subject(four, { self: self === 0 ? undefined : self });
        const signed = new Map<string, string>();
        for (const each of lies) {
          const message = messageOf(each);
          const checked = node.verifier.verify(message, node.engine.highQc);
          if (!checked.ok) continue;
          const effects = [...node.step({ type: "message", message: checked.message })];
          if (each.bare) effects.push(...node.timer());
          if (message.type === "proposal") effects.push(...node.hold(message.block));
          for (const { block } of of(effects, "execute")) effects.push(...node.executed(block));
          for (const draft of of(effects, "sign").map(({ draft }) => draft)) {
            if (draft.type === "proposal") continue;
            const slot = `${draft.type} ${draft.content.view}`;
            const said = JSON.stringify(draft.content);
            expect(signed.get(slot) ?? said).toBe(said);
            signed.set(slot, said);
          }
        }
        expect(of(node.effects, "halt")).toEqual([]);
        const leadersOrLiar = of(node.effects, "evidence").filter(
          ({ evidence: { offender, first } }) => offender !== 0 && first.type !== "proposal",
        );
        expect(leadersOrLiar).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a restart", () => {
  /** Stops after the effects so far were carried out, and starts anew from disk. */
  function restarted(node: Subject, stored: readonly Block[] = []): Subject {
    const durable = node.durable ?? initialSafetyState(genesis);
    const read = decode(safetyStateCodec, encode(safetyStateCodec, durable));
    if (!read.ok) throw new Error("the safety state does not survive its codec");
    return subject(four, { self: 3, safety: read.value, tip: node.engine.tip, stored });
  }

  test("sends the same vote again, and never another for that view", () => {
    const node = inView(5);
    node.receive(block(5));
    const [first] = drafts(node.effects, "vote");
    const again = restarted(node, [block(5)]);
    expect(drafts(again.effects, "vote")).toEqual([first]);
    expect(four.signed(first as Draft)).toEqual(
      four.signed(drafts(again.effects, "vote")[0] as Draft),
    );
    again.receive(block(5, { payload: "rival" }));
    expect(drafts(again.effects, "vote").length).toBe(1);
  });

  test("sends the same commit vote again, and never another for that view", () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...votes(5));
    const [first] = drafts(node.executed(block(5)), "commit-vote");
    const again = restarted(node, [block(5)]);
    expect(drafts(again.effects, "commit-vote").map(({ content }) => content)).toEqual([
      first?.content,
    ]);
    again.fetched([block(5)]);
    again.executed(block(5), hashOf("another state"));
    expect(drafts(again.effects, "commit-vote").length).toBe(1);
  });

  test("repeats no vote whose block did not reach the disk: it was never signed", () => {
    const node = inView(5);
    node.receive(block(5));
    const again = restarted(node);
    expect(drafts(again.effects, "vote")).toEqual([]);
    again.receive(block(5, { payload: "rival" }), block(5));
    expect(drafts(again.effects, "vote")).toEqual([]);
  });

  test("repeats no commit vote while a block below it is missing", () => {
    const lastCommitVote = { ...contentOf(6), stateRoot: four.rootAfter(6) };
    const safety = { ...initialSafetyState(genesis), highQc: qc(6), lastCommitVote };
    const with5 = { self: 3, safety, tip: four.tipAt(4), stored: [block(5), block(6)] };
    expect(drafts(subject(four, with5).effects, "commit-vote")).toHaveLength(1);
    const without = subject(four, { ...with5, stored: [block(6)] });
    expect(drafts(without.effects, "commit-vote")).toEqual([]);
  });

  test("sends the same timeout again", () => {
    const node = inView(5);
    node.hear(...timeouts(7, 4, [0]));
    const [first] = drafts(node.timer(), "timeout");
    const again = restarted(node);
    expect(again.view).toBe(7);
    again.hear(commitVote(5, { by: 1, qc: qc(5) }));
    expect(drafts(again.timer(), "timeout")).toEqual([first]);
  });

  test("sends the same proposal again, and never another for that view", () => {
    const node = inView(7);
    const [first] = drafts(node.step(payloadFor(7)), "proposal");
    const again = restarted(node);
    expect(drafts(again.effects, "proposal")).toEqual([first]);
    expect(of(again.effects, "propose")).toEqual([]);
    again.step(payloadFor(7, "other"));
    expect(drafts(again.effects, "proposal").length).toBe(1);
  });

  test("gives no vote, commit vote or lower timeout that a timeout before it ruled out", () => {
    const node = inView(5);
    node.timer();
    const again = restarted(node);
    again.receive(block(5));
    again.hear(...votes(5));
    again.executed(block(5));
    expect([...drafts(again.effects, "vote"), ...drafts(again.effects, "commit-vote")]).toEqual([]);
  });

  test("enters the view that the durable certificates prove, by timeout certificate too", () => {
    const safety: SafetyState = {
      ...initialSafetyState(genesis),
      highQc: qc(4),
      highTc: tc(9, { highQc: 4 }),
    };
    expect(subject(four, { self: 3, safety, tip: tipAt(2) }).view).toBe(10);
    expect(
      subject(four, { self: 3, safety: { ...safety, highQc: qc(12) }, tip: tipAt(2) }).view,
    ).toBe(13);
  });

  test("with a tip above the highest durable certificate goes on as soon as it hears of the present", () => {
    const safety: SafetyState = { ...initialSafetyState(genesis), highQc: qc(6) };
    const node = subject(four, { self: 3, safety, tip: tipAt(20) });
    node.receive(block(21));
    expect(drafts(node.effects, "vote").map(({ content }) => content.view)).toEqual([21]);
  });
});

describe("a follower", () => {
  test("with the record of a validator is our bug", () => {
    const safety = { ...initialSafetyState(genesis), highQc: qc(4), lastVote: contentOf(5) };
    const options = { safety, tip: tipAt(4), stored: [block(5)] };
    expect(() => subject(four, options)).toThrow("a follower signs nothing");
  });

  test("commits, and signs, persists and proposes nothing", () => {
    const node = subject(four, { self: undefined });
    for (let view = 1; view <= 9; view++) {
      node.receive(block(view));
      node.hear(...votes(view), ...commitVotes(view));
      node.executed(block(view));
      node.timer();
    }
    node.hear(...timeouts(10, 9));
    expect(node.height).toBe(9);
    for (const type of ["sign", "persist", "propose"] as const)
      expect(of(node.effects, type)).toEqual([]);
  });

  test("commits by decisions alone", () => {
    const node = subject(four, { self: undefined });
    for (const each of chain(1, 5)) {
      node.hear({ type: "decision", cert: commitCert(each) });
      node.fetched([each]);
      node.executed(each);
    }
    expect(node.height).toBe(5);
  });
});

test("a node with nothing but a safety state and events is deterministic", () => {
  const run = () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...votes(5), ...commitVotes(5));
    node.executed(block(5));
    node.timer();
    return node.effects;
  };
  expect(run()).toEqual(run());
});

test("says who is missing while stuck", () => {
  const node = inView(5);
  node.hear(...votes(5, [2, 0]), ...timeouts(5, 4, [1]));
  expect(node.engine.status).toMatchObject({
    view: 5,
    leader: 1,
    voters: [0, 2],
    timeouts: [1],
    halted: false,
  });
});
