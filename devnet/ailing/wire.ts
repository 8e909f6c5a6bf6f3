// A wire that is cut, slow, lossy or narrow on purpose, link by link. Whatever goes to one peer keeps its order unless there
// is jitter. New conditions hold at once, for what is on its way, too; what is on its way over a cut link is lost.

import type { ValidatorIndex, Wire } from "../../node/network/index.ts";
import { type Random, randomStream } from "../random/index.ts";
import { type LinkConditions, SOUND_LINK } from "./ailments.ts";

export type WireClock = {
  readonly nowMs: () => number;
  /** Calls once after so long, unless it is taken back. */
  readonly after: (ms: number, act: () => void) => () => void;
};

/** Node takes a longer one for none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const REAL_CLOCK: WireClock = {
  nowMs: () => performance.now(),
  after: (ms, act) => {
    // A timer fires up to a millisecond early; whoever wakes too soon sets another one.
    const timer = setTimeout(act, Math.min(Math.ceil(ms), MAX_TIMER_MS)).unref();
    return () => clearTimeout(timer);
  },
};

/** On its way over one link at a time; above either, the oldest are dropped. */
export const MAX_ON_THE_WAY = 8_192;
export const MAX_BYTES_ON_THE_WAY = 16 * 1024 * 1024;

export class FaultyWire {
  readonly #clock: WireClock;
  readonly #links: FaultyLink[] = [];
  #seed: number | undefined;

  constructor(clock: WireClock) {
    this.#clock = clock;
  }

  /** By validator index; a link that is not listed is sound. */
  setConditions(conditions: readonly LinkConditions[], seed: number): void {
    if (seed !== this.#seed) {
      for (const link of this.#links.splice(0)) link.setConditions(SOUND_LINK);
      this.#seed = seed;
    }
    conditions.forEach((_, to) => void this.#link(to));
    this.#links.forEach((link, to) => void link.setConditions(conditions[to] ?? SOUND_LINK));
  }

  readonly carry: Wire = (to, bytes, send) => this.#link(to).carry(bytes, send);

  /** Lost to cuts, chance and full queues. */
  get lost(): number {
    return this.#links.reduce((sum, link) => sum + link.lost, 0);
  }

  #link(to: ValidatorIndex): FaultyLink {
    for (let index = this.#links.length; index <= to; index++) {
      this.#links.push(new FaultyLink(this.#clock, randomStream(this.#seed ?? 0, `wire ${index}`)));
    }
    return this.#links[to] as FaultyLink;
  }
}

type Item = {
  readonly bytes: number;
  readonly send: () => void;
  /** When the last of its bytes is on the link; the delay begins there. */
  departsAtMs: number;
  /** Its share of the jitter, 0..1. */
  readonly luck: number;
  arrivesAtMs: number;
};

class FaultyLink {
  lost = 0;
  readonly #clock: WireClock;
  readonly #random: Random;
  #conditions = SOUND_LINK;
  /** In the order in which they were sent. */
  readonly #onTheWay = new Set<Item>();
  #bytesOnTheWay = 0;
  /** The same, in the order in which they arrive. */
  #arrivals: Item[] = [];
  #isFreeAtMs = 0;
  #cancelTimer: () => void = () => {};
  #timerAtMs = Number.POSITIVE_INFINITY;
  #isDelivering = false;

