import { describe, expect, test } from "vitest";
import { type Block, blockHash, type Tip } from "../../../consensus/index.ts";
import { ByteMap, type Hash, type Height } from "../../../crypto/index.ts";
import type { ReplicaEffect } from "../../../node/replica/index.ts";
import { Inquiries } from "../../../node/replica/inquiries.ts";
import type { Answer, Ask } from "../../../node/sync/index.ts";
import { MAX_ASKED_BODIES } from "../../../node/sync/wire.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee, transfer, withBodies } from "./fixtures.ts";

const first = transfer();
const one = block(1, { with: [first] });
const two = block(2, { on: one });
const three = block(3, { on: two });
const stateRoot = hashOf("state");
const tipOf = (block: Block): Tip => {
  const { height, view, timestampMs } = block;
  return { hash: blockHash(block), height, view, timestampMs, stateRoot, block };
};
const certOf = (made: Block) => committee.commitCert(made, { stateRoot });

/** Validator 3 with questions; `tip` moves as the test says. */
function asking({ self }: { readonly self: number | undefined } = { self: 3 }) {
  const emitted: ReplicaEffect[] = [];
  const delivered: (readonly Hash[])[] = [];
  const state = { tip: committee.genesisTip };
  const missing = new ByteMap<readonly Hash[]>();
  const inquiries = new Inquiries({
    validators: committee.validators,
    self,
    verifier: committee.verifier(),
    tip: () => state.tip,
    emit: (effect) => emitted.push(effect),
    missing: (wanted) => missing.get(wanted),
    hashers: {},
    deliver: (blocks) => {
      delivered.push(blocks.map(({ hash }) => hash));
      const last = blocks.at(-1);
      if (last === undefined) return;
      // What was asked for singly is not final yet.
      if (blocks.length > 1) state.tip = tipOf(last.block);
    },
  });
  const asks = () => emitted.flatMap((effect) => (effect.type === "ask" ? [effect.ask] : []));
  const latest = (): Ask => {
    const ask = asks().at(-1);
    if (ask === undefined) throw new Error("nothing was asked");
    return ask;
  };
  const timers = () => emitted.filter(({ type }) => type === "timer");
  const answered = (answer?: Answer) => inquiries.answered(latest().id, answer);
  const lack = (made: Block, ids: readonly Hash[]) => {
    missing.set(blockHash(made), ids);
    inquiries.bodies({ hash: blockHash(made), block: made });
  };
  return { inquiries, state, missing, lack, delivered, asks, latest, timers, answered };
}

const run = (...blocks: Block[]): Extract<Answer, { type: "blocks" }> => ({
  type: "blocks",
  blocks: blocks.map((made) => withBodies(made, made === one ? [first] : [])),
  cert: certOf(blocks.at(-1) as Block),
});

