// OpenSSL through node:crypto: the second choice, always there in Node. Keys come in as JWK, which costs a twentieth of
// DER, and are kept, because an import costs as much as several checks.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type PublicKey, signature } from "../brands.ts";
import { publicKeyOf, type SecretKey } from "../keys.ts";
import type { SignatureScheme, Signer } from "../signature.ts";
import { schemeFrom } from "./scheme.ts";

/** Imported keys kept, oldest out first: four times the validators of the largest set, and the busiest accounts. */
const MAX_CACHED_KEYS = 4_096;

const importedKeys = new Map<string, KeyObject>();

/** Undefined where OpenSSL was built or configured without Ed25519. */
export const opensslScheme: SignatureScheme | undefined = knowsEd25519()
  ? schemeFrom({
      name: "openssl",
      accepts: ({ publicKey, message, signature }) => {
        const key = importedKey(publicKey);
        return key !== undefined && verify(null, message, key, signature);
      },
    })
  : undefined;

function knowsEd25519(): boolean {
  const basePoint = new Uint8Array(32).fill(0x66).fill(0x58, 0, 1);
  return importKey(base64Url(basePoint)) !== undefined;
}

/** The key as OpenSSL holds it, or undefined if it refuses the point: then noble decides. */
function importedKey(publicKey: PublicKey): KeyObject | undefined {
  const x = base64Url(publicKey);
  const known = importedKeys.get(x);
  if (known !== undefined) return known;
  const imported = importKey(x);
  if (imported === undefined) return undefined;
  if (importedKeys.size >= MAX_CACHED_KEYS) {
    for (const oldest of importedKeys.keys()) {
      importedKeys.delete(oldest);
      break;
    }
  }
  importedKeys.set(x, imported);
  return imported;
}

function importKey(x: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    return undefined;
  }
}

/** Throws where `opensslScheme` is undefined. */
export function createOpensslSigner(secretKey: SecretKey): Signer {
  const publicKey = publicKeyOf(secretKey);
  const jwk = { kty: "OKP", crv: "Ed25519", x: base64Url(publicKey), d: base64Url(secretKey) };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return {
    publicKey,
    sign: (message) => signature(new Uint8Array(sign(null, message, key))),
  };
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}
