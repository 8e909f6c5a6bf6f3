// Domain-separated SHA-256 in a quarter to a tenth of the time of the portable one: libsodium for short content, whose
// calls are cheap, OpenSSL for long content, whose instructions are.

import { hash as digest } from "node:crypto";
import { HASH_BYTES, type Hash, hash } from "../brands.ts";
import { concatBytes } from "../bytes.ts";
import type { Domain } from "../hash.ts";
import { sodium } from "./sodium.ts";

const SHORT_BYTES = 512;
// Safe to share: filled and read within one synchronous call.
const scratch = new Uint8Array(SHORT_BYTES);

/** The same hash as the portable `hashIn`. */
export function hashIn(domain: Domain, ...parts: readonly Uint8Array[]): Hash {
  let length = domain.prefix.length;
  for (const part of parts) length += part.length;
  if (sodium === undefined || length > SHORT_BYTES) {
    return hash(new Uint8Array(digest("sha256", concatBytes(domain.prefix, ...parts), "buffer")));
  }
  scratch.set(domain.prefix);
  let offset = domain.prefix.length;
  for (const part of parts) {
    scratch.set(part, offset);
    offset += part.length;
  }
  const output = hash(new Uint8Array(HASH_BYTES));
  sodium.crypto_hash_sha256(output, scratch.subarray(0, length));
  return output;
}
