// The edge classes by name, each with explicit vectors.

import { ascii } from "../../crypto/index.ts";
import {
  altered,
  type EdgeSignature,
  forged,
  GROUP_ORDER,
  NO_POINTS,
  SMALL_ORDER_SPELLINGS,
  type Spelling,
  sign,
  spell,
  toInteger,
  UNREDUCED_POINTS,
} from "./edge-signatures.ts";

const KEY_SCALAR = 0x1234_5678_9abc_def0_1234_5678_9abc_def1n;
const NONCE_SCALAR = 0xfedc_ba98_7654_3210_fedc_ba98_7654_3211n;

const key = spell(KEY_SCALAR);
const nonce = spell(NONCE_SCALAR);
const message = ascii("the block at height 8 extends the block at height 6");
const TORSIONS = [1, 2, 3, 4, 5, 6, 7];

export const honest = sign("an honest signature", { key, nonce, message });
const honestS = toInteger(honest.check.signature.slice(32));

/** Signs messages until the torsion of the two sides cancels, or until it does not. */
function signUntil(
  cancels: boolean,
  name: string,
  pair: { readonly key: Spelling; readonly nonce: Spelling },
): EdgeSignature {
  for (let counter = 0; counter < 1_000; counter++) {
    const signed = sign(name, { ...pair, message: ascii(`message ${counter}`) });
    if (signed.quick.openssl === cancels) return signed;
  }
  throw new Error(`${name}: no such message`);
}

function each<T>(items: readonly T[], vector: (item: T) => EdgeSignature): EdgeSignature[] {
  return items.map(vector);
}

function spelling({ torsion, canonical }: Spelling): string {
  return `${torsion}T${canonical ? "" : ", not canonical"}`;
}

export const edgeClasses: Readonly<Record<string, readonly EdgeSignature[]>> = {
  "honest signatures": [
    honest,
    sign("over an empty message", { key, nonce, message: new Uint8Array(0) }),
    sign("over a long message", { key, nonce, message: new Uint8Array(100_000).fill(7) }),
  ],
  "torsion in the key that the challenge cancels": each(TORSIONS, (torsion) =>
    signUntil(true, `A + ${torsion}T`, { key: spell(KEY_SCALAR, torsion), nonce }),
  ),
  "torsion in the key that the challenge keeps": each(TORSIONS, (torsion) =>
    signUntil(false, `A + ${torsion}T`, { key: spell(KEY_SCALAR, torsion), nonce }),
  ),
  "torsion in the nonce": each(TORSIONS, (torsion) =>
    sign(`R + ${torsion}T`, { key, nonce: spell(NONCE_SCALAR, torsion), message }),
  ),
  "torsion in both that cancels": each(TORSIONS, (torsion) =>
    signUntil(true, `A + T, R + ${torsion}T`, {
      key: spell(KEY_SCALAR, 1),
      nonce: spell(NONCE_SCALAR, torsion),
    }),
  ),
  "torsion in both that stays": each(TORSIONS, (torsion) =>
    signUntil(false, `A + T, R + ${torsion}T`, {
      key: spell(KEY_SCALAR, 1),
      nonce: spell(NONCE_SCALAR, torsion),
    }),
  ),
  "a key of small order in all fourteen spellings": each(SMALL_ORDER_SPELLINGS, (small) =>
    sign(`A = ${spelling(small)}`, { key: small, nonce, message }),
  ),
  "a nonce of small order in all fourteen spellings": each(SMALL_ORDER_SPELLINGS, (small) =>
    sign(`R = ${spelling(small)}`, { key, nonce: small, message }),
  ),
  "key and nonce of small order, S = 0, all 196 pairs": SMALL_ORDER_SPELLINGS.flatMap((left) =>
    each(SMALL_ORDER_SPELLINGS, (right) =>
      sign(`A = ${spelling(left)}, R = ${spelling(right)}`, { key: left, nonce: right, message }),
    ),
  ),
  "S + L and its multiples": [1n, 2n, 3n, 7n, 14n].map((times) =>
    forged(`S + ${times}L`, altered(honest, { s: honestS + times * GROUP_ORDER })),
  ),
  "S at the ends of its range": [0n, 1n, GROUP_ORDER - 1n, GROUP_ORDER, (1n << 256n) - 1n].map(
    (s) => forged(`S = ${s}`, altered(honest, { s })),
  ),
  "high bits added to S": [252n, 253n, 254n, 255n].map((bit) =>
    forged(`S + 2^${bit}`, altered(honest, { s: honestS | (1n << bit) })),
  ),
  "the negated S": [forged("L - S", altered(honest, { s: GROUP_ORDER - honestS }))],
  "a key that is no point": NO_POINTS.map((bytes, index) =>
    forged(`no point ${index}`, altered(honest, { key: bytes })),
  ),
  "a nonce that is no point": NO_POINTS.map((bytes, index) =>
    forged(`no point ${index}`, altered(honest, { nonce: bytes })),
  ),
  "a key of large order with y >= p": UNREDUCED_POINTS.map((bytes, index) =>
    forged(`unreduced ${index}`, altered(honest, { key: bytes })),
  ),
  "a nonce of large order with y >= p": UNREDUCED_POINTS.map((bytes, index) =>
    forged(`unreduced ${index}`, altered(honest, { nonce: bytes })),
  ),
  "a challenge over other bytes": [
    forged("another message", altered(honest, { message: ascii("another message") })),
    forged("another key", altered(honest, { key: spell(KEY_SCALAR + 1n).bytes })),
    forged("another nonce", altered(honest, { nonce: spell(NONCE_SCALAR + 1n).bytes })),
    forged("the key with torsion added", altered(honest, { key: spell(KEY_SCALAR, 4).bytes })),
    forged(
      "the nonce with torsion added",
      altered(honest, { nonce: spell(NONCE_SCALAR, 4).bytes }),
    ),
  ],
  "a small-order nonce under a wrong S": SMALL_ORDER_SPELLINGS.map((small) =>
    forged(`R = ${spelling(small)}`, altered(honest, { nonce: small.bytes })),
  ),
};