describe("a question for a block", () => {
  const asked = blockHash(one);

  test("goes to those who vouched for it first, never to ourselves", () => {
    const { inquiries, latest } = asking();
    inquiries.block(asked, [3, 2]);
    expect(latest()).toMatchObject({ to: 2, question: { type: "block", hash: asked } });
  });

  test("is asked once, however often it is wanted", () => {
    const { inquiries, asks } = asking();
    inquiries.block(asked, [2]);
    inquiries.block(asked, [1]);
    expect(asks()).toHaveLength(1);
  });

  test("is over with the block that was asked for", () => {
    const { inquiries, delivered, answered, asks } = asking();
    inquiries.block(asked, [2]);
    answered({ type: "block", found: withBodies(one, [first]) });
    expect(delivered).toEqual([[asked]]);
    expect(asks()).toHaveLength(1);
  });

  test.each<readonly [string, Answer | undefined]>([
    ["nothing", { type: "block" }],
    ["another block", { type: "block", found: withBodies(block(5), []) }],
    ["the block with wrong bodies", { type: "block", found: withBodies(one, []) }],
    ["an answer to another question", { type: "blocks", blocks: [] }],
    ["no answer at all", undefined],
  ])("goes to the next one after %s", (_, answer) => {
    const { inquiries, delivered, answered, latest } = asking();
    inquiries.block(asked, [2]);
    answered(answer);
    expect(delivered).toEqual([]);
    expect(latest()).toMatchObject({ to: 0, question: { type: "block", hash: asked } });
  });

  test("does not put off the retry of another that waits already", () => {
    const { inquiries, answered, timers } = asking();
    for (const name of ["a", "b"]) {
      inquiries.block(hashOf(name), [2]);
      for (let at = 0; at < 3; at++) answered(undefined);
    }
    expect(timers()).toHaveLength(1);
  });

  test("waits for a retry after everyone was asked in vain, then starts over", () => {
    const { inquiries, answered, asks, timers } = asking();
    inquiries.block(asked, [2]);
    for (let at = 0; at < 3; at++) answered({ type: "block" });
    expect(asks().map(({ to }) => to)).toEqual([2, 0, 1]);
    expect(timers()).toEqual([{ type: "timer", timer: "retry", ms: 200 }]);
    inquiries.retry();
    expect(asks().map(({ to }) => to)).toEqual([2, 0, 1, 2]);
  });

  test("is over when the block became final otherwise", () => {
    const { inquiries, asks } = asking();
    inquiries.block(asked, [2]);
    inquiries.committed({ hash: asked, height: 1 as Height });
    inquiries.answered(1, { type: "block" });
    inquiries.retry();
    expect(asks()).toHaveLength(1);
  });

  test("is over after two commits, for the block may be dead by then", () => {
    const { inquiries, asks } = asking();
    inquiries.block(hashOf("of a dead fork"), [2]);
    inquiries.committed({ hash: blockHash(one), height: 1 as Height });
    inquiries.answered(1, undefined);
    expect(asks()).toHaveLength(2);
    inquiries.committed({ hash: blockHash(two), height: 2 as Height });
    inquiries.answered(2, undefined);
    inquiries.retry();
    expect(asks()).toHaveLength(2);
  });

  test("takes no notice of an answer that comes twice", () => {
    const { inquiries, delivered } = asking();
    inquiries.block(asked, [2]);
    const answer = { type: "block", found: withBodies(one, [first]) } as const;
    inquiries.answered(1, answer);
    inquiries.answered(1, answer);
    expect(delivered).toHaveLength(1);
  });

  test("is asked of all by one who is no validator", () => {
    const { inquiries, answered, asks } = asking({ self: undefined });
    inquiries.block(asked, []);
    for (let at = 0; at < 3; at++) answered(undefined);
    expect(asks().map(({ to }) => to)).toEqual([0, 1, 2, 3]);
  });
});

describe("a question for bodies", () => {
  const made = block(2);
  const hash = blockHash(made);
  const other = hashOf("another id");

  test("goes to the proposer first, for what is missing", () => {
    const { lack, latest } = asking();
    lack(made, [first.id]);
    const question = { type: "bodies", block: hash, ids: [first.id] };
    expect(latest()).toMatchObject({ to: 2, question });
  });

  test("is not asked when nothing is missing", () => {
    const { lack, asks } = asking();
    lack(made, []);
    expect(asks()).toEqual([]);
  });

  test("asks for so many bodies at most, and for the others next", () => {
    const { missing, lack, answered, latest } = asking();
    const ids = Array.from({ length: MAX_ASKED_BODIES + 1 }, (_, at) => hashOf(`${at}`));
    lack(made, ids);
    expect(latest().question).toMatchObject({ ids: { length: MAX_ASKED_BODIES } });
    missing.set(hash, ids.slice(-1));
    answered({ type: "bodies", bodies: [] });
    expect(latest().question).toMatchObject({ ids: ids.slice(-1) });
  });

  test("goes on to the next one, for what is still missing", () => {
    const { missing, lack, answered, latest } = asking();
    lack(made, [first.id, other]);
    missing.set(hash, [other]);
    answered({ type: "bodies", bodies: [first.bytes] });
    expect(latest()).toMatchObject({ to: 0, question: { ids: [other] } });
  });

  test("goes on to the next one after no answer", () => {
    const { lack, answered, latest } = asking();
    lack(made, [first.id]);
    answered(undefined);
    expect(latest().to).toBe(0);
  });

  test("is over when the payload is complete", () => {
    const { inquiries, lack, answered, asks } = asking();
    lack(made, [first.id]);
    inquiries.complete(hash);
    answered({ type: "bodies", bodies: [] });
    inquiries.retry();
    expect(asks()).toHaveLength(1);
  });

  test("is over when the answer left nothing missing", () => {
    const { inquiries, missing, lack, answered, asks } = asking();
    lack(made, [first.id]);
    missing.set(hash, []);
    answered({ type: "bodies", bodies: [first.bytes] });
    inquiries.retry();
    expect(asks()).toHaveLength(1);
  });

  test("is over when its block lost its place to another", () => {
    const { inquiries, missing, lack, asks } = asking();
    lack(made, [first.id]);
    missing.delete(hash);
    inquiries.committed({ hash: blockHash(one), height: 1 as Height });
    inquiries.answered(1, undefined);
    inquiries.retry();
    expect(asks()).toHaveLength(1);
  });

  test("is over when its block lost its place while it waited for a retry", () => {
    const { inquiries, missing, lack, answered, asks } = asking();
    lack(made, [first.id]);
    for (let at = 0; at < 3; at++) answered(undefined);
    missing.delete(hash);
    inquiries.committed({ hash: blockHash(one), height: 1 as Height });
    inquiries.retry();
    expect(asks()).toHaveLength(3);
  });
});

