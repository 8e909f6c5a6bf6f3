import { describe, expect, test } from "vitest";
import { type Block, blockHash } from "../../../consensus/index.ts";
import type { Hash, Height, View } from "../../../crypto/index.ts";
import { missingIds, Payloads, transactionsOf } from "../../../node/replica/payloads.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { block, transfer } from "./fixtures.ts";

const first = transfer();
const second = transfer({ nonce: 1 });
const third = transfer({ nonce: 2 });

const nothing = () => undefined;
const all = (transactions: readonly SignedTransaction[]) => (_: Hash, at: number) =>
  transactions[at];

function content(made: Block, transactions: readonly SignedTransaction[]) {
  return { block: made, hash: blockHash(made), ids: transactions.map(({ id }) => id) };
}

const one = block(1, { with: [first, second] });
const two = block(2, { on: one, with: [third] });

describe("a payload", () => {
  test("takes at once what is held already", () => {
    const payload = new Payloads().open(content(one, [first, second]), all([first, second]));
    expect(payload.missing).toBe(0);
    expect(transactionsOf(payload)).toEqual([first, second]);
  });

  test("knows what it misses, in the order of the block", () => {
    const payloads = new Payloads();
    const payload = payloads.open(content(one, [first, second]), nothing);
    expect(missingIds(payload)).toEqual([first.id, second.id]);
    payloads.supply(first);
    expect(missingIds(payload)).toEqual([second.id]);
  });

  test("is complete with its last body, in the order of the block", () => {
    const payloads = new Payloads();
    const payload = payloads.open(content(one, [first, second]), nothing);
    expect(payloads.supply(second)).toEqual([]);
    expect(payloads.supply(first)).toEqual([payload]);
    expect(transactionsOf(payload)).toEqual([first, second]);
    expect(missingIds(payload)).toEqual([]);
  });

  test("is not completed twice by the same body", () => {
    const payloads = new Payloads();
    const payload = payloads.open(content(one, [first, second]), nothing);
    payloads.supply(first);
    payloads.supply(first);
    expect(payload.missing).toBe(1);
  });

  test("is complete when it is empty", () => {
    expect(new Payloads().open(content(block(1), []), nothing).missing).toBe(0);
  });

  test("is opened once, and keeps what it has", () => {
    const payloads = new Payloads();
    const payload = payloads.open(content(one, [first, second]), nothing);
    payloads.supply(first);
    expect(payloads.open(content(one, [first, second]), nothing)).toBe(payload);
    expect(payloads.size).toBe(1);
    expect(payload.missing).toBe(1);
  });

  test("is not used before it is whole", () => {
    const payload = new Payloads().open(content(one, [first, second]), nothing);
    expect(() => transactionsOf(payload)).toThrow("whole before it is used");
  });
});

describe("payloads", () => {
  test("hand one body to every block that waits for it", () => {
    const payloads = new Payloads();
    const left = payloads.open(content(block(1, { with: [first] }), [first]), nothing);
    const right = payloads.open(content(block(2, { with: [first] }), [first]), nothing);
    expect(payloads.supply(first)).toEqual([left, right]);
  });

  test("have no use for a body that nobody waits for", () => {
    const payloads = new Payloads();
    expect(payloads.supply(first)).toEqual([]);
    expect(payloads.find(first.id)).toBeUndefined();
  });

  test("give whole blocks to others, and only those", () => {
    const payloads = new Payloads();
    const { hash } = payloads.open(content(one, [first, second]), nothing);
    payloads.supply(first);
    expect(payloads.blockWithBodies(hash)).toBeUndefined();
    payloads.supply(second);
    expect(payloads.blockWithBodies(hash)).toEqual({
      block: one,
      bodies: [first.bytes, second.bytes],
    });
  });

  test("walk a branch from the newest block down", () => {
    const payloads = new Payloads();
    payloads.open(content(one, [first, second]), nothing);
    payloads.open(content(two, [third]), nothing);
    const branch = [...payloads.branch(blockHash(two))];
    expect(branch.map((payload) => payload.block)).toEqual([two, one]);
  });

  test("say which block carries a transaction once that block is executed", () => {
    const payloads = new Payloads();
    const payload = payloads.open(content(one, [first, second]), all([first, second]));
    expect(payloads.executedWith(first.id)).toBeUndefined();
    payload.isExecuted = true;
    expect(payloads.executedWith(first.id)).toBe(payload);
  });

  test("list those that still wait", () => {
    const payloads = new Payloads();
    payloads.open(content(one, [first, second]), all([first, second]));
    const waiting = payloads.open(content(two, [third]), nothing);
    expect(payloads.incomplete()).toEqual([waiting]);
  });
});

describe("payloads at or below a final height", () => {
  test("are forgotten with their bodies, and those above stay", () => {
    const payloads = new Payloads();
    payloads.open(content(one, [first, second]), all([first, second]));
    payloads.open(content(two, [third]), all([third]));
    payloads.prune(1 as Height);
    expect(payloads.size).toBe(1);
    expect(payloads.find(first.id)).toBeUndefined();
    expect(payloads.find(third.id)).toBe(third);
  });

  test("keep a body that a block above carries too", () => {
    const payloads = new Payloads();
    payloads.open(content(one, [first, second]), all([first, second]));
    const again = block(2, { on: one, with: [first] });
    payloads.open(content(again, [first]), all([first]));
    payloads.prune(1 as Height);
    expect(payloads.find(first.id)).toBe(first);
    payloads.prune(2 as Height);
    expect(payloads.find(first.id)).toBeUndefined();
  });

  test("no longer wait, while a block above that wants the same body does", () => {
    const payloads = new Payloads();
    payloads.open(content(block(1, { with: [first] }), [first]), nothing);
    const above = block(2, { on: one, with: [first] });
    const waiting = payloads.open(content(above, [first]), nothing);
    payloads.prune(1 as Height);
    expect(payloads.supply(first)).toEqual([waiting]);
    expect(payloads.incomplete()).toEqual([]);
  });
});

describe("payloads of views long left", () => {
  const open = () => {
    const payloads = new Payloads();
    payloads.open(content(one, [first, second]), all([first, second]));
    return payloads;
  };
  const viewOf = (view: number) => view as View;

  test("are forgotten when the engine has dropped their blocks", () => {
    const payloads = open();
    payloads.pruneViews(viewOf(17), () => false);
    expect(payloads.size).toBe(1);
    payloads.pruneViews(viewOf(18), () => false);
    expect(payloads.size).toBe(0);
    expect(payloads.find(first.id)).toBeUndefined();
  });

  test("stay as long as the engine holds their blocks", () => {
    const payloads = open();
    payloads.pruneViews(viewOf(1_000), () => true);
    expect(payloads.size).toBe(1);
  });
});

test("payloads that the engine did not take are forgotten, and the others stay", () => {
  const payloads = new Payloads();
  payloads.open(content(one, [first, second]), all([first, second]));
  payloads.open(content(two, [third]), nothing);
  payloads.pruneUnheld((hash) => hash === blockHash(one));
  expect(payloads.size).toBe(1);
  expect(payloads.find(first.id)).toBeDefined();
  expect(payloads.supply(third)).toEqual([]);
});
