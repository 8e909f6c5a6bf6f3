// What a state machine threw, by call: the first error of each, of those just lately, and the machine otherwise as it was.

import { expect, test } from "vitest";
import { type Hash, toHex } from "../../../crypto/index.ts";
import { Thrown } from "../../../devnet/virtual/thrown.ts";
import {
  type CallContext,
  contained,
  type StateMachine,
  type StateWriter,
} from "../../../node/ledger/index.ts";

const STATE = {} as StateWriter;
const transaction = (mark: number) => new Uint8Array(32).fill(mark) as Hash;
const at = (mark: number) => ({ transaction: transaction(mark) }) as CallContext;
const over = (thrown: Thrown, mark: number) => thrown.over(toHex(transaction(mark)));

function watched(parts: Partial<StateMachine>) {
  const thrown = new Thrown();
  const sound: StateMachine = {
    name: "any",
    decode: (bytes) => ({ ok: true, call: bytes }),
    execute: () => ({ ok: true }),
  };
  return { thrown, machine: contained(thrown.watched({ ...sound, ...parts }), thrown.note) };
}

function throwing() {
  let count = 0;
  return watched({
    execute: () => {
      count += 1;
      throw new Error(`${count}`);
    },
  });
}

test("the first error over a call is kept, whoever throws it again", () => {
  const { thrown, machine } = throwing();
  for (const mark of [1, 1, 2, 1]) machine.execute("call", at(mark), STATE);
  expect(over(thrown, 1)).toEqual(new Error("1"));
  expect(over(thrown, 2)).toEqual(new Error("3"));
  expect(over(thrown, 3)).toBeUndefined();
});

test("no more than 256 are kept, and the oldest goes first", () => {
  const { thrown, machine } = throwing();
  for (let mark = 0; mark < 256; mark++) machine.execute("call", at(mark), STATE);
  // One more, which is no transaction's.
  machine.execute("call", { transaction: new Uint8Array(4) as Hash } as CallContext, STATE);
  expect(over(thrown, 0)).toBeUndefined();
  expect(over(thrown, 1)).toBeInstanceOf(Error);
});

test("a machine that answers queries goes on doing so, and one that does not does not", () => {
  const query: StateMachine["query"] = ({ argument }) => {
    return { ok: true, key: argument, value: undefined };
  };
  const asked = { path: "any", argument: Uint8Array.of(1) };
  expect(watched({ query }).machine.query?.(asked, STATE)).toMatchObject({ ok: true });
  expect(watched({}).machine.query?.(asked, STATE)).toEqual({
    ...{ ok: false, refusal: "unknown-path" },
  });
});

test("a machine's costs and beginnings are its own", () => {
  const written: unknown[] = [];
  const { machine } = watched({
    initialize: (_state, parameters) => void written.push(parameters),
    cost: () => 7n,
  });
  machine.initialize?.(STATE, Uint8Array.of(9));
  expect(written).toEqual([Uint8Array.of(9)]);
  expect(machine.cost?.("call")).toBe(7n);
});
