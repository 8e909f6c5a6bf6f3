// Virtual time: what is to happen, in the order of (time, sequence). A binary heap.

type Entry = { readonly atMs: number; readonly sequence: number; readonly run: () => void };

export class Agenda {
  readonly #heap: Entry[] = [];
  #now = 0;
  #sequence = 0;

  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#heap.length;
  }

  after(delayMs: number, run: () => void): void {
    const entry = { atMs: this.#now + delayMs, sequence: this.#sequence++, run };
    let child = this.#heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (isBefore(this.#at(parent), entry)) break;
      this.#heap[child] = this.#at(parent);
      child = parent;
    }
    this.#heap[child] = entry;
  }

  /** Runs the next entry; false when there is none. */
  advance(): boolean {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (this.#heap.length > 0) this.#sink(last);
    this.#now = first.atMs;
    first.run();
    return true;
  }

  #sink(entry: Entry): void {
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && isBefore(this.#at(child + 1), this.#at(child))) child++;
      if (isBefore(entry, this.#at(child))) break;
      this.#heap[parent] = this.#at(child);
      parent = child;
    }
    this.#heap[parent] = entry;
  }

  #at(index: number): Entry {
    return this.#heap[index] as Entry;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
}
