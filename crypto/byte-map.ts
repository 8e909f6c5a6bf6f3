// A map and a set keyed by byte strings of 8 bytes or more that are hard to choose (hashes, keys, addresses), without
// turning them into text. Bounded by its owner.

import { equalBytes } from "./bytes.ts";

type Entry<V> = { readonly key: Uint8Array; value: V; following: Entry<V> | undefined };

/** Iterates in insertion order of the 48-bit prefixes. Two keys that share a prefix are chained. */
export class ByteMap<V> {
  readonly #buckets = new Map<number, Entry<V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): V | undefined {
    return this.#find(key)?.value;
  }

  has(key: Uint8Array): boolean {
    return this.#find(key) !== undefined;
  }

  set(key: Uint8Array, value: V): void {
    const found = this.#find(key);
    if (found !== undefined) {
      found.value = value;
      return;
    }
    const prefix = prefixOf(key);
    this.#buckets.set(prefix, { key, value, following: this.#buckets.get(prefix) });
    this.#size += 1;
  }

  delete(key: Uint8Array): boolean {
    const prefix = prefixOf(key);
    let previous: Entry<V> | undefined;
    for (let entry = this.#buckets.get(prefix); entry !== undefined; entry = entry.following) {
      if (equalBytes(entry.key, key)) {
        if (previous !== undefined) previous.following = entry.following;
        else if (entry.following !== undefined) this.#buckets.set(prefix, entry.following);
        else this.#buckets.delete(prefix);
        this.#size -= 1;
        return true;
      }
      previous = entry;
    }
    return false;
  }

  clear(): void {
    this.#buckets.clear();
    this.#size = 0;
  }

  *entries(): IterableIterator<readonly [Uint8Array, V]> {
    for (const first of this.#buckets.values()) {
      for (let entry: Entry<V> | undefined = first; entry; entry = entry.following) {
        yield [entry.key, entry.value];
      }
    }
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  #find(key: Uint8Array): Entry<V> | undefined {
    let entry = this.#buckets.get(prefixOf(key));
    while (entry !== undefined && !equalBytes(entry.key, key)) entry = entry.following;
    return entry;
  }
}

function prefixOf(key: Uint8Array): number {
  const high = ((key[0] as number) << 16) | ((key[1] as number) << 8) | (key[2] as number);
  const low = ((key[3] as number) << 16) | ((key[4] as number) << 8) | (key[5] as number);
  return high * 0x100_0000 + low;
}
