// Signatures that nobody made, and transactions under them.

import {
  addressOf,
  concatBytes,
  domain,
  fromHex,
  hashIn,
  publicKey,
  type Signature,
  signature,
} from "../../crypto/index.ts";
import { type SignedTransaction, signTransaction } from "../../node/transaction/index.ts";
import type { Random } from "../random/index.ts";
import type { Control } from "./behaviour.ts";

const MADE_UP = domain("quorate/simulated-forgery/1");
const SCALAR_OFFSET = 32;
/** The order of the base point of Ed25519; RFC 8032, section 5.1. */
const GROUP_ORDER = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

const NEUTRAL_POINT = `01${"00".repeat(31)}`;
/** Encoded points of order 1, 2, 4, 4 and 8. */
const SMALL_ORDER_KEYS = [
  NEUTRAL_POINT,
  `ec${"ff".repeat(30)}7f`,
  "00".repeat(32),
  `${"00".repeat(31)}80`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
].map((hex) => publicKey(bytesOf(hex)));

/** R the neutral point, S zero: ZIP-215 accepts it of a key of small order, whatever was signed. */
const UNIVERSAL_SIGNATURE = signature(bytesOf(`${NEUTRAL_POINT}${"00".repeat(32)}`));

function bytesOf(hex: string): Uint8Array {
  return fromHex(`0x${hex}`) ?? new Uint8Array();
}

/** Not valid for what `sound` signs. */
export function forgedSignature(random: Random, sound: Signature): Signature {
  return random.pick([flipped, malleable, madeUp, () => UNIVERSAL_SIGNATURE])(sound, random);
}

function flipped(sound: Signature, random: Random): Signature {
  const bit = random.between(0, 8 * sound.length - 1);
  return sound.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)) as Signature;
}

/** S + L in the place of S: the same point, and a second spelling that must not count. */
export function malleable(sound: Signature): Signature {
  let carry = 0n;
  return sound.map((byte, at) => {
    if (at < SCALAR_OFFSET) return byte;
    const order = (GROUP_ORDER >> BigInt(8 * (at - SCALAR_OFFSET))) & 0xffn;
    carry += BigInt(byte) + order;
    const sum = Number(carry & 0xffn);
    carry >>= 8n;
    return sum;
  }) as Signature;
}

function madeUp(sound: Signature): Signature {
  const half = hashIn(MADE_UP, sound);
  return concatBytes(half, hashIn(MADE_UP, half)) as Signature;
}

/** A transfer of somebody's money that its owner did not sign, or by a key that everybody can sign with. */
export function forgedTransaction(
  control: Pick<Control, "random" | "accounts" | "transfer" | "nonceOf">,
): SignedTransaction {
  const { random, accounts, transfer, nonceOf } = control;
  const from = random.between(0, accounts - 1);
  const to = random.between(0, accounts - 1);
  const { transaction } = transfer({ from, to, amount: 1n, nonce: nonceOf(from) });
  if (random.chance(0.5)) {
    const forged = forgedSignature(random, transaction.signature);
    return signTransaction(transaction, { publicKey: transaction.publicKey, sign: () => forged });
  }
  const key = random.pick(SMALL_ORDER_KEYS);
  const sender = random.chance(0.5) ? addressOf(key) : transaction.sender;
  const everybody = { publicKey: key, sign: () => UNIVERSAL_SIGNATURE };
  return signTransaction({ ...transaction, publicKey: key, sender }, everybody);
}
