// Ed25519 (RFC 8032, ZIP-215) as @noble/ed25519 has it, with its hash plugged in. The smallest audited one: what browsers
// load is mostly this.

import { hashes } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

hashes.sha512 = sha512;

export { getPublicKey, Point, sign, verify } from "@noble/ed25519";