describe("catch-up", () => {
  test("asks for all from the height after the tip", () => {
    const { inquiries, latest } = asking();
    inquiries.catchUp(30 as Height);
    expect(latest().question).toEqual({ type: "blocks", from: 1 });
    expect(inquiries.catchingUpTo).toBe(30);
  });

  test("goes on from the new tip after each run", () => {
    const { inquiries, answered, latest, delivered } = asking();
    inquiries.catchUp(30 as Height);
    answered(run(one, two));
    expect(delivered).toEqual([[blockHash(one), blockHash(two)]]);
    expect(latest().question).toEqual({ type: "blocks", from: 3 });
  });

  test("ends at the height it was for", () => {
    const { inquiries, answered, asks } = asking();
    inquiries.catchUp(3 as Height);
    answered(run(one, two, three));
    expect(inquiries.catchingUpTo).toBeUndefined();
    expect(asks()).toHaveLength(1);
  });

  test("ends when the chain came to that height otherwise", () => {
    const { inquiries, state, asks } = asking();
    inquiries.catchUp(2 as Height);
    const tip = tipOf(two);
    state.tip = tip;
    inquiries.committed(tip);
    inquiries.retry();
    expect(inquiries.catchingUpTo).toBeUndefined();
    expect(asks()).toHaveLength(1);
  });

  test("asks for what follows when the run was overtaken meanwhile", () => {
    const { inquiries, state, answered, latest, delivered } = asking();
    inquiries.catchUp(30 as Height);
    state.tip = tipOf(one);
    answered(run(one, two));
    expect(delivered).toEqual([]);
    expect(latest().question).toEqual({ type: "blocks", from: 2 });
  });

  test.each<readonly [string, Answer | undefined]>([
    ["an uncertified run", { type: "blocks", blocks: run(one, two).blocks }],
    ["a run with a gap", { ...run(one, three) }],
    ["a run that begins later", { ...run(two, three) }],
    [
      "a run with a forged certificate",
      { ...run(one, two), cert: { ...certOf(two), stateRoot: hashOf("x") } },
    ],
    ["an empty run", { type: "blocks", blocks: [] }],
    ["a single block", { type: "block", found: withBodies(one, [first]) }],
    ["no answer at all", undefined],
  ])("goes to the next validator after %s", (_, answer) => {
    const { inquiries, answered, delivered, asks } = asking();
    inquiries.catchUp(30 as Height);
    answered(answer);
    expect(delivered).toEqual([]);
    expect(asks().map(({ to }) => to)).toEqual([0, 1]);
    expect(inquiries.catchingUpTo).toBe(30);
  });

  test("begins with another validator at another height", () => {
    const { inquiries, answered, asks } = asking();
    inquiries.catchUp(30 as Height);
    answered(run(one, two));
    expect(asks().map(({ to }) => to)).toEqual([0, 2]);
  });
});
