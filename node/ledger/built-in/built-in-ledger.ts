// The built-in ledger, call by call: accounts that pay each other, records, leases, offences of validators. A validator
// runs it unless its genesis names an application.

import { type Call, decodeCall, MAX_RECORD_KEY_BYTES } from "../../transaction/index.ts";
import { MAX_SUPPLY } from "../account.ts";
import type {
  CallResult,
  DecodedCall,
  Query,
  QueryAnswer,
  StateMachine,
} from "../state-machine.ts";
import { rotateKey } from "./key-rotation.ts";
import { acquireLease, leaseKey, releaseLease } from "./leases.ts";
import {
  type EvidenceRules,
  judged,
  type OffenceReport,
  type ReportRefusal,
  recordOffence,
} from "./offences.ts";
import { payMany, totalOf } from "./pay-many.ts";
import { deleteRecord, giveRecord, putRecord, recordKey } from "./records.ts";
import { transfer } from "./transfers.ts";

/** Why no block may carry a call. */
export type CallRefusal = "malformed-call" | "zero-amount" | "amount-too-large" | ReportRefusal;

/** A call that a block may carry. */
export type SoundCall = Exclude<Call, { readonly type: "report-evidence" }> | OffenceReport;

/** Without rules for evidence nobody can report any. */
export function createBuiltInLedger(evidence?: EvidenceRules): StateMachine<SoundCall> {
  return {
    name: "ledger",
    decode: (bytes) => {
      const decoded = decodeCall(bytes);
      return decoded.ok ? soundCall(decoded.value, evidence) : refused("malformed-call");
    },
    cost: (call) => {
      if (call.type === "transfer") return call.amount;
      return call.type === "pay-many" ? totalOf(call) : 0n;
    },
    execute: (call, context, state): CallResult => {
      switch (call.type) {
        case "transfer":
          return transfer(call, context, state);
        case "pay-many":
          return payMany(call, context, state);
        case "rotate-key":
          return rotateKey(call, context, state);
        case "put-record":
          return putRecord(call, context, state);
        case "delete-record":
          return deleteRecord(call, context, state);
        case "give-record":
          return giveRecord(call, context, state);
        case "acquire-lease":
          return acquireLease(call, context, state);
        case "release-lease":
          return releaseLease(call, context, state);
        case "report-offence":
          return recordOffence(call, context, state);
      }
    },
    query: ({ path, argument }, state): QueryAnswer => {
      const keyOf = KEYS.get(path);
      if (keyOf === undefined) return { ok: false, refusal: "unknown-path" };
      const isName = argument.length > 0 && argument.length <= MAX_RECORD_KEY_BYTES;
      if (!isName) return { ok: false, refusal: "bad-argument" };
      const key = keyOf(argument);
      return { ok: true, key, value: state.get(key) };
    },
  };
}

const KEYS: ReadonlyMap<Query["path"], (name: Uint8Array) => Uint8Array> = new Map([
  ["record", recordKey],
  ["lease", leaseKey],
]);

function soundCall(call: Call, evidence: EvidenceRules | undefined): DecodedCall<SoundCall> {
  switch (call.type) {
    case "transfer":
      return call.amount === 0n ? refused("zero-amount") : { ok: true, call };
    case "pay-many":
      if (call.payments.some(({ amount }) => amount === 0n)) return refused("zero-amount");
      return totalOf(call) > MAX_SUPPLY ? refused("amount-too-large") : { ok: true, call };
    case "report-evidence":
      return judged(call, evidence);
    default:
      return { ok: true, call };
  }
}

function refused(code: CallRefusal): DecodedCall<SoundCall> {
  return { ok: false, code };
}
