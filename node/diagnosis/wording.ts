// A difference in words for people and as JSON for programs.

import { toHex } from "../../crypto/index.ts";
import { type Receipt, readStoredValue } from "../ledger/index.ts";
import type { Difference } from "./difference.ts";
import { readableKey, readableValue } from "./readable-entry.ts";

type Names = { readonly a: string; readonly b: string };
type Sides<T> = {
  readonly a: T | undefined;
  readonly b: T | undefined;
  readonly certified?: T | undefined;
  readonly again?: T | undefined;
};

/** Label and text of each line; without a label it belongs to the line above. */
export function describeDifference(
  difference: Difference,
  names: Names,
): readonly (readonly [label: string, text: string])[] {
  const { height, after, kind, blocks, stateRoots, transaction, key } = difference;
  const rows: (readonly [string, string])[] = [];
  const sides = <T>(given: Sides<T>, show: (value: T) => string) => {
    const labels = { ...names, certified: "certified", again: "executed again" };
    for (const side of ["a", "b", "certified", "again"] as const) {
      const value = given[side];
      if (value !== undefined) rows.push([`  ${labels[side]}`, show(value)]);
    }
  };
  const isExact = after === height - 1;
  const place = isExact ? `${height}` : `${height}, or one after ${after}`;
  if (kind === "block") {
    rows.push(["block", `two blocks at height ${place}`]);
    sides(blocks, toHex);
    return rows;
  }
  const hash = blocks.a ?? blocks.b;
  rows.push(["block", `height ${place}${hash === undefined ? "" : ` ${toHex(hash)}`}`]);
  rows.push(["state root", "after that block"]);
  sides(stateRoots, toHex);
  if (transaction !== undefined) {
    const { id, index, receipts } = transaction;
    rows.push(["transaction", `${index === undefined ? "" : `${index} `}${toHex(id)}`]);
    sides(receipts, readableReceipt);
  }
  if (key !== undefined) {
    const others = key.count > 1 ? ` (the first of ${key.count} that differ)` : "";
    rows.push(["key", `${readableKey(key.key)}${others}`]);
    const value = (stored: Uint8Array) => readableValue(key.key, stored);
    sides(key.values, value);
  }
  return rows;
}

function readableReceipt({ result, code, feePaid, output }: Receipt): string {
  const why = code === "" ? "" : ` (${code})`;
  const answered = output.length === 0 ? "" : `, output ${toHex(output)}`;
  return `${result}${why}, fee ${feePaid}${answered}`;
}

/** Bytes are hex, counters of 64 bits are strings; what is not known is absent. */
export function differenceRecord(difference: Difference) {
  const { height, after, kind, blocks, stateRoots, transaction, key } = difference;
  return {
    height,
    after,
    kind,
    blocks: mapped(blocks, toHex),
    stateRoots: mapped(stateRoots, toHex),
    ...(transaction && {
      transaction: {
        hash: toHex(transaction.id),
        index: transaction.index,
        receipts: mapped(transaction.receipts, receiptRecord),
      },
    }),
    ...(key && {
      key: {
        key: toHex(key.key),
        name: readableKey(key.key),
        values: mapped(key.values, valueRecord),
        differing: key.count,
      },
    }),
  };
}

function mapped<T, R>({ a, b, certified, again }: Sides<T>, map: (value: T) => R) {
  const each = (value: T | undefined) => (value === undefined ? undefined : map(value));
  return { a: each(a), b: each(b), certified: each(certified), again: each(again) };
}

function receiptRecord({ result, code, feePaid, output }: Receipt) {
  return { result, code, feePaid: `${feePaid}`, output: toHex(output) };
}

function valueRecord(stored: Uint8Array) {
  const entry = readStoredValue(stored);
  if (entry === undefined) return { stored: toHex(stored) };
  return { slot: entry.slot, value: toHex(entry.value) };
}
