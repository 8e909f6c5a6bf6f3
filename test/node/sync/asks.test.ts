import { describe, expect, test } from "vitest";
import type { Height } from "../../../crypto/index.ts";
import { Asks, MAX_ASKS } from "../../../node/sync/asks.ts";
import type { Question } from "../../../node/sync/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";

const question: Question = { type: "block", hash: hashOf("wanted") };

function start(asks: Asks, key: string, candidates: readonly number[], asked = question) {
  return asks.start({ key, question: asked, era: 0 }, candidates);
}

describe("asks", () => {
  test("go to the first candidate", () => {
    expect(start(new Asks(), "x", [2, 0, 1])).toEqual({ id: 1, to: 2, question });
  });

  test("go to one candidate after the other, each time under a new id", () => {
    const asks = new Asks();
    start(asks, "x", [2, 0]);
    expect(asks.fail(1)).toEqual({ id: 2, to: 0, question });
    expect(asks.questionOf(1)).toBeUndefined();
    expect(asks.questionOf(2)).toEqual(question);
  });

  test("wait for a retry after the last candidate", () => {
    const asks = new Asks();
    start(asks, "x", [2]);
    expect(asks.fail(1)).toBeUndefined();
    expect(asks.waiting).toBe(1);
  });

  test("start over with the first candidate on a retry", () => {
    const asks = new Asks();
    start(asks, "x", [2, 0]);
    asks.fail(1);
    asks.fail(2);
    expect(asks.retry()).toEqual([{ id: 3, to: 2, question }]);
    expect(asks.waiting).toBe(0);
    expect(asks.retry()).toEqual([]);
  });

  test("are not started twice for one thing", () => {
    const asks = new Asks();
    start(asks, "x", [2]);
    expect(start(asks, "x", [1])).toBeUndefined();
  });

  test("are not started without anybody to ask", () => {
    const asks = new Asks();
    expect(start(asks, "x", [])).toBeUndefined();
    expect(asks.has("x")).toBe(false);
  });

  test("know nothing of an answer that comes after they were settled", () => {
    const asks = new Asks();
    start(asks, "x", [2, 0]);
    asks.settle("x");
    expect(asks.questionOf(1)).toBeUndefined();
    expect(asks.fail(1)).toBeUndefined();
    expect(asks.size).toBe(0);
  });

  test("can be settled while they wait for a retry", () => {
    const asks = new Asks();
    start(asks, "x", [2]);
    asks.fail(1);
    asks.settle("x");
    expect(asks.retry()).toEqual([]);
    expect(asks.waiting).toBe(0);
  });

  test("may be started again once settled", () => {
    const asks = new Asks();
    start(asks, "x", [2]);
    asks.settle("x");
    expect(start(asks, "x", [2])).toEqual({ id: 2, to: 2, question });
  });

  test("may be narrowed to the rest on the way to the next one, and stay so", () => {
    const asks = new Asks();
    start(asks, "x", [2, 0]);
    const rest: Question = { type: "block", hash: hashOf("the rest") };
    expect(asks.fail(1, rest)).toEqual({ id: 2, to: 0, question: rest });
    asks.fail(2);
    expect(asks.retry()).toEqual([{ id: 3, to: 2, question: rest }]);
  });

  test("can be settled by what they are about and how old they are", () => {
    const asks = new Asks();
    asks.start({ key: "old", question, era: 1 }, [2]);
    asks.start({ key: "new", question, era: 2 }, [2]);
    asks.settleWhere(({ type }, era) => type === "block" && era < 2);
    expect([asks.has("old"), asks.has("new")]).toEqual([false, true]);
  });

  test("of one kind leave room for those of another", () => {
    const asks = new Asks();
    for (let at = 0; at < MAX_ASKS; at++) start(asks, `${at}`, [0]);
    const run: Question = { type: "blocks", from: 1 as Height };
    expect(start(asks, "run", [0], run)).toBeDefined();
  });

  test("are limited in number, and room comes with each that is settled", () => {
    const asks = new Asks();
    for (let at = 0; at < MAX_ASKS; at++) start(asks, `${at}`, [0]);
    expect(start(asks, "one more", [0])).toBeUndefined();
    asks.settle("0");
    expect(start(asks, "one more", [0])).toBeDefined();
    expect(asks.size).toBe(MAX_ASKS);
  });
});
