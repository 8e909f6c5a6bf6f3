import { describe, expect, test } from "vitest";
import { Asks, MAX_ASKS } from "../../../node/sync/asks.ts";
import type { Question } from "../../../node/sync/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";

const question: Question = { type: "block", hash: hashOf("wanted") };

describe("asks", () => {
  test("go to the first candidate", () => {
    expect(new Asks().start("x", question, [2, 0, 1])).toEqual({ id: 1, to: 2, question });
  });

  test("go to one candidate after the other, each time under a new id", () => {
    const asks = new Asks();
    asks.start("x", question, [2, 0]);
    expect(asks.fail(1)).toEqual({ id: 2, to: 0, question });
    expect(asks.questionOf(1)).toBeUndefined();
    expect(asks.questionOf(2)).toEqual(question);
  });

  test("wait for a retry after the last candidate", () => {
    const asks = new Asks();
    asks.start("x", question, [2]);
    expect(asks.fail(1)).toBeUndefined();
    expect(asks.waiting).toBe(1);
  });

  test("start over with the first candidate on a retry", () => {
    const asks = new Asks();
    asks.start("x", question, [2, 0]);
    asks.fail(1);
    asks.fail(2);
    expect(asks.retry()).toEqual([{ id: 3, to: 2, question }]);
    expect(asks.waiting).toBe(0);
    expect(asks.retry()).toEqual([]);
  });

  test("are not started twice for one thing", () => {
    const asks = new Asks();
    asks.start("x", question, [2]);
    expect(asks.start("x", question, [1])).toBeUndefined();
  });

  test("are not started without anybody to ask", () => {
    const asks = new Asks();
    expect(asks.start("x", question, [])).toBeUndefined();
    expect(asks.has("x")).toBe(false);
  });

  test("know nothing of an answer that comes after they were settled", () => {
    const asks = new Asks();
    asks.start("x", question, [2, 0]);
    asks.settle("x");
    expect(asks.questionOf(1)).toBeUndefined();
    expect(asks.fail(1)).toBeUndefined();
    expect(asks.size).toBe(0);
  });

  test("can be settled while they wait for a retry", () => {
    const asks = new Asks();
    asks.start("x", question, [2]);
    asks.fail(1);
    asks.settle("x");
    expect(asks.retry()).toEqual([]);
    expect(asks.waiting).toBe(0);
  });

  test("may be started again once settled", () => {
    const asks = new Asks();
    asks.start("x", question, [2]);
    asks.settle("x");
    expect(asks.start("x", question, [2])).toEqual({ id: 2, to: 2, question });
  });

  test("are limited in number, and room comes with each that is settled", () => {
    const asks = new Asks();
    for (let at = 0; at < MAX_ASKS; at++) asks.start(`${at}`, question, [0]);
    expect(asks.start("one more", question, [0])).toBeUndefined();
    asks.settle("0");
    expect(asks.start("one more", question, [0])).toBeDefined();
    expect(asks.size).toBe(MAX_ASKS);
  });
});
