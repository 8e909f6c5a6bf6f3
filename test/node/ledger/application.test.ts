// A team's own state machine in its container: keys of its own, and nothing that it does stops the chain.

import { describe, expect, test } from "vitest";
import { ascii } from "../../../crypto/index.ts";
import {
  applicationKey,
  contained,
  createAccountLedger,
  Ledger,
  MAX_APPLICATION_KEY_BYTES,
  type Receipt,
  type StateMachine,
} from "../../../node/ledger/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { addressNamed, block, chainId, named, nativeHashers, transfer } from "./fixtures.ts";

const NOTE = ascii("note");

/** Keeps the bytes of each call under one key, and then does what the test wants. */
function keeping(after: Partial<StateMachine<Uint8Array>> = {}): StateMachine<Uint8Array> {
  return {
    name: "keeping",
    decode: (bytes) => ({ ok: true, call: bytes }),
    execute: (call, _, state) => {
      state.set(NOTE, call);
      return { ok: true, output: call };
    },
    ...after,
  };
}

function run(
  machine: StateMachine<Uint8Array>,
  calls: readonly string[],
  faults: unknown[] = [],
): { readonly ledger: Ledger; readonly receipts: readonly Receipt[] } {
  const inside = contained(machine, (error) => faults.push(error));
  const accounts = [{ address: addressNamed("alice"), balance: 100n }];
  const genesis = { hash: named("genesis"), timestampMs: 0, application: { accounts } };
  const blockMachine = createAccountLedger({ minFee: 1n, feesTo: "nobody" }, inside);
  const options = { machine: blockMachine, chainId, hashers: nativeHashers };
  const ledger = Ledger.fromGenesis(options, genesis) as Ledger;
  const transactions = calls.map((call, nonce): SignedTransaction => {
    return transfer({ from: "alice", to: "bob", nonce, call: ascii(call) });
  });
  const made = block("first", { on: "genesis", height: 1, transactions });
  const { receipts } = ledger.execute(made);
  ledger.commit(named("first"));
  return { ledger, receipts };
}

describe("an application", () => {
  test("writes under keys of its own, whatever it calls them", () => {
    const account = Uint8Array.of(0x61, ...addressNamed("alice"));
    const thief = keeping({
      execute: (call, _, state) => {
        expect(state.get(account)).toBeUndefined();
        state.set(account, call);
        return { ok: true };
      },
    });
    const { ledger } = run(thief, ["mine"]);
    expect(ledger.reader().get(applicationKey(account))).toEqual(ascii("mine"));
    expect(ledger.reader().get(account)).not.toEqual(ascii("mine"));
  });

  test("hands its output to the receipt", () => {
    const { receipts } = run(keeping(), ["one", "two"]);
    expect(receipts).toMatchObject([
      { result: "ok", code: "", feePaid: 1n, output: ascii("one") },
      { result: "ok", output: ascii("two") },
    ]);
  });

  test("leaves nothing of a call that it refuses but the fee and the nonce", () => {
    const refusing = keeping({
      execute: (call, _, state) => {
        state.set(NOTE, call);
        return { ok: false, code: "not-today" };
      },
    });
    const { ledger, receipts } = run(refusing, ["one"]);
    expect(receipts).toMatchObject([{ result: "failed", code: "not-today", feePaid: 1n }]);
    expect(ledger.reader().get(applicationKey(NOTE))).toBeUndefined();
    const admitted = ledger.admit(transfer({ from: "alice", to: "bob", call: NOTE }));
    expect(admitted).toMatchObject({ ok: true, nextNonce: 1, balance: 99n });
  });

  test("reads its own keys in a query, and answers with the key of the state", () => {
    const asked = keeping({
      query: ({ argument }, state) => ({ ok: true, key: argument, value: state.get(argument) }),
    });
    const { ledger } = run(asked, ["one"]);
    const answer = ledger.query({ path: "note", argument: NOTE });
    expect(answer).toEqual({ ok: true, key: applicationKey(NOTE), value: ascii("one") });
  });

  test("answers no query that it does not know", () => {
    const { ledger } = run(keeping(), []);
    expect(ledger.query({ path: "note", argument: NOTE })).toEqual({
      ok: false,
      refusal: "unknown-path",
    });
  });

  test("begins with what it makes of genesis's parameters", () => {
    const machine = keeping({
      initialize: (state, parameters) => state.set(NOTE, parameters),
    });
    const written = new Map<string, Uint8Array>();
    const state = {
      get: (key: Uint8Array) => written.get(key.join()),
      set: (key: Uint8Array, value: Uint8Array) => void written.set(key.join(), value),
      delete: () => {},
      savepoint: () => 0,
      revert: () => {},
    };
    contained(machine).initialize?.(state, ascii("parameters"));
    expect([...written]).toEqual([[applicationKey(NOTE).join(), ascii("parameters")]]);
  });
});

