// The faulty wire under a clock that stands until it is moved.

import { beforeEach, describe, expect, test } from "vitest";
import { type LinkConditions, SOUND_LINK } from "../../../devnet/ailing/ailments.ts";
import {
  FaultyWire,
  MAX_BYTES_ON_THE_WAY,
  MAX_ON_THE_WAY,
  type WireClock,
} from "../../../devnet/ailing/wire.ts";

const SEED = 11;

class HandClock implements WireClock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly act: () => void }[] = [];

  readonly nowMs = () => this.#nowMs;

  readonly after = (ms: number, act: () => void) => {
    const timer = { atMs: this.#nowMs + ms, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  get waiting(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.act();
    }
    this.#nowMs = untilMs;
  }
}

let clock: HandClock;
let wire: FaultyWire;
/** What arrived, and when. */
let arrived: { readonly name: string; readonly atMs: number }[];

beforeEach(() => {
  clock = new HandClock();
  wire = new FaultyWire(clock);
  arrived = [];
});

function suffer(...links: Partial<LinkConditions>[]): void {
  wire.setConditions(
    links.map((link) => ({ ...SOUND_LINK, ...link })),
    SEED,
  );
}

function send(name: string, { to = 0, bytes = 1 } = {}): void {
  wire.carry(to, bytes, () => arrived.push({ name, atMs: clock.nowMs() }));
}

function sendMany(count: number, bytes = 1): string[] {
  const names = Array.from({ length: count }, (_, index) => `${index}`);
  for (const name of names) send(name, { bytes });
  return names;
}

function names(): string[] {
  return arrived.map(({ name }) => name);
}

describe("a sound link", () => {
  test("delivers at once, without a timer", () => {
    suffer({});
    send("vote");
    expect(arrived).toEqual([{ name: "vote", atMs: 0 }]);
    expect(clock.waiting).toBe(0);
  });

  test("is what a link is that nobody has mentioned", () => {
    suffer({ isCut: true });
    send("vote", { to: 5 });
    expect(names()).toEqual(["vote"]);
  });

  test("is what a link becomes that is mentioned no more", () => {
    suffer({ isCut: true }, { delayMs: 100 });
    send("vote", { to: 1 });
    suffer({ isCut: true });
    expect(names()).toEqual(["vote"]);
  });
});

describe("a cut link", () => {
  test("loses everything, and no other link does", () => {
    suffer({ isCut: true }, {});
    send("lost", { to: 0 });
    send("heard", { to: 1 });
    expect(names()).toEqual(["heard"]);
    expect(wire.lost).toBe(1);
  });

  test("loses what was on its way", () => {
    suffer({ delayMs: 100 });
    send("on its way");
    clock.pass(50);
    suffer({ isCut: true });
    suffer({});
    clock.pass(1_000);
    expect(arrived).toEqual([]);
    expect([wire.lost, clock.waiting]).toEqual([1, 0]);
  });

  test("delivers again once it is mended", () => {
    suffer({ isCut: true });
    suffer({});
    send("vote");
    expect(names()).toEqual(["vote"]);
  });
});

describe("a slow link", () => {
  test("delivers after the delay, in order", () => {
    suffer({ delayMs: 100 });
    send("first");
    clock.pass(30);
    send("second");
    clock.pass(69);
    expect(arrived).toEqual([]);
    clock.pass(1_000);
    expect(arrived).toEqual([
      { name: "first", atMs: 100 },
      { name: "second", atMs: 130 },
    ]);
    expect(clock.waiting).toBe(0);
  });

  test("keeps the order of what was sent in one moment", () => {
    suffer({ delayMs: 100 });
    const sent = sendMany(500);
    clock.pass(100);
    expect(names()).toEqual(sent);
  });

  test("that becomes faster delivers at once what is due by then", () => {
    suffer({ delayMs: 1_000 });
    send("first");
    clock.pass(100);
    send("second");
    suffer({ delayMs: 50 });
    expect(arrived).toEqual([{ name: "first", atMs: 100 }]);
    clock.pass(50);
    expect(arrived[1]).toEqual({ name: "second", atMs: 150 });
  });

  test("that is healed lets nothing new overtake what was on its way", () => {
    suffer({ delayMs: 1_000 });
    wire.carry(0, 1, () => {
      arrived.push({ name: "first", atMs: clock.nowMs() });
      send("sent as the first arrives");
    });
    send("second");
    suffer({});
    expect(names()).toEqual(["first", "second", "sent as the first arrives"]);
  });

  test("that becomes slower holds back what has not arrived", () => {
    suffer({ delayMs: 100 });
    send("vote");
    suffer({ delayMs: 300 });
    clock.pass(1_000);
    expect(arrived).toEqual([{ name: "vote", atMs: 300 }]);
  });
});

