// A ledger for which a transaction is a list of writes, so that tests reach what accounts never do: deletion, and
// reverting halfway. Blocks and keys have short names.

import {
  type BlockMachine,
  type ExecutableBlock,
  Ledger,
  type LedgerOptions,
  type StateWriter,
} from "../../../node/ledger/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { block, chainId, named, nativeHashers, transfer } from "./fixtures.ts";

export type Write = readonly [key: readonly number[], value: number | undefined];

/** A call is `key, value` byte pairs; the value 0 deletes, 255 reverts all writes of the transaction so far. */
export const writing: BlockMachine<readonly Write[]> = {
  name: "writing",
  initialize: (state, genesis) => {
    for (const [key, value] of genesis) write(state, key, value);
  },
  check: () => ({ ok: true }),
  admit: () => ({ ok: false, code: "not-for-pools" }),
  execute: (_, transactions, state) =>
    transactions.map(({ id, transaction: { call } }, index) => {
      const start = state.savepoint();
      for (let at = 0; at + 1 < call.length; at += 2) {
        const [key = 1, value = 0] = call.subarray(at, at + 2);
        if (value === 255) state.revert(start);
        else write(state, [key], value === 0 ? undefined : value);
      }
      return {
        transaction: id,
        index,
        result: "ok",
        code: "",
        feePaid: 0n,
        output: call.slice(0, 1),
      };
    }),
  query: () => ({ ok: false, refusal: "unknown-path" }),
};

function write(state: StateWriter, key: readonly number[], value: number | undefined): void {
  if (value === undefined) state.delete(Uint8Array.from(key));
  else state.set(Uint8Array.from(key), Uint8Array.of(value));
}

export const GENESIS: readonly Write[] = [
  [[10], 1],
  [[20], 2],
  [[30], 3],
];
export const options = { machine: writing, chainId, hashers: nativeHashers };
export const genesis = { hash: named("genesis"), timestampMs: 0, application: GENESIS };

export function fresh(
  changed: Partial<LedgerOptions<readonly Write[]>> = {},
): Ledger<readonly Write[]> {
  return Ledger.fromGenesis({ ...options, ...changed }, genesis);
}

export function writes(...call: readonly number[]): SignedTransaction {
  return transfer({ from: "alice", to: "bob", call: Uint8Array.from(call) });
}

export function on(
  parent: string,
  name: string,
  height: number,
  ...calls: (readonly number[])[]
): ExecutableBlock {
  return block(name, { on: parent, height, transactions: calls.map((call) => writes(...call)) });
}
