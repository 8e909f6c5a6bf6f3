// One validator, event by event: when its views begin and end, what it signs, and in which order effects come.

import { describe, expect, test } from "vitest";
import { blockHash, type Draft, type Message } from "../../consensus/index.ts";
import { hashOf, world } from "./fixtures.ts";
import { commitVotes, four, inView, payloadFor, timeouts, votes } from "./scenes.ts";
import { BASE_TIMEOUT_MS, drafts, of, subject, typesOf } from "./subject.ts";

const { block, qc, tc, contentOf, commitCert, proposal, vote, commitVote, timeout } = four;
const { rootAfter, tipAt, genesis } = four;

describe("a view", () => {
  test("begins at 1 on genesis, with the base timeout", () => {
    const node = subject(four, { self: 3 });
    expect(node.effects).toEqual([
      { type: "enter-view", view: 1, leader: 1, timeoutMs: BASE_TIMEOUT_MS },
    ]);
  });

  test("ends with a quorum of votes", () => {
    const node = inView(5);
    expect(of(node.hear(...votes(5)), "enter-view")).toEqual([
      { type: "enter-view", view: 6, leader: 2, timeoutMs: BASE_TIMEOUT_MS },
    ]);
  });

  test("does not end with a quorum of heads that has no quorum of power", () => {
    const heavy = world({ powers: [10, 1, 1, 1] });
    const node = inView(5, 3, heavy);
    node.hear(...[1, 2, 3].map((by) => heavy.vote(5, { by })));
    expect(node.view).toBe(5);
    node.hear(heavy.vote(5, { by: 0 }));
    expect(node.view).toBe(6);
  });

  test("does not end with votes for different blocks", () => {
    const node = inView(5);
    node.hear(vote(5, { by: 0 }), vote(5, { by: 1 }), vote(block(5, { payload: "b" }), { by: 2 }));
    expect(node.view).toBe(5);
  });

  test("ends with a quorum of timeouts", () => {
    const node = inView(5);
    node.hear(...timeouts(5, 4));
    expect(node.view).toBe(6);
  });

  test.each<readonly [string, () => Message]>([
    ["the certificate in a commit vote", () => commitVote(40, { by: 1, qc: qc(40) })],
    ["the certificate in a block", () => proposal(41)],
    [
      "the proof of a proposal",
      () => proposal(block(41, { on: 4 }), { tc: tc(40, { highQc: 4 }) }),
    ],
    ["the certificate in a timeout", () => timeout(41, { by: 1, highQc: 40 })],
    [
      "the proof of a timeout",
      () => timeout(41, { by: 1, highQc: 4, highTc: tc(40, { highQc: 4 }) }),
    ],
  ])("is left behind by a straggler through %s", (_, messageOf) => {
    const node = inView(5);
    node.hear(messageOf());
    expect(node.view).toBe(41);
  });

  test("is not changed by a bare vote, commit vote or decision of the future", () => {
    const node = inView(5);
    node.hear(...votes(60, [0, 1]), ...commitVotes(60, [0, 1]));
    node.hear({ type: "decision", cert: commitCert(60) });
    expect(node.view).toBe(5);
  });

  test("lasts longer the longer nothing is final, up to eight times as long", () => {
    const node = subject(four, { self: 3 });
    const lasting: number[] = [];
    for (let view = 1; view <= 12; view++) {
      const entered = of(
        node.hear(timeout(view + 1, { by: 0, highQc: 0, highTc: tc(view, { highQc: 0 }) })),
        "enter-view",
      );
      lasting.push(entered[0]?.timeoutMs ?? 0);
    }
    expect(lasting.slice(0, 4)).toEqual([1000, 1500, 2250, 3375]);
    expect(Math.max(...lasting)).toBe(8000);
    expect(lasting.at(-1)).toBe(8000);
  });
});

describe("a vote", () => {
  test("follows the proposal of the view once its bodies are held: stored, persisted, then signed", () => {
    const node = inView(5);
    expect(typesOf(node.hear(proposal(5)))).toEqual(["obtain-payload"]);
    const effects = node.hold(block(5));
    expect(typesOf(effects)).toEqual(["store", "persist", "sign vote"]);
    expect(drafts(effects, "vote")[0]).toEqual({ type: "vote", content: contentOf(5), voter: 3 });
    expect(of(effects, "persist")[0]?.state).toMatchObject({
      lastVotedView: 5,
      lastVote: contentOf(5),
    });
  });

  test("is withheld when the bodies are refused", () => {
    const node = inView(5);
    node.hear(proposal(5));
    expect(typesOf(node.hold(block(5), "clock-drift"))).toEqual([]);
  });

  test("is given once, though the leader sends two blocks", () => {
    const node = inView(5);
    const rival = block(5, { payload: "rival" });
    node.receive(block(5), rival);
    node.hold(rival);
    expect(drafts(node.effects, "vote").map(({ content }) => content)).toEqual([contentOf(5)]);
  });

  test("is not given in a view that was left, or given up", () => {
    const late = inView(5);
    late.hear(proposal(5), ...votes(5));
    expect(drafts(late.hold(block(5)), "vote")).toEqual([]);
    const gaveUp = inView(5);
    gaveUp.hear(proposal(5));
    gaveUp.timer();
    expect(drafts(gaveUp.hold(block(5)), "vote")).toEqual([]);
  });
});

