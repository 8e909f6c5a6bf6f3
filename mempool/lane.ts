// One sender's pending entries in nonce order. Those contiguous from the first unused nonce are ready; the rest wait
// behind a gap. Knows nothing of the pool's limits.

import { type Address, assert, type Hash, type Nonce } from "../crypto/index.ts";
import type { PoolEntry } from "./entry.ts";

/** An entry in its lane. */
export type Pending<E extends PoolEntry> = {
  readonly entry: E;
  readonly lane: Lane<E>;
  readonly feeClass: number;
  /** Ids that this one took the place of, newest last: a block under way may carry one of them. */
  readonly replaced: readonly Hash[];
};

/** A class that waits behind a gap: below every fee. */
export const GAPPED_CLASS = 0;
/** 0 for a gap, then one class for each bit length 0..64 of a fee. */
export const FEE_CLASSES = 66;

/** Fees of one class differ by less than a factor of two. */
export function feeClassOf(fee: bigint): number {
  const low = Number(fee & 0xffff_ffffn);
  const high = Number(fee >> 32n);
  return 1 + (high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low));
}

export class Lane<E extends PoolEntry> {
  readonly sender: Address;
  /** In nonce order, all at or above `nextNonce`. */
  readonly pending: Pending<E>[] = [];
  bytes = 0;
  /** The sum over all entries, ready or not. */
  cost = 0n;
  /** The classes under which the pool has this lane on file; undefined when it is not. */
  filedHead: number | undefined;
  filedTail: number | undefined;
  #nextNonce: number;
  #ready = 0;

  constructor(sender: Address, nextNonce: Nonce) {
    this.sender = sender;
    this.#nextNonce = nextNonce;
  }

  /** The first nonce that the committed state has not used. */
  get nextNonce(): Nonce {
    return this.#nextNonce as Nonce;
  }

  /** How many may go into blocks now. */
  get ready(): number {
    return this.#ready;
  }

  /** The first nonce that is missing. */
  get expectedNonce(): Nonce {
    return (this.#nextNonce + this.#ready) as Nonce;
  }

  get tail(): Pending<E> | undefined {
    return this.pending[this.pending.length - 1];
  }

  /** Which entries of this lane are taken first when the pool is full. */
  get tailClass(): number | undefined {
    const tail = this.tail;
    if (tail === undefined) return undefined;
    return this.#ready === this.pending.length ? tail.feeClass : GAPPED_CLASS;
  }

  /** The class of the entry that goes into a block first; undefined when none is ready. */
  get headClass(): number | undefined {
    return this.#ready === 0 ? undefined : this.pending[0]?.feeClass;
  }

  at(nonce: Nonce): Pending<E> | undefined {
    const candidate = this.pending[this.position(nonce)];
    return candidate?.entry.nonce === nonce ? candidate : undefined;
  }

  /** Where `nonce` stands or would stand. */
  position(nonce: Nonce): number {
    const offset = nonce - this.#nextNonce;
    if (offset < this.#ready) return Math.max(0, offset);
    let low = this.#ready;
    let high = this.pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = this.pending[middle];
      if (candidate !== undefined && candidate.entry.nonce < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(added: Pending<E>): void {
    const position = this.position(added.entry.nonce);
    assert(
      this.pending[position]?.entry.nonce !== added.entry.nonce,
      "a lane holds one entry for each nonce",
    );
    if (position === this.pending.length) this.pending.push(added);
    else this.pending.splice(position, 0, added);
    this.bytes += added.entry.bytes.length;
    this.cost += added.entry.cost;
    this.#extendReady();
  }

  /** Puts `added` where another of the same nonce stands. */
  replace(added: Pending<E>): void {
    const position = this.position(added.entry.nonce);
    const previous = this.pending[position];
    assert(previous?.entry.nonce === added.entry.nonce, "a replacement has something to replace");
    this.pending[position] = added;
    this.bytes += added.entry.bytes.length - previous.entry.bytes.length;
    this.cost += added.entry.cost - previous.entry.cost;
  }

  remove(removed: Pending<E>): void {
    const position = this.position(removed.entry.nonce);
    assert(this.pending[position] === removed, "a lane removes only what it holds");
    if (position === this.pending.length - 1) this.pending.pop();
    else this.pending.splice(position, 1);
    this.bytes -= removed.entry.bytes.length;
    this.cost -= removed.entry.cost;
    this.#ready = Math.min(this.#ready, position);
  }

  /** Moves the first unused nonce forward; answers the entries that it overtook. */
  advance(nextNonce: Nonce): readonly Pending<E>[] {
    if (nextNonce <= this.#nextNonce) return [];
    const overtaken = this.pending.splice(0, this.position(nextNonce));
    for (const { entry } of overtaken) {
      this.bytes -= entry.bytes.length;
      this.cost -= entry.cost;
    }
    this.#ready = Math.max(0, this.#ready - (nextNonce - this.#nextNonce));
    this.#nextNonce = nextNonce;
    this.#extendReady();
    return overtaken;
  }

  /** What all entries below `nonce` may cost together. Walks the lane only for a nonce inside it. */
  costBelow(nonce: Nonce): bigint {
    if (nonce > (this.tail?.entry.nonce ?? -1)) return this.cost;
    let cost = 0n;
    for (const { entry } of this.pending) {
      if (entry.nonce >= nonce) break;
      cost += entry.cost;
    }
    return cost;
  }

  #extendReady(): void {
    while (this.pending[this.#ready]?.entry.nonce === this.#nextNonce + this.#ready) {
      this.#ready += 1;
    }
  }
}
