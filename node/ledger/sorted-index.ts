// Slots in the byte order of their keys: sorted chunks, each with the first six bytes of its keys as numbers, so that a
// search compares numbers until two keys agree on them. No choice of keys makes it slower than O(log n): keys come from
// strangers, and a hash table without a secret would let them pick collisions.

import { assert } from "../../crypto/index.ts";

/** Where the keys are. */
export type Keys = {
  /** In byte order; positive if the key of a slot is above `key`. */
  compareKey(slot: number, key: Uint8Array): number;
};

const MAX_CHUNK_SLOTS = 256;
const MERGE_BELOW_SLOTS = 64;

type Chunk = { readonly prefixes: Float64Array; readonly slots: Int32Array; length: number };

export class SortedIndex {
  readonly #keys: Keys;
  /** Only a sole chunk has no slots. */
  readonly #chunks: Chunk[] = [];
  /** The prefix of each chunk's first key. The first chunk's is never looked at: it takes all that is below. */
  readonly #firsts: number[] = [];
  #size = 0;

  /** The key of a slot stays as it is while the slot is held. */
  constructor(keys: Keys) {
    this.#keys = keys;
  }

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): number | undefined {
    const prefix = prefixOf(key);
    const chunk = this.#chunks[this.#chunkFor(prefix, key)];
    if (chunk === undefined) return undefined;
    const { prefixes, slots } = chunk;
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = prefixes[middle] as number;
      let order = candidate - prefix;
      if (order === 0) {
        const slot = slots[middle] as number;
        order = this.#keys.compareKey(slot, key);
        if (order === 0) return slot;
      }
      if (order > 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  /** The slot with the greatest key that is not above `key`. */
  floor(key: Uint8Array): number | undefined {
    const prefix = prefixOf(key);
    const chunk = this.#chunks[this.#chunkFor(prefix, key)];
    if (chunk === undefined) return undefined;
    return this.#at(chunk, this.#positionAfter(chunk, prefix, key) - 1);
  }

  /** A key that is held already stands in this slot from now on; both slots have it in this moment. */
  place(key: Uint8Array, slot: number): void {
    const prefix = prefixOf(key);
    if (this.#chunks.length === 0) this.#addFirstChunk();
    let at = this.#chunkFor(prefix, key);
    if (this.#chunk(at).length === MAX_CHUNK_SLOTS) {
      this.#split(at);
      at = this.#chunkFor(prefix, key);
    }
    const chunk = this.#chunk(at);
    const { prefixes, slots, length } = chunk;
    const position = this.#positionAfter(chunk, prefix, key);
    const previous = this.#at(chunk, position - 1);
    if (previous !== undefined && this.#keys.compareKey(previous, key) === 0) {
      slots[position - 1] = slot;
      return;
    }
    prefixes.copyWithin(position + 1, position, length);
    prefixes[position] = prefix;
    slots.copyWithin(position + 1, position, length);
    slots[position] = slot;
    chunk.length += 1;
    this.#size += 1;
  }

  remove(key: Uint8Array): void {
    const prefix = prefixOf(key);
    const at = this.#chunkFor(prefix, key);
    const chunk = this.#chunk(at);
    const position = this.#positionAfter(chunk, prefix, key) - 1;
    const found = this.#at(chunk, position);
    assert(
      found !== undefined && this.#keys.compareKey(found, key) === 0,
      "only a held key is removed",
    );
    const { prefixes, slots, length } = chunk;
    prefixes.copyWithin(position, position + 1, length);
    slots.copyWithin(position, position + 1, length);
    chunk.length -= 1;
    this.#size -= 1;
    if (chunk.length < MERGE_BELOW_SLOTS) this.#merge(at);
    else if (position === 0) this.#firsts[at] = prefixes[0] ?? 0;
  }

  /** In ascending order of keys. */
  *values(): IterableIterator<number> {
    for (const { slots, length } of this.#chunks) yield* slots.subarray(0, length);
  }

  #addFirstChunk(): void {
    this.#chunks.push(newChunk());
    this.#firsts.push(0);
  }

  #chunk(at: number): Chunk {
    const chunk = this.#chunks[at];
    assert(chunk !== undefined, "a chunk position is in range");
    return chunk;
  }

  #at(chunk: Chunk, position: number): number | undefined {
    return position < chunk.length ? chunk.slots[position] : undefined;
  }

  /** The last chunk that begins at or below the key; the first if none does. */
  #chunkFor(prefix: number, key: Uint8Array): number {
    const firsts = this.#firsts;
    let low = 1;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = firsts[middle] as number;
      const isAbove =
        first === prefix
          ? this.#keys.compareKey(this.#chunk(middle).slots[0] as number, key) > 0
          : first > prefix;
      if (isAbove) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  /** How many of the chunk's slots have a key at or below `key`. */
  #positionAfter(chunk: Chunk, prefix: number, key: Uint8Array): number {
    const { prefixes, slots } = chunk;
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = prefixes[middle] as number;
      const isAbove =
        candidate === prefix
          ? this.#keys.compareKey(slots[middle] as number, key) > 0
          : candidate > prefix;
      if (isAbove) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #split(at: number): void {
    const chunk = this.#chunk(at);
    const middle = chunk.length >>> 1;
    const upper = newChunk();
    append(upper, chunk, middle);
    chunk.length = middle;
    this.#chunks.splice(at + 1, 0, upper);
    this.#firsts.splice(at + 1, 0, upper.prefixes[0] ?? 0);
  }

  /** Joins a small chunk with a neighbour if both fit in half a chunk; an empty one goes. */
  #merge(at: number): void {
    const left = at > 0 ? at - 1 : at;
    const lower = this.#chunk(left);
    const upper = this.#chunks[left + 1];
    if (upper !== undefined && lower.length + upper.length <= MAX_CHUNK_SLOTS / 2) {
      append(lower, upper, 0);
      this.#chunks.splice(left + 1, 1);
      this.#firsts.splice(left + 1, 1);
    } else if (this.#chunk(at).length === 0 && this.#chunks.length > 1) {
      this.#chunks.splice(at, 1);
      this.#firsts.splice(at, 1);
    }
    for (const touched of [left, left + 1]) {
      const chunk = this.#chunks[touched];
      if (chunk !== undefined) this.#firsts[touched] = chunk.prefixes[0] ?? 0;
    }
  }
}

function newChunk(): Chunk {
  return {
    prefixes: new Float64Array(MAX_CHUNK_SLOTS),
    slots: new Int32Array(MAX_CHUNK_SLOTS),
    length: 0,
  };
}

/** What `from` holds from a position on. */
function append(target: Chunk, from: Chunk, position: number): void {
  target.prefixes.set(from.prefixes.subarray(position, from.length), target.length);
  target.slots.set(from.slots.subarray(position, from.length), target.length);
  target.length += from.length - position;
}

/** The first 48 bits, zeros where the key ends before: ordered as the keys are, except that equals need a closer look. */
function prefixOf(key: Uint8Array): number {
  const high = ((key[0] ?? 0) << 16) | ((key[1] ?? 0) << 8) | (key[2] ?? 0);
  const low = ((key[3] ?? 0) << 16) | ((key[4] ?? 0) << 8) | (key[5] ?? 0);
  return high * 0x100_0000 + low;
}
