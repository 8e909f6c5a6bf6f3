import { describe, expect, test } from "vitest";
import { nobleScheme } from "../../../crypto/index.ts";
import { nativeScheme } from "../../../crypto/native/index.ts";
import { answerQuestion, packQuestion, readAnswer } from "../../../node/verification/chunk.ts";
import { signed, signedRange, signedWithSmallOrder, truncated, wronglySigned } from "./fixtures.ts";

const scheme = nativeScheme();

describe("a chunk", () => {
  test("comes back with one id for each transaction, in order", () => {
    const transactions = [signed(0), signed(1, { callBytes: 0 }), signed(2, { callBytes: 16_384 })];
    const question = packQuestion(
      transactions.map(({ bytes }) => bytes),
      "admission",
    );
    const ids = readAnswer(answerQuestion(question, scheme), transactions.length);
    expect(ids).toEqual(transactions.map(({ id }) => id));
  });

  test("has no id where the signature is bad, and ids on both sides of it", () => {
    const [first, last] = signedRange(2) as [ReturnType<typeof signed>, ReturnType<typeof signed>];
    const question = packQuestion([first.bytes, wronglySigned, last.bytes], "vote");
    const ids = readAnswer(answerQuestion(question, scheme), 3);
    expect(ids).toEqual([first.id, undefined, last.id]);
  });

  test("carries the rule", () => {
    const { bytes, id } = signedWithSmallOrder;
    const answered = (rule: "admission" | "vote") =>
      readAnswer(answerQuestion(packQuestion([bytes], rule), scheme), 1);
    expect(answered("admission")).toEqual([undefined]);
    expect(answered("vote")).toEqual([id]);
  });

  test("asks the scheme it is given", () => {
    const refusing = { ...nobleScheme, verify: () => false };
    const question = packQuestion([signed(0).bytes], "vote");
    expect(readAnswer(answerQuestion(question, refusing), 1)).toEqual([undefined]);
  });

  test("with a transaction that does not decode is our bug", () => {
    const question = packQuestion([truncated], "vote");
    expect(() => answerQuestion(question, scheme)).toThrow("invariant broken");
  });

  test("that ends within a transaction is our bug", () => {
    const question = packQuestion([signed(0).bytes], "vote");
    expect(() => answerQuestion(question.slice(0, -1), scheme)).toThrow("a question ends");
  });

  test("answered for another number of transactions is our bug", () => {
    const answer = answerQuestion(packQuestion([signed(0).bytes], "vote"), scheme);
    expect(() => readAnswer(answer, 2)).toThrow("invariant broken");
  });
});
