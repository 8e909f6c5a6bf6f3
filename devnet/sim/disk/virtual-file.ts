// One file in memory: what a process reads, and what would be left of it if the power went. Only what was changed since
// the last sync is kept twice, so that a write or a sync costs what was written and not the whole file.

import { assert } from "../../../crypto/index.ts";
import type { Random } from "../../random/index.ts";

/** What a power cut makes of writes that were not synced. */
export type CutOdds = {
  /** The chance that a file took its writes in order: some, a part of the next one, none of the rest. */
  readonly inOrder: number;
  /** Otherwise every write meets its own fate; these are weights. `torn`: a prefix, or some of its sectors. */
  readonly kept: number;
  readonly lost: number;
  readonly torn: number;
  /** In its place and once more at the end of the file, as a misdirected write leaves it. */
  readonly duplicated: number;
};

type Fate = "kept" | "lost" | "torn" | "duplicated";

/** A write of `length` bytes at `offset`, or with none a cut to `offset`; `before` is what it covered or cut off. */
type Change = {
  readonly offset: number;
  readonly length: number;
  readonly before: Uint8Array;
  readonly sizeBefore: number;
};

type Redo = { readonly change: Change; readonly content: Uint8Array };

const SECTOR_BYTES = 512;
const PAGE_BYTES = 4_096;
const FIRST_CAPACITY_BYTES = 4_096;
/** What a disk that ignores syncs holds back of one file; the oldest change reaches the platter first. */
const MAX_UNSYNCED_CHANGES = 4_096;

export class VirtualFile {
  /** Zero from `#size` on. */
  #buffer: Uint8Array;
  #size: number;
  #unsynced: Change[] = [];
  /** A sync of these failed: the system takes their pages for clean and never writes them. */
  #stranded: Change[] = [];

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.#buffer = new Uint8Array(Math.max(FIRST_CAPACITY_BYTES, content.length));
    this.#buffer.set(content);
    this.#size = content.length;
  }

  get size(): number {
    return this.#size;
  }

  content(): Uint8Array {
    return this.#buffer.slice(0, this.#size);
  }

  read(target: Uint8Array, offset: number): number {
    const end = Math.min(this.#size, offset + target.length);
    if (end <= offset) return 0;
    target.set(this.#buffer.subarray(offset, end));
    return end - offset;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (bytes.length === 0) return;
    const end = offset + bytes.length;
    const before = this.#buffer.slice(offset, Math.min(end, Math.max(offset, this.#size)));
    this.#note({ offset, length: bytes.length, before, sizeBefore: this.#size });
    this.#put(bytes, offset);
  }

  cut(size: number): void {
    if (size >= this.#size) return;
    const before = this.#buffer.slice(size, this.#size);
    this.#note({ offset: size, length: 0, before, sizeBefore: this.#size });
    this.#shrink(size);
  }

  sync(): void {
    if (this.#unsynced.length > 0) this.#unsynced = [];
  }

  /** The sync failed. What it was for stays readable, and no later sync saves it: see fsync(2) under Linux. */
  failSync(): void {
    this.#stranded.push(...this.#unsynced.splice(0));
  }

  /** Leaves what the platter holds, which is from now on the content. */
  losePower(random: Random, odds: CutOdds): void {
    const redos: Redo[] = [];
    for (const change of this.#unsynced.splice(0).reverse()) {
      const { offset, length } = change;
      redos.push({ change, content: this.#buffer.slice(offset, offset + length) });
      this.#undo(change);
    }
    for (const change of this.#stranded.splice(0).reverse()) {
      if (random.chance(0.5)) this.#blank(change);
    }
    redos.reverse();
    const fates = drawFates(redos.length, random, odds);
    for (const [index, redo] of redos.entries()) this.#redo(redo, fates[index] ?? "lost", random);
    this.#unsynced = [];
  }

  #note(change: Change): void {
    // A page that is written again is written whole.
    if (this.#stranded.length > 0) {
      this.#stranded = this.#stranded.filter((stranded) => !sharePage(stranded, change));
    }
    this.#unsynced.push(change);
    if (this.#unsynced.length > MAX_UNSYNCED_CHANGES) this.#unsynced.shift();
  }

  #put(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, offset);
    this.#size = Math.max(this.#size, end);
  }

  #shrink(size: number): void {
    this.#buffer.fill(0, size, this.#size);
    this.#size = size;
  }

  #undo({ offset, before, sizeBefore }: Change): void {
    if (this.#size > sizeBefore) this.#shrink(sizeBefore);
    this.#put(before, offset);
  }

  /** Takes the content of a change back and leaves the size, which later changes may have made durable. */
  #blank({ offset, length, before }: Change): void {
    const end = Math.min(offset + length, this.#size);
    if (end <= offset) return;
    this.#buffer.fill(0, offset, end);
    this.#buffer.set(before.subarray(0, end - offset), offset);
  }

  #redo({ change, content }: Redo, fate: Fate, random: Random): void {
    const { offset, length } = change;
    if (fate === "lost") return;
    if (length === 0) {
      if (fate !== "torn" || random.chance(0.5)) this.#shrink(Math.min(offset, this.#size));
      return;
    }
    if (fate === "torn") {
      if (random.chance(0.5)) this.#put(content.subarray(0, random.between(0, length)), offset);
      else this.#putSectors(content, offset, random);
      return;
    }
    this.#put(content, offset);
    if (fate === "duplicated") this.#put(content, this.#size);
  }

  /** Half of the sectors that a write touches, any of them. */
  #putSectors(content: Uint8Array, offset: number, random: Random): void {
    const end = offset + content.length;
    for (let at = offset; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (random.chance(0.5)) this.#put(content.subarray(at - offset, next - offset), at);
      at = next;
    }
  }
}

function drawFates(count: number, random: Random, odds: CutOdds): readonly Fate[] {
  if (count === 0) return [];
  if (random.chance(odds.inOrder)) {
    const kept = random.between(0, count);
    return Array.from({ length: count }, (_, index) => {
      if (index === kept) return "torn";
      return index < kept ? "kept" : "lost";
    });
  }
  return Array.from({ length: count }, () => drawFate(random, odds));
}

function drawFate(random: Random, { kept, lost, torn, duplicated }: CutOdds): Fate {
  const sum = kept + lost + torn + duplicated;
  assert(sum > 0, "some fate has a weight");
  let left = random.fraction() * sum;
  for (const [fate, weight] of [
    ["kept", kept],
    ["lost", lost],
    ["torn", torn],
  ] as const) {
    left -= weight;
    if (left < 0) return fate;
  }
  return "duplicated";
}

function sharePage(stranded: Change, change: Change): boolean {
  const firstPage = Math.floor(change.offset / PAGE_BYTES);
  const lastPage =
    change.length === 0
      ? Number.POSITIVE_INFINITY
      : Math.floor((change.offset + change.length - 1) / PAGE_BYTES);
  const from = Math.floor(stranded.offset / PAGE_BYTES);
  const to = Math.floor((stranded.offset + Math.max(1, stranded.length) - 1) / PAGE_BYTES);
  return from <= lastPage && to >= firstPage;
}
