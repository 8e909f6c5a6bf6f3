// The pool of pending transactions: pure, synchronous, bounded in count, bytes, and nonces and bytes of each sender.
// - A sender's entries form a lane. They may arrive in any order within the window of nonces; only those without a gap
//   from the first unused nonce are selected. Whoever adds has checked signatures and calls.
// - A lane never costs more than the sender's balance. Lower nonces go first: a new one pushes out the lane's tail.
// - Another entry at the same nonce replaces the pending one for a fee 10 % higher. If a block under way carries the
//   one replaced, selection passes over the nonce, and the commit of either removes both.
// - A full pool makes room from the tail of the lane with the cheapest tail, entries behind a gap before all others,
//   and only for an entry of a higher fee class that is itself ready; else it refuses.
// - Nothing is remembered of what left: the same bytes may come again.

import {
  type Address,
  assert,
  ByteMap,
  type Hash,
  type Height,
  type Nonce,
} from "../crypto/index.ts";
import {
  type AddResult,
  type AdmissionContext,
  DEFAULT_POOL_LIMITS,
  type PoolEntry,
  type PoolLimits,
  type PoolRefusal,
  REPLACEMENT_FEE_PERCENT,
} from "./entry.ts";
import { ExpiryBuckets } from "./expiry.ts";
import { feeClassOf, GAPPED_CLASS, Lane, type Pending } from "./lane.ts";
import { LaneOrder } from "./lane-order.ts";
import { type SelectionBudget, selectFrom } from "./selection.ts";

/** A block that became final. */
export type CommittedBlock = {
  readonly height: Height;
  /** Those that used up their nonce, whatever came of them. */
  readonly transactions: readonly { readonly sender: Address; readonly nonce: Nonce }[];
  /** All that the block carried; those it skipped leave the pool too. */
  readonly ids: readonly Hash[];
};

/** Ids that one entry replaced and selection still recognises in blocks under way; older ones are forgotten. */
const MAX_REPLACED_REMEMBERED = 8;

export class Pool<E extends PoolEntry = PoolEntry> {
  readonly #limits: PoolLimits;
  readonly #byId = new ByteMap<Pending<E>>();
  readonly #lanes = new ByteMap<Lane<E>>();
  readonly #order = new LaneOrder<E>();
  readonly #expiry = new ExpiryBuckets<E>();
  #bytes = 0;
  #height = 0;

  constructor(limits: Partial<PoolLimits> = {}) {
    this.#limits = { ...DEFAULT_POOL_LIMITS, ...limits };
  }

