// A call as it comes from a program, and its bytes: each field is held against its bounds, by name, before anything is
// signed. The bytes of an application's call are its own affair.

import {
  type Call,
  encodeCall,
  MAX_CALL_BYTES,
  MAX_EVIDENCE_MESSAGE_BYTES,
  MAX_LEASE_HEIGHTS,
  MAX_MEMO_BYTES,
  MAX_PAYMENTS,
  MAX_RECORD_BYTES,
  MAX_RECORD_KEY_BYTES,
} from "../transaction/index.ts";
import {
  aCounter,
  anAddress,
  anAmount,
  anInteger,
  aPublicKey,
  type Check,
  only,
  optional,
  someBytes,
  taken,
} from "./arguments.ts";
import { isRecord } from "./problem.ts";

type Fields<C> = { readonly [K in keyof C]: Check<unknown> };

const PAYMENT = { to: anAddress, amount: anAmount(1n) };

export const aMemo = someBytes(0, MAX_MEMO_BYTES);
export const aRecordKey = someBytes(1, MAX_RECORD_KEY_BYTES);
const aMessage = someBytes(0, MAX_EVIDENCE_MESSAGE_BYTES);
const anything: Check<unknown> = (given) => given;

const aListOfPayments = only<readonly unknown[]>(`a list of 1..${MAX_PAYMENTS}`, (given) => {
  return Array.isArray(given) && given.length > 0 && given.length <= MAX_PAYMENTS;
});

const somePayments: Check<unknown> = (given, name) =>
  aListOfPayments(given, name).map((payment, at) => taken(`${name}[${at}]`, payment, PAYMENT));

const CALLS: { readonly [T in Call["type"]]: Fields<Extract<Call, { readonly type: T }>> } = {
  transfer: { type: anything, ...PAYMENT, memo: aMemo },
  "pay-many": { type: anything, payments: somePayments, memo: aMemo },
  "rotate-key": { type: anything, publicKey: aPublicKey },
  "put-record": {
    type: anything,
    key: aRecordKey,
    value: someBytes(0, MAX_RECORD_BYTES),
    expectedVersion: optional(aCounter),
  },
  "delete-record": { type: anything, key: aRecordKey },
  "give-record": { type: anything, key: aRecordKey, to: anAddress },
  "acquire-lease": { type: anything, key: aRecordKey, heights: anInteger(1, MAX_LEASE_HEIGHTS) },
  "release-lease": { type: anything, key: aRecordKey },
  "report-evidence": { type: anything, first: aMessage, second: aMessage },
};

const anyCall = someBytes(0, MAX_CALL_BYTES);
const aType = only<Call["type"]>(`one of ${Object.keys(CALLS).join(", ")}`, (given) => {
  return Object.hasOwn(CALLS, String(given));
});

export const aCall: Check<Uint8Array> = (given, name) => {
  if (!isRecord(given) || given instanceof Uint8Array) return anyCall(given, name);
  const checks = CALLS[aType(given.type, `${name}.type`)];
  return encodeCall(taken(name, given, checks) as Call);
};