describe("a commit vote", () => {
  test("follows the certificate and the execution: all stored, persisted, then signed with root and certificate", () => {
    const node = inView(5);
    node.receive(block(5));
    expect(typesOf(node.hear(...votes(5))).slice(-1)).toEqual(["execute"]);
    const effects = node.executed(block(5));
    expect(typesOf(effects)).toEqual(["persist", "sign commit-vote"]);
    const [draft] = drafts(effects, "commit-vote");
    expect(draft).toEqual({
      type: "commit-vote",
      content: { ...contentOf(5), stateRoot: rootAfter(5) },
      voter: 3,
      qc: qc(5),
    });
    expect(of(effects, "persist")[0]?.state).toMatchObject({ lockedView: 5, highQc: qc(5) });
  });

  test("stores the ancestors that it promises to keep, before it is signed", () => {
    const node = subject(four, { self: 3, tip: tipAt(3) });
    node.hear(timeout(6, { by: 0, highQc: 5 }));
    node.fetched([block(4), block(5)]);
    node.executed(block(4));
    node.executed(block(5));
    const order = typesOf(node.effects);
    const stored = of(node.effects, "store").map(({ block }) => block.view);
    expect(stored).toEqual([4, 5]);
    expect(order.lastIndexOf("store")).toBeLessThan(order.indexOf("sign commit-vote"));
  });

  test("is refused in a view that was given up", () => {
    const node = inView(5);
    node.receive(block(5));
    node.timer();
    node.hear(...votes(5));
    node.executed(block(5));
    expect(drafts(node.effects, "commit-vote")).toEqual([]);
  });

  test("is given late, after its view was left, if it was not given up", () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...votes(5), ...votes(6));
    expect(node.view).toBe(7);
    expect(drafts(node.executed(block(5)), "commit-vote").length).toBe(1);
  });

  test("is still given, if not for every block, when execution is twenty views behind", () => {
    const node = inView(1);
    for (let view = 1; view <= 40; view++) {
      node.receive(block(view));
      node.hear(...votes(view));
      if (view > 20) node.executed(block(view - 20));
    }
    expect(drafts(node.effects, "commit-vote").length).toBeGreaterThanOrEqual(5);
  });

  test("is not signed for a state that a quorum has certified otherwise", () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...votes(5), { type: "decision", cert: commitCert(5) });
    const effects = node.executed(block(5), hashOf("diverged"));
    expect(typesOf(effects)).toEqual(["halt"]);
  });

  test("of a quorum, with our own, makes the block final", () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...votes(5));
    node.hearOwn(node.executed(block(5)));
    expect(node.height).toBe(4);
    node.hear(...commitVotes(5, [0, 1]));
    expect(node.height).toBe(5);
    const [commit] = of(node.effects, "commit");
    expect(commit?.cert?.signatures.signers).toEqual([0, 1, 3]);
    expect(four.verifier().verifyCommitCert(commit?.cert as never).ok).toBe(true);
  });

  test("for another state does not count with ours", () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...votes(5));
    node.hearOwn(node.executed(block(5)));
    const stateRoot = hashOf("other");
    node.hear(commitVote(5, { by: 0 }), commitVote(5, { by: 1, stateRoot }));
    expect(node.height).toBe(4);
  });
});