  get size(): { readonly count: number; readonly bytes: number; readonly senders: number } {
    return { count: this.#byId.size, bytes: this.#bytes, senders: this.#lanes.size };
  }

  get(id: Hash): E | undefined {
    return this.#byId.get(id)?.entry;
  }

  has(id: Hash): boolean {
    return this.#byId.has(id);
  }

  /** Those of `ids` that the pool does not hold, in their order. */
  missing(ids: readonly Hash[]): Hash[] {
    return ids.filter((id) => !this.#byId.has(id));
  }

  /** Never throws on an entry; a refused one leaves the pool's other entries as they were. */
  add(entry: E, context: AdmissionContext): AddResult {
    if (this.#byId.has(entry.id)) return { ok: true, status: "duplicate" };
    const lane = this.#lanes.get(entry.sender) ?? new Lane<E>(entry.sender, context.nextNonce);
    this.#advance(lane, context.nextNonce);
    const refusal =
      this.#expiryRefusal(entry, context.height) ??
      this.#nonceRefusal(entry, lane) ??
      this.#laneRefusal(entry, lane, context.balance);
    if (refusal !== undefined) return { ok: false, ...refusal };
    const previous = lane.at(entry.nonce);
    const full = this.#makeRoom(entry, lane, previous);
    if (full !== undefined) return { ok: false, ...full };
    if (previous === undefined) this.#insert(entry, lane);
    else this.#replace(previous, entry);
    while (lane.cost > context.balance) {
      const tail = lane.tail;
      assert(tail !== undefined && tail.entry !== entry, "what was admitted is affordable");
      this.#remove(tail);
    }
    return { ok: true, status: previous === undefined ? "added" : "replaced" };
  }

  /** The content of the next block; see selection.ts for the order. What is chosen stays until it is committed. */
  select(budget: SelectionBudget): E[] {
    return selectFrom(this.#order, budget);
  }

  /** Forgets what became final, what it made impossible, and what has expired. */
  committed(block: CommittedBlock): void {
    for (const { sender, nonce } of block.transactions) {
      const lane = this.#lanes.get(sender);
      if (lane !== undefined) this.#advance(lane, (nonce + 1) as Nonce);
    }
    for (const id of block.ids) {
      const pending = this.#byId.get(id);
      if (pending !== undefined) this.#remove(pending);
    }
    if (block.height <= this.#height) return;
    this.#height = block.height;
    for (const pending of this.#expiry.expiredBy(block.height)) this.#remove(pending);
  }

  #expiryRefusal(entry: E, contextHeight: Height): PoolRefusal | undefined {
    const { validUntilHeight } = entry;
    const height = Math.max(contextHeight, this.#height) as Height;
    if (validUntilHeight <= height) return { refusal: "expired", validUntilHeight, height };
    const limit = this.#limits.maxHeightsAhead;
    if (validUntilHeight > height + limit) {
      return { refusal: "too-far-expiry", validUntilHeight, height, limit };
    }
    return undefined;
  }

  #nonceRefusal({ nonce }: E, lane: Lane<E>): PoolRefusal | undefined {
    const expected = lane.expectedNonce;
    if (nonce < lane.nextNonce) return { refusal: "nonce-too-low", nonce, expected };
    const limit = this.#limits.maxNoncesAhead;
    if (nonce >= lane.nextNonce + limit) return { refusal: "nonce-gap", nonce, expected, limit };
    return undefined;
  }

  #laneRefusal(entry: E, lane: Lane<E>, balance: bigint): PoolRefusal | undefined {
    const previous = lane.at(entry.nonce)?.entry;
    if (previous !== undefined) {
      const needed = replacementFee(previous.fee);
      if (entry.fee < needed) {
        return { refusal: "underpriced-replacement", fee: entry.fee, needed };
      }
    }
    const bytes = lane.bytes + entry.bytes.length - (previous?.bytes.length ?? 0);
    const limit = this.#limits.maxBytesPerSender;
    if (bytes > limit) return { refusal: "sender-full", bytes, limit };
    if (lane.cost - (previous?.cost ?? 0n) + entry.cost <= balance) return undefined;
    const needed = lane.costBelow(entry.nonce) + entry.cost;
    return needed > balance ? { refusal: "insufficient-balance", balance, needed } : undefined;
  }

  /** Evicts what must go for `entry` to fit, or nothing at all. Looks at no more than the entry's own size in bytes. */
  #makeRoom(entry: E, lane: Lane<E>, previous: Pending<E> | undefined): PoolRefusal | undefined {
    const count = this.#byId.size + (previous === undefined ? 1 : 0) - this.#limits.maxCount;
    const bytes =
      this.#bytes +
      entry.bytes.length -
      (previous?.entry.bytes.length ?? 0) -
      this.#limits.maxBytes;
    if (count <= 0 && bytes <= 0) return undefined;
    const isReady = entry.nonce <= lane.expectedNonce;
    const feeClass = isReady ? feeClassOf(entry.fee) : GAPPED_CLASS;
    const victims = this.#victims({ count, bytes, feeClass }, entry, lane);
    if (victims === undefined) {
      const lowest = this.#order.lowestTailClass ?? GAPPED_CLASS;
      const feeToEnter = lowest === GAPPED_CLASS ? 0n : 1n << BigInt(lowest - 1);
      return { refusal: "pool-full", count: this.#byId.size, bytes: this.#bytes, feeToEnter };
    }
    for (const victim of victims) this.#remove(victim);
    return undefined;
  }

  #victims(
    needed: { readonly count: number; readonly bytes: number; readonly feeClass: number },
    entry: E,
    ownLane: Lane<E>,
  ): readonly Pending<E>[] | undefined {
    const victims: Pending<E>[] = [];
    let bytes = 0;
    for (let tailClass = GAPPED_CLASS; tailClass < needed.feeClass; tailClass++) {
      for (const lane of this.#order.tailsOf(tailClass)) {
        for (let index = lane.pending.length - 1; index >= 0; index--) {
          const victim = lane.pending[index];
          if (victim === undefined) break;
          if (lane === ownLane && victim.entry.nonce <= entry.nonce) break;
          const victimClass = index >= lane.ready ? GAPPED_CLASS : victim.feeClass;
          if (victimClass >= needed.feeClass) break;
          victims.push(victim);
          bytes += victim.entry.bytes.length;
          if (victims.length >= needed.count && bytes >= needed.bytes) return victims;
        }
      }
    }
    return undefined;
  }

  #insert(entry: E, lane: Lane<E>): void {
    const pending = { entry, lane, feeClass: feeClassOf(entry.fee), replaced: [] };
    lane.insert(pending);
    if (lane.pending.length === 1) this.#lanes.set(lane.sender, lane);
    this.#keep(pending);
  }

  #replace(previous: Pending<E>, entry: E): void {
    const { lane } = previous;
    const replaced = [...previous.replaced, previous.entry.id].slice(-MAX_REPLACED_REMEMBERED);
    const pending = { entry, lane, feeClass: feeClassOf(entry.fee), replaced };
    lane.replace(pending);
    this.#forget(previous);
    this.#keep(pending);
  }

  #remove(pending: Pending<E>): void {
    pending.lane.remove(pending);
    this.#forget(pending);
    this.#settle(pending.lane);
  }

  #advance(lane: Lane<E>, nextNonce: Nonce): void {
    if (nextNonce <= lane.nextNonce) return;
    for (const overtaken of lane.advance(nextNonce)) this.#forget(overtaken);
    this.#settle(lane);
  }

  #keep(pending: Pending<E>): void {
    this.#byId.set(pending.entry.id, pending);
    this.#bytes += pending.entry.bytes.length;
    this.#expiry.add(pending);
    this.#order.file(pending.lane);
  }

  #forget(pending: Pending<E>): void {
    this.#byId.delete(pending.entry.id);
    this.#bytes -= pending.entry.bytes.length;
    this.#expiry.remove(pending);
  }

  #settle(lane: Lane<E>): void {
    this.#order.file(lane);
    if (lane.pending.length === 0) this.#lanes.delete(lane.sender);
  }
}

function replacementFee(fee: bigint): bigint {
  const raised = (fee * (100n + REPLACEMENT_FEE_PERCENT) + 99n) / 100n;
  return raised > fee ? raised : fee + 1n;
}
