// Domain-separated SHA-256: no two kinds of thing in Quorate can share a preimage.

import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "./assert.ts";
import type { Hash } from "./brands.ts";
import { ascii, concatBytes } from "./bytes.ts";

/** What a hash or a signature is about. The one-byte length, then the ASCII name, come before the content. */
export type Domain = { readonly name: string; readonly prefix: Uint8Array };

const MAX_DOMAIN_BYTES = 64;

/** A domain such as `quorate/vote/1`: the number at the end changes whenever the layout of the content does. */
export function domain(name: string): Domain {
  const bytes = ascii(name);
  assert(bytes.length > 0 && bytes.length <= MAX_DOMAIN_BYTES, "a domain has 1..64 bytes");
  return { name, prefix: concatBytes(new Uint8Array([bytes.length]), bytes) };
}

/** SHA-256 over the domain's prefix and the parts, one after the other. */
export function hashIn(domain: Domain, ...parts: readonly Uint8Array[]): Hash {
  const state = sha256.create().update(domain.prefix);
  for (const part of parts) state.update(part);
  return state.digest() as Hash;
}