describe("a timeout", () => {
  test("is persisted, then signed, with the highest certificate; and the timer starts again", () => {
    const node = inView(5);
    const effects = node.timer();
    expect(typesOf(effects)).toEqual(["persist", "sign timeout", "restart-timer"]);
    const [draft] = drafts(effects, "timeout");
    expect(draft).toMatchObject({ content: { view: 5, highQcView: 4 }, highQc: qc(4) });
    expect(draft?.highTc).toBeUndefined();
  });

  test("carries the own vote, and the proof of its view where the certificate is none", () => {
    const node = inView(5);
    node.hear(...timeouts(5, 4));
    const six = block(6, { on: 4 });
    node.hear(proposal(six, { tc: tc(5, { highQc: 4 }) }));
    node.hearOwn(node.hold(six));
    const [draft] = drafts(node.timer(), "timeout");
    expect(draft?.vote?.content).toEqual(contentOf(six));
    expect(draft?.highTc?.view).toBe(5);
    if (draft === undefined) throw new Error("no timeout");
    expect(four.verifier().verify(four.signed(draft), genesis).ok).toBe(true);
  });

  test("does not carry a vote of an earlier view", () => {
    const node = inView(5);
    node.hearOwn(node.receive(block(5)));
    node.hear(...timeouts(5, 4));
    expect(drafts(node.timer(), "timeout")[0]?.vote).toBeUndefined();
  });

  test("repeats the same bytes while stuck, whatever certificates come meanwhile", () => {
    const node = inView(5);
    node.hear(...timeouts(7, 4, [0]));
    const first = drafts(node.timer(), "timeout")[0];
    node.hear(commitVote(5, { by: 1, qc: qc(5) }));
    for (let again = 0; again < 3; again++) {
      expect(drafts(node.timer(), "timeout")[0]).toEqual(first);
    }
    expect(first?.content).toMatchObject({ view: 7, highQcView: 4 });
  });

  test("is joined once f+1 have given the view up, by power", () => {
    const node = inView(5);
    expect(drafts(node.hear(...timeouts(5, 4, [0])), "timeout")).toEqual([]);
    expect(drafts(node.hear(...timeouts(5, 4, [1])), "timeout").length).toBe(1);
    expect(drafts(node.hear(...timeouts(5, 4, [2])), "timeout")).toEqual([]);
    const heavy = world({ powers: [10, 1, 1, 1] });
    const light = inView(5, 3, heavy);
    const by = [1, 2].map((each) => heavy.timeout(5, { by: each, highQc: 4 }));
    expect(drafts(light.hear(...by), "timeout")).toEqual([]);
    expect(drafts(light.hear(heavy.timeout(5, { by: 0, highQc: 4 })), "timeout").length).toBe(0);
    expect(light.view).toBe(6);
  });

  test("of another validator brings its vote along", () => {
    const node = inView(5);
    node.hear(...votes(5, [0, 1]));
    node.hear(timeout(5, { by: 2, highQc: 4, vote: vote(5, { by: 2 }) }));
    expect(node.view).toBe(6);
    expect(node.engine.highQc.view).toBe(5);
  });

  test("of a view that was left does nothing", () => {
    const node = inView(5);
    expect(node.timer(4)).toEqual([]);
  });

  test("makes, with a quorum, a certificate with the highest of the certificates named", () => {
    const leader = inView(5, 3);
    leader.hear(...timeouts(6, 4, [0, 1]));
    leader.hear(timeout(6, { by: 2, highQc: 5 }));
    leader.fetched([block(5)]);
    const [draft] = drafts(leader.step(payloadFor(7)), "proposal");
    expect(draft?.tc?.highQcViews).toEqual([4, 4, 5]);
    expect(draft?.tc?.highQc).toEqual(qc(5));
    expect(four.verifier().verify(four.signed(draft as Draft), genesis).ok).toBe(true);
  });
});

describe("a proposal", () => {
  test("is asked for when we lead, persisted before it is signed, and made once", () => {
    const node = inView(7);
    expect(of(node.effects, "propose")).toEqual([
      { type: "propose", view: 7, height: 7, parent: blockHash(block(6)) },
    ]);
    const effects = node.step(payloadFor(7));
    expect(typesOf(effects)).toEqual(["persist", "sign proposal"]);
    expect(drafts(effects, "proposal")[0]?.block).toMatchObject({
      view: 7,
      height: 7,
      justify: qc(6),
    });
    expect(node.step(payloadFor(7, "other"))).toEqual([]);
  });

  test("is not asked for when another leads, nor answered with a payload of another view", () => {
    const node = inView(6);
    expect(of(node.effects, "propose")).toEqual([]);
    expect(node.step(payloadFor(6))).toEqual([]);
    expect(inView(7).step(payloadFor(3))).toEqual([]);
  });

  test("waits for the blocks and bodies below it", () => {
    const node = inView(6);
    const entered = node.hear(...votes(6));
    expect(of(entered, "propose")).toEqual([]);
    expect(of(entered, "fetch").map(({ hash }) => hash)).toEqual([blockHash(block(6))]);
    expect(of(node.fetched([block(6)]), "propose").length).toBe(1);
  });

  test("is asked for again when a late certificate moves the parent while the payload was chosen", () => {
    const node = inView(5);
    node.receive(block(5));
    node.hear(...timeouts(6, 4, [0, 1, 2]));
    expect(of(node.effects, "propose").map(({ parent }) => parent)).toEqual([blockHash(block(4))]);
    node.hear(...votes(5));
    const effects = node.step(payloadFor(7));
    expect(drafts(effects, "proposal")).toEqual([]);
    expect(of(effects, "propose").map(({ parent }) => parent)).toEqual([blockHash(block(5))]);
    const [draft] = drafts(node.step(payloadFor(7)), "proposal");
    expect(draft?.block.justify.view).toBe(5);
    expect(draft?.tc?.view).toBe(6);
  });
});
