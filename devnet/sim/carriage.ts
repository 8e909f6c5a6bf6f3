// What the wire does to what is sent: everything travels as bytes and is decoded strictly where it arrives, once for all
// receivers of one broadcast, for what is decoded is never written to.

import { type Message, messageCodec } from "../../consensus/index.ts";
import {
  type Codec,
  decode,
  encode,
  equalBytes,
  type SignatureScheme,
  type View,
} from "../../crypto/index.ts";
import { type Answer, answerCodec, type Question, questionCodec } from "../../node/sync/index.ts";
import {
  decodeSignedTransaction,
  type SignedTransaction,
  signatureCheck,
} from "../../node/transaction/index.ts";
import type { Delivery } from "../behaviours/index.ts";

const carriedMessages = new WeakMap<Message, Message>();

/** The message as its receivers have it. */
export function carryMessage(message: Message): Message {
  const known = carriedMessages.get(message);
  if (known !== undefined) return known;
  const carried = carry(messageCodec, message);
  carriedMessages.set(message, carried);
  return carried;
}

export function carryQuestion(question: Question): Question {
  return carry(questionCodec, question);
}

export function carryAnswer(answer: Answer): Answer {
  return carry(answerCodec, answer);
}

/** A message from bytes that a liar made up; undefined if they are none. */
export function messageFrom(bytes: Uint8Array): Message | undefined {
  const decoded = decode(messageCodec, bytes);
  return decoded.ok ? decoded.value : undefined;
}

/** The view that it is of. */
export function viewOf(message: Message): View {
  switch (message.type) {
    case "proposal":
      return message.block.view;
    case "decision":
      return message.cert.view;
    case "vote":
    case "commit-vote":
    case "timeout":
      return message.content.view;
  }
}

/** In bytes on the wire, give or take a header. */
export function lengthOf(content: Delivery["content"]): number {
  switch (content.type) {
    case "message":
      return encode(messageCodec, content.message).length + 32 * content.ids.length;
    case "transactions":
      return content.transactions.reduce((sum, { bytes }) => sum + bytes.length, 0);
    case "raw":
      return content.bytes.length;
  }
}

export function lengthOfAnswer(given: Answer): number {
  return encode(answerCodec, given).length;
}

function carry<T>(codec: Codec<T>, value: T): T {
  const decoded = decode(codec, encode(codec, value));
  if (!decoded.ok) throw new Error(`what was encoded does not decode: ${decoded.refusal}`);
  return decoded.value;
}

/** Checks transactions at a validator's door, as its workers do; remembers the sound ones. */
export class TransactionDoor {
  readonly #scheme: SignatureScheme;
  readonly #chainId: Uint8Array;
  /** Objects are shared between nodes: each is checked once by each rule. */
  readonly #sound = new WeakMap<SignedTransaction, SignatureScheme["verify"]>();

  constructor(scheme: SignatureScheme, chainId: Uint8Array) {
    this.#scheme = scheme;
    this.#chainId = chainId;
  }

  /** For the pool: by the quick rule. */
  sound(transactions: readonly SignedTransaction[]): readonly SignedTransaction[] {
    return transactions.filter((signed) => this.#isSound(signed, this.#scheme.verifyQuick));
  }

  /** For blocks that are voted on: by the rule for certificates. */
  fromBodies(bodies: readonly Uint8Array[]): readonly SignedTransaction[] {
    return bodies.flatMap((body) => {
      const decoded = decodeSignedTransaction(body);
      const isSound = decoded.ok && this.#isSound(decoded.value, this.#scheme.verify);
      return isSound ? [decoded.value] : [];
    });
  }

  #isSound(signed: SignedTransaction, verify: SignatureScheme["verify"]): boolean {
    if (this.#sound.get(signed) === verify) return true;
    if (!equalBytes(signed.transaction.chainId, this.#chainId)) return false;
    if (!verify(signatureCheck(signed))) return false;
    this.#sound.set(signed, verify);
    return true;
  }
}
