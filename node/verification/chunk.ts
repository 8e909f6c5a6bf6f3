// What travels between the main thread and a worker: many transactions in one ArrayBuffer there, verdicts and ids in one
// ArrayBuffer back, both moved and not cloned. Private to one process, so the layout may change at will.
//
//   question: rule (1 byte), then for each transaction its length (2 bytes, big-endian) and its bytes
//   answer:   one verdict byte for each transaction, then 32 bytes of id for each (zeros where refused)

import { assert, HASH_BYTES, type Hash, type SignatureScheme } from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";
import { decodeSignedTransaction, MAX_TRANSACTION_BYTES } from "../transaction/index.ts";
import { isSignedBySender } from "./candidate.ts";
import type { CheckRule } from "./verification.ts";

const ADMISSION = 0;
const VOTE = 1;
const REFUSED = 0;
const ACCEPTED = 1;

const HEADER_BYTES = 1;
const LENGTH_BYTES = 2;
const ANSWER_BYTES = 1 + HASH_BYTES;

export function packQuestion(transactions: readonly Uint8Array[], rule: CheckRule): ArrayBuffer {
  let length = HEADER_BYTES;
  for (const bytes of transactions) length += LENGTH_BYTES + bytes.length;
  const question = new Uint8Array(length);
  question[0] = rule === "vote" ? VOTE : ADMISSION;
  let offset = HEADER_BYTES;
  for (const bytes of transactions) {
    assert(bytes.length <= MAX_TRANSACTION_BYTES, "only transactions of lawful length are packed");
    question[offset] = bytes.length >> 8;
    question[offset + 1] = bytes.length;
    question.set(bytes, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + bytes.length;
  }
  return question.buffer;
}

/** Runs in a worker. Every transaction of the question must decode: only candidates are packed. */
export function answerQuestion(question: ArrayBuffer, scheme: SignatureScheme): ArrayBuffer {
  const transactions = unpackTransactions(question);
  const rule = new Uint8Array(question)[0] === VOTE ? "vote" : "admission";
  const answer = new Uint8Array(transactions.length * ANSWER_BYTES);
  transactions.forEach((bytes, index) => {
    const decoded = decodeSignedTransaction(bytes, hashIn);
    assert(decoded.ok, "a worker gets only transactions that the main thread could decode");
    if (!isSignedBySender(decoded.value, { rule, scheme })) return;
    answer[index] = ACCEPTED;
    answer.set(decoded.value.id, transactions.length + index * HASH_BYTES);
  });
  return answer.buffer;
}

/** The id of each of `count` transactions whose signature is good, undefined for the others, in order. */
export function readAnswer(answer: ArrayBuffer, count: number): readonly (Hash | undefined)[] {
  const bytes = new Uint8Array(answer);
  assert(
    bytes.length === count * ANSWER_BYTES,
    `a worker answers what it was asked: ${count} transactions, not ${bytes.length} bytes`,
  );
  const ids: (Hash | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    if (bytes[index] === REFUSED) ids.push(undefined);
    else {
      const offset = count + index * HASH_BYTES;
      ids.push(bytes.slice(offset, offset + HASH_BYTES) as Hash);
    }
  }
  return ids;
}

function unpackTransactions(question: ArrayBuffer): readonly Uint8Array[] {
  const bytes = new Uint8Array(question);
  const transactions: Uint8Array[] = [];
  let offset = HEADER_BYTES;
  while (offset < bytes.length) {
    const start = offset + LENGTH_BYTES;
    const end = start + (bytes[offset] as number) * 256 + (bytes[offset + 1] as number);
    assert(end <= bytes.length, "a question ends where its last transaction ends");
    transactions.push(bytes.subarray(start, end));
    offset = end;
  }
  return transactions;
}
