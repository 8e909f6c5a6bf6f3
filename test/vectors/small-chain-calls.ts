// What the people of the wire vectors ask for, block by block: every call of the built-in ledger, one transaction that
// fails and one that is skipped.

import { type Message, messageCodec } from "../../consensus/index.ts";
import {
  ascii,
  type Epoch,
  encode,
  type Hash,
  type Height,
  type View,
} from "../../crypto/index.ts";
import type { Call } from "../../node/transaction/index.ts";
import type { Order, Person, voices } from "./small-chain.ts";

const NO_MEMO = new Uint8Array(0);
const MOTD = ascii("motd");
const PRINTER = ascii("printer");

export function callsOf(cast: {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly newKey: Person;
  readonly say: ReturnType<typeof voices>;
}): readonly (readonly Order[])[] {
  const { alice, bob, carol, newKey, say } = cast;
  const rotated = { by: newKey, as: alice.address };
  const message = (byte: number) => encode(messageCodec, voteOfView2(say, byte));
  const pay = (to: Person, amount: bigint, memo: Uint8Array = NO_MEMO): Call => {
    return { type: "transfer", to: to.address, amount, memo };
  };
  const payments = [
    { to: bob.address, amount: 10n },
    { to: carol.address, amount: 5n },
  ];
  const value = ascii("hello");
  return [
    [
      { by: alice, nonce: 0, call: pay(bob, 25n, ascii("hi")) },
      { by: alice, nonce: 1, call: { type: "pay-many", payments, memo: NO_MEMO } },
      { by: alice, nonce: 2, call: { type: "put-record", key: MOTD, value, expectedVersion: 0 } },
      { by: bob, nonce: 0, call: pay(alice, 10_000n) },
      { by: bob, nonce: 5, call: pay(alice, 1n) },
    ],
    [
      { by: alice, nonce: 3, call: { type: "acquire-lease", key: PRINTER, heights: 100 } },
      { by: alice, nonce: 4, call: { type: "put-record", key: ascii("draft"), value } },
      { by: alice, nonce: 5, call: { type: "rotate-key", publicKey: newKey.signer.publicKey } },
    ],
    [
      { ...rotated, nonce: 6, call: { type: "give-record", key: MOTD, to: bob.address } },
      { ...rotated, nonce: 7, call: { type: "delete-record", key: ascii("draft") } },
      { ...rotated, nonce: 8, call: { type: "release-lease", key: PRINTER } },
      { by: bob, nonce: 1, call: { type: "acquire-lease", key: ascii("door"), heights: 1 } },
      {
        by: bob,
        nonce: 2,
        call: { type: "report-evidence", first: message(1), second: message(2) },
      },
    ],
  ];
}

/** Validator 3 votes for a block that nobody proposed. */
function voteOfView2(say: ReturnType<typeof voices>, byte: number): Message {
  const block = new Uint8Array(32).fill(byte) as Hash;
  const content = { epoch: 0 as Epoch, view: 2 as View, height: 2 as Height, block };
  return say.vote(content, 3);
}