describe("a call fails, and the chain goes on, when the application", () => {
  const tooMany = new Uint8Array(1_025);
  const cases: [string, Partial<StateMachine<Uint8Array>>][] = [
    [
      "throws",
      {
        execute: (call, _, state) => {
          state.set(NOTE, call);
          throw new TypeError("undefined is not a function");
        },
      },
    ],
    // Its failure is nobody's to catch: left alone, it would end the process.
    ["is async", { execute: async () => Promise.reject(new Error("later")) } as object],
    ["answers with nothing", { execute: () => undefined } as object],
    ["answers with a code that is none", { execute: () => ({ ok: false, code: "Not A Code" }) }],
    ["answers with too long a code", { execute: () => ({ ok: false, code: "a".repeat(65) }) }],
    ["answers with too long an output", { execute: () => ({ ok: true, output: tooMany }) }],
    [
      "writes under too long a key",
      {
        execute: (call, _, state) => {
          state.set(new Uint8Array(MAX_APPLICATION_KEY_BYTES + 1), call);
          return { ok: true };
        },
      },
    ],
    [
      "writes too long a value",
      {
        execute: (_call, _, state) => {
          state.set(NOTE, new Uint8Array(16 * 1024 + 1));
          return { ok: true };
        },
      },
    ],
  ];

  test.each(cases)("%s", (_, after) => {
    const faults: unknown[] = [];
    const { ledger, receipts } = run(keeping(after), ["one"], faults);
    expect(receipts).toMatchObject([{ result: "failed", code: "application-fault", feePaid: 1n }]);
    expect(faults).toHaveLength(1);
    expect(ledger.reader().get(applicationKey(NOTE))).toBeUndefined();
  });
});

test.each<[string, () => bigint]>([
  [
    "is thrown over",
    () => {
      throw new TypeError("undefined is not a function");
    },
  ],
  ["is negative", () => -1n],
  ["is no bigint", () => 5 as unknown as bigint],
])("nobody can pay a cost that %s, and nobody's pool breaks over it", (_, cost) => {
  const faults: unknown[] = [];
  const { ledger } = run(keeping({ cost }), [], faults);
  const verdict = ledger.admit(transfer({ from: "alice", to: "bob", call: NOTE }));
  expect(verdict.ok && verdict.cost > verdict.balance).toBe(true);
  expect(faults).toHaveLength(1);
});

test("no block carries a call that the application throws over when it reads it", () => {
  const faults: unknown[] = [];
  const choking = keeping({
    decode: () => {
      throw new SyntaxError("Unexpected token");
    },
  });
  const { ledger } = run(choking, [], faults);
  const verdict = ledger.check(transfer({ from: "alice", to: "bob", call: NOTE }));
  expect(verdict).toEqual({ ok: false, code: "application-fault" });
  expect(faults).toHaveLength(1);
});

test.each([
  ["a promise", async () => ({ ok: true }), /^TypeError: execute answered with a promise; it must/],
  ["nothing", () => undefined, /^TypeError: execute answered with undefined; it must answer with/],
])("an answer that is %s is a fault that says so", (_, execute, message) => {
  const faults: unknown[] = [];
  run(keeping({ execute } as object), ["one"], faults);
  expect(String(faults[0])).toMatch(message);
});

test("no block carries a call that the application promises to read", () => {
  const faults: unknown[] = [];
  const decode = async () => Promise.reject(new Error("later"));
  const { ledger } = run(keeping({ decode } as object), [], faults);
  const verdict = ledger.check(transfer({ from: "alice", to: "bob", call: NOTE }));
  expect(verdict).toEqual({ ok: false, code: "application-fault" });
  expect(String(faults[0])).toMatch(/^TypeError: decode answered with a promise/);
});
