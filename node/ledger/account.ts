// An account of the built-in ledger and its place in the state.

import {
  ADDRESS_BYTES,
  type Address,
  assert,
  decode,
  encode,
  type Nonce,
  nonceCodec,
  optional,
  type PublicKey,
  publicKeyCodec,
  struct,
  uint64,
} from "../../crypto/index.ts";
import type { StateReader, StateWriter } from "./state-machine.ts";

/** Laid out in this order. */
export type Account = {
  /** 0 .. 2^64-1. */
  readonly balance: bigint;
  /** The first unused one. */
  readonly nonce: Nonce;
  /** The one key that may sign; undefined: the key that the address is made from. */
  readonly key: PublicKey | undefined;
};

/** What an address holds that nobody has paid to. */
export const EMPTY_ACCOUNT: Account = { balance: 0n, nonce: 0 as Nonce, key: undefined };

export const accountCodec = struct<Account>({
  balance: uint64,
  nonce: nonceCodec,
  key: optional(publicKeyCodec),
});

/** Everything that genesis gave, and so the most that one account can hold. */
export const MAX_SUPPLY = (1n << 64n) - 1n;

const ACCOUNT_KEY_KIND = 0x61;
/** Balance, nonce, and the byte that says no key. */
const KEYLESS_ACCOUNT_BYTES = 17;
const TWO_POWER_32 = 0x1_0000_0000;

/** The byte `a`, then the address. */
export function accountKey(address: Address): Uint8Array {
  const key = new Uint8Array(1 + ADDRESS_BYTES);
  key[0] = ACCOUNT_KEY_KIND;
  key.set(address, 1);
  return key;
}

/** Undefined: no such account. */
export function readAccount(state: StateReader, key: Uint8Array): Account | undefined {
  const bytes = state.get(key);
  return bytes === undefined ? undefined : decodeAccount(bytes);
}

/** For bytes of the ledger's own; a client decodes with `accountCodec`. */
export function decodeAccount(bytes: Uint8Array): Account {
  if (bytes.length === KEYLESS_ACCOUNT_BYTES) {
    const balance = (BigInt(uint32At(bytes, 0)) << 32n) | BigInt(uint32At(bytes, 4));
    const nonce = (uint32At(bytes, 8) * TWO_POWER_32 + uint32At(bytes, 12)) as Nonce;
    return { balance, nonce, key: undefined };
  }
  const decoded = decode(accountCodec, bytes);
  assert(decoded.ok, "what stands under an account's key is an account");
  return { ...decoded.value, key: decoded.value.key };
}

/** As `accountCodec` does, by hand for the common case: two of these for each transfer. */
export function encodeAccount(account: Account): Uint8Array {
  if (account.key !== undefined) return encode(accountCodec, account);
  const bytes = new Uint8Array(KEYLESS_ACCOUNT_BYTES);
  setUint32At(bytes, 0, Number(account.balance >> 32n));
  setUint32At(bytes, 4, Number(account.balance & 0xffff_ffffn));
  setUint32At(bytes, 8, Math.floor(account.nonce / TWO_POWER_32));
  setUint32At(bytes, 12, account.nonce % TWO_POWER_32);
  return bytes;
}

function uint32At(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  const low = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return high * 0x1_0000 + low;
}

function setUint32At(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Pays `amount` to an account, which comes into being if need be. */
export function credit(state: StateWriter, to: Address, amount: bigint): void {
  const key = accountKey(to);
  const account = readAccount(state, key) ?? EMPTY_ACCOUNT;
  const balance = account.balance + amount;
  assert(balance <= MAX_SUPPLY, "no balance exceeds the supply");
  state.set(key, encodeAccount({ ...account, balance }));
}
