import { describe, expect, test } from "vitest";
import {
  type Block,
  blockHash,
  initialSafetyState,
  MAX_BLOCKS,
  type SafetyState,
} from "../../../consensus/index.ts";
import type { Hash } from "../../../crypto/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import {
  block,
  committee,
  NOW_MS,
  only,
  Subject,
  stateRoots,
  transfer,
  whole,
  withBodies,
} from "./fixtures.ts";

const first = transfer();
const second = transfer({ nonce: 1 });

const one = block(1, { with: [first] });
const idsOf = (transactions: readonly SignedTransaction[]) => transactions.map(({ id }) => id);
const rootOf = (made: Block, carried: readonly SignedTransaction[]): Hash =>
  stateRoots([[made, carried]])[0] as Hash;

describe("a replica after a restart", () => {
  /** Validator 1 proposed this in view 1 and lost its memory. */
  function restarted(
    made: Block,
    options: { readonly stored?: boolean; readonly carried?: readonly SignedTransaction[] },
  ) {
    const safety: SafetyState = {
      ...initialSafetyState(committee.genesis),
      lastProposed: { block: made },
    };
    const stored = options.stored ? [whole(made, options.carried)] : [];
    const subject = new Subject({ self: 1, safety, stored });
    return only(subject.play({ type: "start" }), "sign");
  }

  test("proposes its empty block again, the same one", () => {
    const made = block(1);
    const [again] = restarted(made, {});
    expect(again?.draft).toMatchObject({ type: "proposal", block: made });
    expect(again?.transactions).toEqual([]);
  });

  test("proposes nothing in a view whose block it persisted and whose bodies are gone", () => {
    expect(restarted(one, {})).toEqual([]);
  });

  test("proposes its block again when the bodies are on disk", () => {
    const [again] = restarted(one, { stored: true, carried: [first] });
    expect(again?.draft).toMatchObject({ type: "proposal", block: one });
    expect(again?.transactions).toEqual([first]);
  });

  /** Both blocks are on disk, and the second is certified as the safety record says. */
  function resumed() {
    const two = block(2, { on: one, with: [second] });
    const stored = [whole(one, [first]), whole(two, [second])];
    const safety = { ...initialSafetyState(committee.genesis), highQc: committee.qc(two) };
    const subject = new Subject({ stored, safety });
    return subject.play({ type: "start" });
  }

  test("goes on with the blocks that were on disk", () => {
    // Two certified views in a row make the first final.
    expect(only(resumed(), "final").map(({ final }) => final.block.height)).toEqual([1]);
  });

  test("asks nobody for blocks that are on its disk", () => {
    expect(only(resumed(), "ask")).toEqual([]);
  });

  test("is not upset by messages that came before its start", () => {
    const subject = new Subject();
    const qc = committee.qc(block(1));
    const stateRoot = rootOf(block(1), []);
    subject.hears(committee.commitVote(block(1), { by: 0, qc, stateRoot }), 0);
    subject.play({ type: "start" });
    expect(subject.replica.status.view).toBe(2);
  });

  test("is not brought down by a straggler that speaks before its start", () => {
    const safety = {
      ...initialSafetyState(committee.genesis),
      highTc: committee.tc(4, { highQc: 0 }),
    };
    const subject = new Subject({ self: 3, safety });
    const highTc = committee.tc(2, { highQc: 0 });
    // It would lead view 3, but its disk proves that view 4 was given up.
    subject.hears(committee.timeout(3, { by: 0, highQc: 0, highTc }), 0);
    subject.play({ type: "start" });
    expect(subject.replica.status.view).toBe(5);
  });
});

describe("a replica that misses blocks", () => {
  const two = block(2, { on: one, with: [second] });

  test("fetches the certified block that it never saw", () => {
    const subject = Subject.started();
    const effects = subject.hears(committee.proposal(two), 2, idsOf([second]));
    expect(only(effects, "ask")).toMatchObject([
      { ask: { question: { type: "block", hash: blockHash(one) } } },
    ]);
  });

  test("takes the block from whoever gives it, and executes it unasked", () => {
    const subject = Subject.started();
    subject.gossiped(first, second);
    const [asked] = only(subject.hears(committee.proposal(two), 2, idsOf([second])), "ask");
    const answer = { type: "block", found: withBodies(one, [first]) } as const;
    subject.play({ type: "answer", id: asked?.ask.id ?? 0, answer });
    expect(only(subject.certified(two), "included").map(({ height }) => height)).toContain(2);
  });

  test("catches up with runs of final blocks when far behind", () => {
    const subject = Subject.started();
    const blocks: Block[] = [];
    for (let view = 1; view <= 12; view++) {
      const on = blocks.at(-1);
      blocks.push(block(view, on === undefined ? {} : { on }));
    }
    const roots = stateRoots(blocks.map((made) => [made, []] as const));
    const last = blocks[11] as Block;
    const cert = committee.commitCert(last, { stateRoot: roots[11] as Hash });
    const effects = subject.hears({ type: "decision", cert }, 0);
    const run = only(effects, "ask").find(({ ask }) => ask.question.type === "blocks");
    expect(run?.ask.question).toEqual({ type: "blocks", from: 1 });
    expect(subject.replica.status.catchingUpTo).toBe(12);
    const answer = {
      type: "blocks",
      blocks: blocks.map((made) => withBodies(made, [])),
      cert,
    } as const;
    const caughtUp = subject.play({ type: "answer", id: run?.ask.id ?? 0, answer });
    expect(only(caughtUp, "final")).toHaveLength(12);
    expect(subject.replica.status).toMatchObject({ tip: { height: 12 }, catchingUpTo: undefined });
  });

  test("stops asking for the bodies of a block that lost its place to another", () => {
    const subject = Subject.started();
    subject.proposed(one, [first]);
    const [asked] = only(subject.play({ type: "timer", timer: "pull" }), "ask");
    subject.gaveUp(1);
    const tc = committee.tc(1, { highQc: 0 });
    const rival = block(2);
    subject.hears(committee.proposal(rival, { tc }), 2);
    subject.certified(rival);
    subject.decided(rival, rootOf(rival, []));
    expect(subject.replica.status.tip.height).toBe(1);
    const effects = subject.play({ type: "answer", id: asked?.ask.id ?? 0 });
    expect(only(effects, "ask")).toEqual([]);
  });
});

test("holds the content of no more blocks than the engine has room for (swarm seed 11017670)", () => {
  const stored = [whole(block(1), [])];
  while (stored.length <= MAX_BLOCKS + 2) {
    const below = stored[stored.length - 1]?.block as Block;
    stored.push(whole(block(stored.length + 1, { on: below }), []));
  }
  // Nothing becomes final without the first one.
  const { replica } = new Subject({ stored: stored.slice(1) });
  replica.step({ type: "start" }, { monotonicMs: 0, wallMs: NOW_MS });
  expect(replica.inventory.blocks).toBe(MAX_BLOCKS);
});