describe(`jitter (seed ${SEED})`, () => {
  test("spreads arrivals over its width, out of order", () => {
    suffer({ delayMs: 100, jitterMs: 50 });
    const sent = sendMany(400);
    clock.pass(1_000);
    const times = arrived.map(({ atMs }) => atMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(100);
    expect(Math.min(...times)).toBeLessThan(105);
    expect(Math.max(...times)).toBeLessThanOrEqual(150);
    expect(Math.max(...times)).toBeGreaterThan(145);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(names()).not.toEqual(sent);
    expect(names().toSorted()).toEqual(sent.toSorted());
  });

  test("that ends puts what is on its way back in order", () => {
    suffer({ delayMs: 100, jitterMs: 50 });
    const sent = sendMany(50);
    suffer({ delayMs: 100 });
    clock.pass(100);
    expect(names()).toEqual(sent);
  });
});

describe(`loss and duplication (seed ${SEED})`, () => {
  test("lose about as much as they say, the same with the same seed", () => {
    suffer({ losePercent: 30 });
    sendMany(2_000);
    const first = names();
    expect(first.length).toBeGreaterThan(1_300);
    expect(first.length).toBeLessThan(1_500);
    expect(wire.lost).toBe(2_000 - first.length);
    wire = new FaultyWire(clock);
    arrived = [];
    suffer({ losePercent: 30 });
    sendMany(2_000);
    expect(names()).toEqual(first);
  });

  test("are drawn for each link by itself", () => {
    suffer({ losePercent: 30 }, { losePercent: 30 });
    for (let index = 0; index < 200; index++) {
      send(`${index} 0`, { to: 0 });
      send(`${index} 1`, { to: 1 });
    }
    const over = (to: string) => names().filter((name) => name.endsWith(` ${to}`));
    expect(over("0").map((name) => name.split(" ")[0])).not.toEqual(
      over("1").map((name) => name.split(" ")[0]),
    );
  });

  test("lose all, or double all, at 100 per cent", () => {
    suffer({ losePercent: 100 }, { duplicatePercent: 100 });
    send("lost", { to: 0 });
    send("doubled", { to: 1 });
    expect(names()).toEqual(["doubled", "doubled"]);
  });

  test("double on a slow link, too", () => {
    suffer({ delayMs: 10, duplicatePercent: 100 });
    send("vote");
    clock.pass(10);
    expect(names()).toEqual(["vote", "vote"]);
  });
});

describe("a narrow link", () => {
  test("takes its time for every byte, and the rest waits", () => {
    suffer({ kilobytesPerSecond: 10 });
    send("first", { bytes: 1_000 });
    send("second", { bytes: 500 });
    clock.pass(10_000);
    expect(arrived).toEqual([
      { name: "first", atMs: 100 },
      { name: "second", atMs: 150 },
    ]);
    send("later", { bytes: 10 });
    clock.pass(1);
    expect(arrived[2]).toEqual({ name: "later", atMs: 10_001 });
  });

  test("delays after it, not with it", () => {
    suffer({ kilobytesPerSecond: 10, delayMs: 40 });
    send("first", { bytes: 1_000 });
    send("second", { bytes: 1_000 });
    clock.pass(1_000);
    expect(arrived.map(({ atMs }) => atMs)).toEqual([140, 240]);
  });

  test("that is widened sends what waits at the new rate from then on", () => {
    suffer({ kilobytesPerSecond: 1 });
    send("first", { bytes: 1_000 });
    send("second", { bytes: 1_000 });
    clock.pass(500);
    suffer({ kilobytesPerSecond: 100 });
    clock.pass(1_000);
    expect(arrived.map(({ atMs }) => atMs)).toEqual([510, 520]);
  });

  test("that is healed delivers all that waits at once, in order", () => {
    suffer({ kilobytesPerSecond: 1 });
    const sent = sendMany(100, 1_000);
    suffer({});
    expect(names()).toEqual(sent);
  });
});

describe("what is on its way", () => {
  test("is bounded in number: the oldest goes first", () => {
    suffer({ delayMs: 100 });
    const sent = sendMany(MAX_ON_THE_WAY + 3);
    clock.pass(100);
    expect(names()).toEqual(sent.slice(3));
    expect(wire.lost).toBe(3);
  });

  test("is bounded in bytes: the oldest goes first", () => {
    suffer({ delayMs: 100 });
    const sent = sendMany(5, MAX_BYTES_ON_THE_WAY / 4);
    clock.pass(100);
    expect(names()).toEqual(sent.slice(1));
  });

  test("counts only while it is: a link that has delivered has room again", () => {
    suffer({ delayMs: 100 });
    sendMany(MAX_ON_THE_WAY);
    clock.pass(100);
    sendMany(MAX_ON_THE_WAY);
    clock.pass(100);
    expect([arrived.length, wire.lost]).toEqual([2 * MAX_ON_THE_WAY, 0]);
  });

  test("holds one timer a link", () => {
    suffer({ delayMs: 100, jitterMs: 900 });
    sendMany(200);
    expect(clock.waiting).toBe(1);
  });
});