  constructor(clock: WireClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  carry(bytes: number, send: () => void): void {
    const { isCut, losePercent, duplicatePercent } = this.#conditions;
    if (isCut || this.#random.chance(losePercent / 100)) {
      this.lost += 1;
      return;
    }
    this.#put(bytes, send);
    if (this.#random.chance(duplicatePercent / 100)) this.#put(bytes, send);
  }

  setConditions(conditions: LinkConditions): void {
    this.#conditions = conditions;
    if (conditions.isCut) this.#loseAll();
    else this.#retime();
  }

  #put(bytes: number, send: () => void): void {
    const { delayMs, jitterMs, kilobytesPerSecond } = this.#conditions;
    const isInstant = delayMs === 0 && jitterMs === 0 && kilobytesPerSecond === undefined;
    if (isInstant && this.#onTheWay.size === 0) return send();
    const luck = jitterMs === 0 ? 0 : this.#random.fraction();
    const item: Item = { bytes, send, departsAtMs: 0, luck, arrivesAtMs: 0 };
    this.#time(item, this.#clock.nowMs());
    this.#onTheWay.add(item);
    this.#bytesOnTheWay += bytes;
    this.#arrivals.splice(this.#positionOf(item.arrivesAtMs), 0, item);
    this.#dropOldest();
    this.#wakeForNext();
  }

  #time(item: Item, nowMs: number): void {
    const { delayMs, jitterMs, kilobytesPerSecond } = this.#conditions;
    // Kilobytes a second are bytes a millisecond.
    const takesMs = kilobytesPerSecond === undefined ? 0 : item.bytes / kilobytesPerSecond;
    this.#isFreeAtMs = Math.max(this.#isFreeAtMs, nowMs) + takesMs;
    item.departsAtMs = this.#isFreeAtMs;
    item.arrivesAtMs = item.departsAtMs + delayMs + item.luck * jitterMs;
  }

  /** Whatever has left already only has another way to go; the rest leaves at another rate. */
  #retime(): void {
    if (this.#onTheWay.size === 0) {
      this.#isFreeAtMs = 0;
      return;
    }
    const nowMs = this.#clock.nowMs();
    const { delayMs, jitterMs } = this.#conditions;
    this.#isFreeAtMs = nowMs;
    for (const item of this.#onTheWay) {
      if (item.departsAtMs > nowMs) this.#time(item, nowMs);
      else item.arrivesAtMs = item.departsAtMs + delayMs + item.luck * jitterMs;
    }
    // Sorting is stable: what arrives at the same time arrives in the order in which it was sent.
    this.#arrivals = [...this.#onTheWay].sort((a, b) => a.arrivesAtMs - b.arrivesAtMs);
    this.#deliver();
  }

  /** After all that arrive by then. */
  #positionOf(arrivesAtMs: number): number {
    let low = 0;
    let high = this.#arrivals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#arrivals[middle] as Item).arrivesAtMs <= arrivesAtMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      const nowMs = this.#clock.nowMs();
      // What is sent meanwhile arrives no earlier than now, and in its turn.
      for (let next = this.#arrivals[0]; next !== undefined; next = this.#arrivals[0]) {
        if (next.arrivesAtMs > nowMs) break;
        this.#arrivals.shift();
        this.#forget(next);
        next.send();
      }
    } finally {
      this.#isDelivering = false;
    }
    this.#wakeForNext();
  }

  #wakeForNext(): void {
    const atMs = this.#arrivals[0]?.arrivesAtMs ?? Number.POSITIVE_INFINITY;
    if (this.#isDelivering || atMs === this.#timerAtMs) return;
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#timerAtMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#deliver();
    });
  }

  #dropOldest(): void {
    while (this.#onTheWay.size > MAX_ON_THE_WAY || this.#bytesOnTheWay > MAX_BYTES_ON_THE_WAY) {
      const [oldest] = this.#onTheWay;
      if (oldest === undefined) return;
      this.#forget(oldest);
      this.#arrivals.splice(this.#arrivals.indexOf(oldest), 1);
      this.lost += 1;
    }
  }

  #forget(item: Item): void {
    this.#onTheWay.delete(item);
    this.#bytesOnTheWay -= item.bytes;
  }

  #loseAll(): void {
    this.lost += this.#onTheWay.size;
    this.#onTheWay.clear();
    this.#arrivals = [];
    this.#bytesOnTheWay = 0;
    this.#isFreeAtMs = 0;
    this.#wakeForNext();
  }
}
