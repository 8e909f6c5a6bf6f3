// Account addresses: 20 bytes of the hash of a public key, shown to people as bech32m `qr1...`.

import { bech32m } from "@scure/base";
import { ADDRESS_BYTES, type Address, address, type PublicKey } from "./brands.ts";
import { domain, hashIn } from "./hash.ts";

export type AddressRefusal = "not-bech32m" | "wrong-prefix" | "wrong-length";

export type ParsedAddress =
  | { readonly ok: true; readonly value: Address }
  | { readonly ok: false; readonly refusal: AddressRefusal };

const ADDRESS_DOMAIN = domain("quorate/address/1");
const ADDRESS_PREFIX = "qr";
// 20 bytes are exactly 32 words of 5 bits, so there is no padding that could spell one address in two ways.
const ADDRESS_WORDS = (ADDRESS_BYTES * 8) / 5;

export function addressOf(publicKey: PublicKey): Address {
  return address(hashIn(ADDRESS_DOMAIN, publicKey).slice(0, ADDRESS_BYTES));
}

export function formatAddress(address: Address): string {
  return bech32m.encode(ADDRESS_PREFIX, bech32m.toWords(address));
}

/** Accepts exactly what `formatAddress` writes: lower case, bech32m (not bech32), prefix `qr`, 20 bytes. */
export function parseAddress(text: string): ParsedAddress {
  const decoded = bech32m.decodeUnsafe(text);
  if (decoded === undefined) return { ok: false, refusal: "not-bech32m" };
  if (decoded.prefix !== ADDRESS_PREFIX) return { ok: false, refusal: "wrong-prefix" };
  if (decoded.words.length !== ADDRESS_WORDS) return { ok: false, refusal: "wrong-length" };
  const value = address(bech32m.fromWords(decoded.words));
  if (formatAddress(value) !== text) return { ok: false, refusal: "not-bech32m" };
  return { ok: true, value };
}
