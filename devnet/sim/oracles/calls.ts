// Calls of the built-in ledger read from their bytes a second time, from the documented layouts.
//
//   pay           1 ‖ to 20 ‖ amount 8 ‖ memo, or 2 ‖ count 4 ‖ (to 20 ‖ amount 8) each ‖ memo; a memo has at most 64 bytes
//   put-record    4 ‖ key ‖ value, at most 8,192 bytes ‖ 0, or 1 ‖ expected version 8
//   others        5 ‖ key;  6 ‖ key ‖ to 20;  7 ‖ key ‖ heights 4, 1..1,000,000;  8 ‖ key; a key has 1..128 bytes
//
// Before each memo, key and value stands its length in 4 bytes.

import { type Address, toHex } from "../../../crypto/index.ts";

export type Payment = { readonly to: Address; readonly amount: bigint };

/** Keys of records and leases as hex. */
export type LedgerCall =
  | { readonly type: "pay"; readonly payments: readonly Payment[] }
  | {
      readonly type: "put-record";
      readonly key: string;
      readonly value: Uint8Array;
      readonly expected: number | undefined;
    }
  | { readonly type: "delete-record"; readonly key: string }
  | { readonly type: "give-record"; readonly key: string; readonly to: Address }
  | { readonly type: "acquire-lease"; readonly key: string; readonly heights: number }
  | { readonly type: "release-lease"; readonly key: string };

const MAX_PAYMENTS = 256;
const MAX_MEMO_BYTES = 64;
const MAX_KEY_BYTES = 128;
const MAX_VALUE_BYTES = 8_192;
const MAX_HEIGHTS = 1_000_000;
const ADDRESS_BYTES = 20;

/** Undefined: these bytes are none, or a call whose meaning no oracle knows. */
export function readCall(bytes: Uint8Array): LedgerCall | undefined {
  const reading = new Reading(bytes);
  const call = read(reading);
  return reading.isSound ? call : undefined;
}

function read(reading: Reading): LedgerCall | undefined {
  switch (reading.number(1)) {
    case 1: {
      const payments = [reading.payment()];
      reading.bytes(0, MAX_MEMO_BYTES);
      return { type: "pay", payments };
    }
    case 2: {
      const count = reading.within(1, MAX_PAYMENTS);
      const payments = Array.from({ length: count }, () => reading.payment());
      reading.bytes(0, MAX_MEMO_BYTES);
      return { type: "pay", payments };
    }
    case 4: {
      const key = reading.key();
      const value = reading.bytes(0, MAX_VALUE_BYTES);
      const isExpecting = reading.number(1);
      if (isExpecting > 1) return undefined;
      return {
        ...{ type: "put-record", key, value },
        expected: isExpecting === 1 ? reading.version() : undefined,
      };
    }
    case 5:
      return { type: "delete-record", key: reading.key() };
    case 6:
      return { type: "give-record", key: reading.key(), to: reading.address() };
    case 7:
      return { type: "acquire-lease", key: reading.key(), heights: reading.within(1, MAX_HEIGHTS) };
    case 8:
      return { type: "release-lease", key: reading.key() };
    default:
      return undefined;
  }
}

/** From left to right; what is not there reads as zeros, and then none of it was sound. */
class Reading {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isInBounds = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** All of it was read, and kept its bounds. */
  get isSound(): boolean {
    return this.#isInBounds && this.#at === this.#bytes.length;
  }

  /** Of so many bytes, the first one the highest. */
  number(length: number): number {
    return this.#take(length).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Four bytes. */
  within(least: number, most: number): number {
    const value = this.number(4);
    if (value >= least && value <= most) return value;
    this.#isInBounds = false;
    return 0;
  }

  version(): number {
    const value = this.number(8);
    if (!Number.isSafeInteger(value)) this.#isInBounds = false;
    return value;
  }

  bytes(least: number, most: number): Uint8Array {
    return this.#take(this.within(least, most));
  }

  key(): string {
    return toHex(this.bytes(1, MAX_KEY_BYTES));
  }

  address(): Address {
    return this.#take(ADDRESS_BYTES) as Address;
  }

  payment(): Payment {
    const to = this.address();
    return { to, amount: this.#take(8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) };
  }

  #take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken.length === length ? taken : new Uint8Array(length);
  }
}
