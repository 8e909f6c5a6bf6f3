// Seeded random signatures of every edge class. Keys and nonces come from a pool, so that drawing one costs a hash.

import { ascii, concatBytes } from "../../crypto/index.ts";
import {
  altered,
  checkOf,
  type EdgeSignature,
  flipBit,
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

/** mulberry32: uniform 32-bit integers from a seed. */
function randomIntegers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** How often each class is drawn. The dear ones cost three slow decisions each, so the cheap ones are the most. */
const WEIGHTS = {
  "s-not-reduced": 30,
  "key-no-point": 12,
  "nonce-no-point": 12,
  noise: 6,
  "small-order-key": 8,
  "small-order-key-forged": 8,
  "key-unreduced": 2,
  honest: 5,
  "torsion-in-key": 3,
  "torsion-in-nonce": 3,
  "torsion-in-both": 3,
  "small-order-nonce": 2,
  "bit-flip": 3,
  "other-message": 3,
} as const;

type ClassName = keyof typeof WEIGHTS;

const WEIGHTED_CLASSES = Object.keys(WEIGHTS).flatMap((name) =>
  Array.from({ length: WEIGHTS[name as ClassName] }, () => name as ClassName),
);

const POOL_SIZE = 64;

export class SignatureSource {
  readonly #next: () => number;
  readonly #pool: readonly Spelling[];

  constructor(seed: number) {
    this.#next = randomIntegers(seed);
    this.#pool = Array.from({ length: POOL_SIZE }, (_, index) =>
      spell(
        (toInteger(this.#bytes(32)) % (GROUP_ORDER - 1n)) + 1n,
        index < POOL_SIZE / 2 ? 0 : 1 + this.#below(7),
      ),
    );
  }

  draw(): EdgeSignature {
    const name = this.#pick(WEIGHTED_CLASSES);
    const message = this.#bytes(this.#below(64));
    return this.#drawOf(name, message);
  }

  #drawOf(name: ClassName, message: Uint8Array): EdgeSignature {
    const plain = () => sign(name, { key: this.#point(true), nonce: this.#point(true), message });
    switch (name) {
      case "honest":
        return plain();
      case "torsion-in-key":
        return sign(name, { key: this.#point(false), nonce: this.#point(true), message });
      case "torsion-in-nonce":
        return sign(name, { key: this.#point(true), nonce: this.#point(false), message });
      case "torsion-in-both":
        return sign(name, { key: this.#point(false), nonce: this.#point(false), message });
      case "small-order-key":
        return sign(name, { key: this.#small(), nonce: this.#point(), message });
      case "small-order-nonce":
        return sign(name, { key: this.#point(), nonce: this.#small(), message });
      case "small-order-key-forged":
        return forged(name, altered(plain(), { key: this.#small().bytes }));
      case "s-not-reduced": {
        const s = this.#reduced() + GROUP_ORDER * BigInt(1 + this.#below(14));
        return forged(name, altered(plain(), { s }));
      }
      case "key-no-point":
        return forged(name, altered(plain(), { key: this.#pick(NO_POINTS), s: this.#reduced() }));
      case "nonce-no-point":
        return forged(name, altered(plain(), { nonce: this.#pick(NO_POINTS) }));
      case "key-unreduced":
        return forged(name, altered(plain(), { key: this.#pick(UNREDUCED_POINTS) }));
      case "noise": {
        const parts = { key: this.#bytes(32), nonce: this.#bytes(32), s: this.#reduced(), message };
        return forged(name, checkOf(parts));
      }
      case "bit-flip": {
        const signed = plain();
        return forged(name, flipBit(signed, this.#below(8 * (32 + 64 + message.length))));
      }
      case "other-message":
        return forged(name, altered(plain(), { message: concatBytes(message, ascii("!")) }));
    }
  }

  #below(limit: number): number {
    return this.#next() % limit;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#below(256));
  }

  #reduced(): bigint {
    return toInteger(this.#bytes(32)) % GROUP_ORDER;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #small(): Spelling {
    return this.#pick(SMALL_ORDER_SPELLINGS);
  }

  /** A point of the pool, with torsion, without, or either. */
  #point(torsionFree?: boolean): Spelling {
    for (;;) {
      const spelling = this.#pick(this.#pool);
      if (torsionFree === undefined || (spelling.torsion === 0) === torsionFree) return spelling;
    }
  }
}
