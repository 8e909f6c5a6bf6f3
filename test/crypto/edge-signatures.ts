// Signatures at the edges where Ed25519 libraries part ways, built from their discrete logarithms: since key and nonce are
// known as `scalar * B + torsion * T`, what each rule says about them follows by arithmetic modulo 8, without a verifier.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, publicKey, type SignatureCheck, signature } from "../../crypto/index.ts";

const { Point } = ed25519;
const FIELD = Point.Fp.ORDER;
export const GROUP_ORDER = Point.Fn.ORDER;

/** One spelling of the curve point `scalar * B + torsion * T`, where T generates the eight points of small order. */
export type Spelling = {
  readonly scalar: bigint;
  readonly torsion: number;
  readonly bytes: Uint8Array;
  readonly canonical: boolean;
};

export type EdgeSignature = {
  readonly name: string;
  readonly check: SignatureCheck;
  /** What ZIP-215 says. */
  readonly valid: boolean;
  /** What the libraries say on their own. */
  readonly quick: { readonly noble: boolean; readonly openssl: boolean; readonly sodium: boolean };
};

const TORSION_GENERATOR = findTorsionGenerator();

function findTorsionGenerator() {
  for (let counter = 0; counter < 256; counter++) {
    try {
      const point = Point.fromBytes(sha512(new Uint8Array([counter])).slice(0, 32), true);
      const torsion = point.multiplyUnsafe(GROUP_ORDER - 1n).add(point);
      if (!torsion.multiplyUnsafe(4n).is0()) return torsion;
    } catch {
      // Half of all byte strings are no point.
    }
  }
  throw new Error("no point of order 8 found");
}

function torsionPoint(torsion: number) {
  return torsion === 0 ? Point.ZERO : TORSION_GENERATOR.multiplyUnsafe(BigInt(torsion));
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) =>
    Number((value >> BigInt(8 * index)) & 0xffn),
  );
}

export function toInteger(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  return value;
}

/** The canonical spelling of `scalar * B + torsion * T`. */
export function spell(scalar: bigint, torsion = 0): Spelling {
  const point = scalar === 0n ? Point.ZERO : Point.BASE.multiply(scalar);
  return { scalar, torsion, bytes: point.add(torsionPoint(torsion)).toBytes(), canonical: true };
}

/** All fourteen spellings of the eight points of small order: also y + p, and the sign bit of an x that is zero. */
export const SMALL_ORDER_SPELLINGS: readonly Spelling[] = Array.from(
  { length: 8 },
  (_, torsion) => {
    const { x, y } = torsionPoint(torsion).toAffine();
    const ys = y + FIELD < 1n << 255n ? [y, y + FIELD] : [y];
    const signs = x === 0n ? [0n, 1n] : [x & 1n];
    return ys.flatMap((spelledY) =>
      signs.map((sign) => ({
        scalar: 0n,
        torsion,
        bytes: littleEndian(spelledY | (sign << 255n)),
        canonical: spelledY < FIELD && sign === (x & 1n),
      })),
    );
  },
).flat();

/** 32 bytes that no rule takes for a point. */
export const NO_POINTS: readonly Uint8Array[] = [2n, 7n, FIELD - 2n, FIELD + 2n, (1n << 255n) - 3n]
  .map(littleEndian)
  .filter((bytes) => !isPoint(bytes));

/** Points of large order spelled with y >= p. Nobody knows their logarithm, so they can only stand in forgeries. */
export const UNREDUCED_POINTS: readonly Uint8Array[] = Array.from({ length: 19 }, (_, index) =>
  littleEndian(FIELD + BigInt(index)),
).filter((bytes) => isPoint(bytes) && !Point.fromBytes(bytes, true).isSmallOrder());

function isPoint(bytes: Uint8Array): boolean {
  try {
    Point.fromBytes(bytes, true);
    return true;
  } catch {
    return false;
  }
}

function challenge(nonce: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return toInteger(sha512(concatBytes(nonce, key, message))) % GROUP_ORDER;
}

export function checkOf(parts: {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly s: bigint;
  readonly message: Uint8Array;
}): SignatureCheck {
  return {
    publicKey: publicKey(parts.key),
    message: parts.message,
    signature: signature(concatBytes(parts.nonce, littleEndian(parts.s))),
  };
}

/** Signs with a key and a nonce of any spelling. ZIP-215 accepts all of these; the libraries differ on torsion. */
export function sign(
  name: string,
  { key, nonce, message }: { key: Spelling; nonce: Spelling; message: Uint8Array },
): EdgeSignature {
  const k = challenge(nonce.bytes, key.bytes, message);
  const s = (nonce.scalar + k * key.scalar) % GROUP_ORDER;
  const holdsWithoutCofactor = (nonce.torsion + Number(k % 8n) * key.torsion) % 8 === 0;
  const openssl = holdsWithoutCofactor && nonce.canonical;
  return {
    name,
    check: checkOf({ key: key.bytes, nonce: nonce.bytes, s, message }),
    valid: true,
    quick: {
      openssl,
      sodium: openssl && key.canonical && key.scalar !== 0n && nonce.scalar !== 0n,
      noble: key.canonical && nonce.canonical && key.scalar !== 0n,
    },
  };
}

export function forged(name: string, check: SignatureCheck): EdgeSignature {
  const quick = { openssl: false, sodium: false, noble: false };
  return { name, check, valid: false, quick };
}

/** The same signature with other bytes in some of its places. */
export function altered(
  { check }: EdgeSignature,
  change: { key?: Uint8Array; nonce?: Uint8Array; s?: bigint; message?: Uint8Array },
): SignatureCheck {
  return checkOf({
    key: change.key ?? check.publicKey,
    nonce: change.nonce ?? check.signature.slice(0, 32),
    s: change.s ?? toInteger(check.signature.slice(32)),
    message: change.message ?? check.message,
  });
}

/** The whole of one signature check as one string of bytes, to turn bits over in. */
export function flipBit({ check }: EdgeSignature, bit: number): SignatureCheck {
  const bytes = concatBytes(check.publicKey, check.signature, check.message);
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return {
    publicKey: publicKey(bytes.slice(0, 32)),
    signature: signature(bytes.slice(32, 96)),
    message: bytes.slice(96),
  };
}
