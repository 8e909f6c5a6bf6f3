// Elements in the byte order of their keys: sorted chunks, each with the first six bytes of its keys as numbers, so
// that a search compares numbers until two keys agree on them. No choice of keys makes it slower than O(log n): keys
// come from strangers, and a hash table without a secret would let them pick collisions.

import { assert, compareBytes } from "../../crypto/index.ts";

export type Keyed = { readonly key: Uint8Array };

const MAX_CHUNK_ELEMENTS = 256;
const MERGE_BELOW_ELEMENTS = 64;

type Chunk<T> = { readonly prefixes: Float64Array; readonly elements: T[] };

export class SortedIndex<T extends Keyed> {
  /** Only a sole chunk has no elements. */
  readonly #chunks: Chunk<T>[] = [];
  /** The prefix of each chunk's first element. The first chunk's is never looked at: it takes all that is below. */
  readonly #firsts: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): T | undefined {
    const prefix = prefixOf(key);
    const chunk = this.#chunks[this.#chunkFor(prefix, key)];
    if (chunk === undefined) return undefined;
    const { prefixes, elements } = chunk;
    let low = 0;
    let high = elements.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = prefixes[middle] as number;
      let order = candidate - prefix;
      if (order === 0) {
        const element = elements[middle] as T;
        order = compareBytes(element.key, key);
        if (order === 0) return element;
      }
      if (order > 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  /** The element with the greatest key that is not above `key`. */
  floor(key: Uint8Array): T | undefined {
    const prefix = prefixOf(key);
    const chunk = this.#chunks[this.#chunkFor(prefix, key)];
    if (chunk === undefined) return undefined;
    return chunk.elements[positionAfter(chunk, prefix, key) - 1];
  }

  insert(element: T): void {
    const { key } = element;
    const prefix = prefixOf(key);
    if (this.#chunks.length === 0) this.#addFirstChunk();
    let at = this.#chunkFor(prefix, key);
    if (this.#chunk(at).elements.length === MAX_CHUNK_ELEMENTS) {
      this.#split(at);
      at = this.#chunkFor(prefix, key);
    }
    const chunk = this.#chunk(at);
    const position = positionAfter(chunk, prefix, key);
    const previous = chunk.elements[position - 1];
    assert(previous === undefined || compareBytes(previous.key, key) !== 0, "a key is held once");
    chunk.prefixes.copyWithin(position + 1, position, chunk.elements.length);
    chunk.prefixes[position] = prefix;
    if (position === chunk.elements.length) chunk.elements.push(element);
    else chunk.elements.splice(position, 0, element);
    this.#size += 1;
  }

  remove(key: Uint8Array): void {
    const prefix = prefixOf(key);
    const at = this.#chunkFor(prefix, key);
    const chunk = this.#chunk(at);
    const position = positionAfter(chunk, prefix, key) - 1;
    const found = chunk.elements[position];
    assert(found !== undefined && compareBytes(found.key, key) === 0, "only a held key is removed");
    chunk.prefixes.copyWithin(position, position + 1, chunk.elements.length);
    chunk.elements.splice(position, 1);
    this.#size -= 1;
    if (chunk.elements.length < MERGE_BELOW_ELEMENTS) this.#merge(at);
    else if (position === 0) this.#firsts[at] = chunk.prefixes[0] ?? 0;
  }

  /** In ascending order of keys. */
  *values(): IterableIterator<T> {
    for (const chunk of this.#chunks) yield* chunk.elements;
  }

  #addFirstChunk(): void {
    this.#chunks.push(newChunk());
    this.#firsts.push(0);
  }

  #chunk(at: number): Chunk<T> {
    const chunk = this.#chunks[at];
    assert(chunk !== undefined, "a chunk position is in range");
    return chunk;
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
          ? compareBytes((this.#chunk(middle).elements[0] as T).key, key) > 0
          : first > prefix;
      if (isAbove) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  #split(at: number): void {
    const chunk = this.#chunk(at);
    const middle = chunk.elements.length >>> 1;
    const upper: Chunk<T> = newChunk();
    upper.prefixes.set(chunk.prefixes.subarray(middle, chunk.elements.length));
    upper.elements.push(...chunk.elements.splice(middle));
    this.#chunks.splice(at + 1, 0, upper);
    this.#firsts.splice(at + 1, 0, upper.prefixes[0] ?? 0);
  }

  /** Joins a small chunk with a neighbour if both fit in half a chunk; an empty one goes. */
  #merge(at: number): void {
    const left = at > 0 ? at - 1 : at;
    const lower = this.#chunk(left);
    const upper = this.#chunks[left + 1];
    const joined = lower.elements.length + (upper?.elements.length ?? 0);
    if (upper !== undefined && joined <= MAX_CHUNK_ELEMENTS / 2) {
      lower.prefixes.set(upper.prefixes.subarray(0, upper.elements.length), lower.elements.length);
      lower.elements.push(...upper.elements);
      this.#chunks.splice(left + 1, 1);
      this.#firsts.splice(left + 1, 1);
    } else if (this.#chunk(at).elements.length === 0 && this.#chunks.length > 1) {
      this.#chunks.splice(at, 1);
      this.#firsts.splice(at, 1);
    }
    for (const touched of [left, left + 1]) {
      const chunk = this.#chunks[touched];
      if (chunk !== undefined) this.#firsts[touched] = chunk.prefixes[0] ?? 0;
    }
  }
}

function newChunk<T>(): Chunk<T> {
  return { prefixes: new Float64Array(MAX_CHUNK_ELEMENTS), elements: [] };
}

/** How many of the chunk's elements have a key at or below `key`. */
function positionAfter<T extends Keyed>(chunk: Chunk<T>, prefix: number, key: Uint8Array): number {
  const { prefixes, elements } = chunk;
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = prefixes[middle] as number;
    const isAbove =
      candidate === prefix
        ? compareBytes((elements[middle] as T).key, key) > 0
        : candidate > prefix;
    if (isAbove) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first 48 bits, zeros where the key ends before: ordered as the keys are, except that equals need a closer look. */
function prefixOf(key: Uint8Array): number {
  const high = ((key[0] ?? 0) << 16) | ((key[1] ?? 0) << 8) | (key[2] ?? 0);
  const low = ((key[3] ?? 0) << 16) | ((key[4] ?? 0) << 8) | (key[5] ?? 0);
  return high * 0x100_0000 + low;
}
