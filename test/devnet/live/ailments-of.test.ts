// What is declared, and what each validator is told of it.

import { beforeEach, describe, expect, test } from "vitest";
import { SOUND_LINK } from "../../../devnet/ailing/ailments.ts";
import {
  type Declared,
  declare,
  type FaultCommand,
  type Flap,
  nothingDeclared,
  syncHasFailed,
} from "../../../devnet/faults/index.ts";
import { ailmentsOf } from "../../../devnet/live/ailments-of.ts";

const SEED = 3;

let declared: Declared;
let down: (flap: Flap) => boolean;

beforeEach(() => {
  declared = nothingDeclared(4);
  down = () => true;
});

function given(...commands: FaultCommand[]): void {
  for (const command of commands) declared = declare(declared, command);
}

function told(validator: number) {
  return ailmentsOf(declared, validator, { seed: SEED, isDown: (flap) => down(flap) });
}

/** "01" for: 0 does not reach 1. */
function cuts(): string[] {
  return [0, 1, 2, 3].flatMap((from) =>
    told(from).links.flatMap(({ isCut }, to) => (isCut ? [`${from}${to}`] : [])),
  );
}

const ALL_PAIRS = ["01", "02", "03", "10", "12", "13", "20", "21", "23", "30", "31", "32"];

describe("a validator of which nothing is declared", () => {
  test("is told that it is well", () => {
    expect(told(2)).toMatchObject({
      links: [SOUND_LINK, SOUND_LINK, SOUND_LINK, SOUND_LINK],
      clock: { offsetMs: 0, isFrozen: false },
      disk: "sound",
      ways: [],
      liars: [],
    });
  });

  test("draws from a stream of its own, the same each time", () => {
    const seeds = [0, 1, 2, 3].map((validator) => told(validator).seed);
    expect(new Set(seeds).size).toBe(4);
    expect([0, 1, 2, 3].map((validator) => told(validator).seed)).toEqual(seeds);
  });
});

describe("a partition", () => {
  test("cuts between groups both ways, and nothing within one", () => {
    given({
      verb: "partition",
      groups: [
        [0, 1],
        [2, 3],
      ],
    });
    expect(cuts()).toEqual(["02", "03", "12", "13", "20", "21", "30", "31"]);
  });

  test("leaves whoever is in no group alone", () => {
    given({ verb: "partition", groups: [[0, 1]] });
    expect(cuts()).toEqual(["02", "03", "12", "13", "20", "21", "23", "30", "31", "32"]);
  });

  test("has a bridge where a validator is in two groups", () => {
    given({
      verb: "partition",
      groups: [
        [0, 1],
        [1, 2, 3],
      ],
    });
    expect(cuts()).toEqual(["02", "03", "20", "30"]);
  });

  test("replaces the one before", () => {
    given(
      {
        verb: "partition",
        groups: [
          [0, 1],
          [2, 3],
        ],
      },
      { verb: "partition", groups: [[0, 2, 3], [1]] },
    );
    expect(cuts()).toEqual(["01", "10", "12", "13", "21", "31"]);
  });
});

describe("a cut", () => {
  test("is one way", () => {
    given({ verb: "cut", from: [0, 1], to: [2] });
    expect(cuts()).toEqual(["02", "12"]);
  });

  test("never cuts a validator off itself", () => {
    given({ verb: "cut", from: "all", to: "all" });
    expect(cuts()).toEqual(ALL_PAIRS);
    expect(declared.cuts.length).toBe(ALL_PAIRS.length);
  });

  test("adds to those before, each once", () => {
    given({ verb: "cut", from: [0], to: [1] }, { verb: "cut", from: [0], to: [1, 2] });
    expect(cuts()).toEqual(["01", "02"]);
    expect(declared.cuts).toEqual([
      { from: 0, to: 1 },
      { from: 0, to: 2 },
    ]);
  });

  test("adds to a partition, and outlives a change of it", () => {
    given({ verb: "cut", from: [0], to: [1] }, { verb: "partition", groups: [[0, 1, 2], [3]] });
    expect(cuts()).toEqual(["01", "03", "13", "23", "30", "31", "32"]);
    given({ verb: "partition", groups: [[0, 1, 2, 3]] });
    expect(cuts()).toEqual(["01"]);
  });
});

describe("a flap", () => {
  test("cuts both ways while it is down, and nothing while it is up", () => {
    given({ verb: "flap", from: 1, to: 3, everyMs: 500 });
    expect(cuts()).toEqual(["13", "31"]);
    down = () => false;
    expect(cuts()).toEqual([]);
  });

  test("has the newest period, whichever end is named first", () => {
    given(
      { verb: "flap", from: 1, to: 3, everyMs: 500 },
      { verb: "flap", from: 3, to: 1, everyMs: 200 },
    );
    expect(declared.flaps).toEqual([{ between: [3, 1], everyMs: 200 }]);
  });

  test("leaves a link that is cut as it is while it is up", () => {
    down = () => false;
    given({ verb: "cut", from: [1], to: [3] }, { verb: "flap", from: 1, to: 3, everyMs: 500 });
    expect(cuts()).toEqual(["13"]);
  });
});

describe("what a validator sends", () => {
  test("suffers on each of its links, from all that is declared together", () => {
    given(
      { verb: "delay", who: [1], ms: 200, jitterMs: 50 },
      { verb: "lose", who: [1, 2], percent: 10 },
      { verb: "duplicate", who: [1], percent: 20 },
      { verb: "throttle", who: "all", kilobytesPerSecond: 50 },
      { verb: "cut", from: [1], to: [0] },
    );
    const link = {
      isCut: false,
      delayMs: 200,
      jitterMs: 50,
      losePercent: 10,
      duplicatePercent: 20,
      kilobytesPerSecond: 50,
    };
    expect(told(1).links).toEqual([{ ...link, isCut: true }, link, link, link]);
    expect(told(3).links[1]).toEqual({ ...SOUND_LINK, kilobytesPerSecond: 50 });
  });
});

describe("clock, disk and lies", () => {
  test("of one are not those of another", () => {
    given(
      { verb: "skew", who: [0], ms: -3_600_000 },
      { verb: "freeze", who: [0] },
      { verb: "fill-disk", who: [1] },
      { verb: "break-disk", who: [2] },
      { verb: "lie", who: [3], ways: ["equivocate", "replay"] },
    );
    expect(told(0).clock).toEqual({ offsetMs: -3_600_000, isFrozen: true });
    expect([0, 1, 2, 3].map((index) => told(index).disk)).toEqual([
      "sound",
      "full",
      "next-sync-fails",
      "sound",
    ]);
    expect([0, 1, 2, 3].map((index) => told(index).ways.length)).toEqual([0, 0, 0, 2]);
  });

  test("a liar knows the others", () => {
    given({ verb: "lie", who: [1, 3], ways: ["collude"] });
    expect(told(1).liars).toEqual([1, 3]);
    expect(told(0).liars).toEqual([1, 3]);
  });

  test("new ways replace those before, and repenting ends them", () => {
    given(
      { verb: "lie", who: [3], ways: ["equivocate", "replay"] },
      { verb: "lie", who: [3], ways: ["flood"] },
    );
    expect(told(3).ways).toEqual(["flood"]);
    given({ verb: "repent", who: [3] });
    expect([told(3).ways, told(3).liars]).toEqual([[], []]);
  });

  test("a sync that has failed is over, a full disk is not", () => {
    given({ verb: "break-disk", who: [2] }, { verb: "fill-disk", who: [1] });
    declared = syncHasFailed(syncHasFailed(declared, 1), 2);
    expect([told(1).disk, told(2).disk]).toEqual(["full", "sound"]);
  });
});

describe("processes", () => {
  const state = (index: number) => {
    const { isDown, isPaused } = declared.validators[index] ?? {};
    return [isDown && "down", isPaused && "paused"].filter((word) => word).join() || "up";
  };

  test("are down from kill to restart", () => {
    given({ verb: "kill", who: [1] });
    expect(state(1)).toBe("down");
    given({ verb: "restart", who: [1] });
    expect(state(1)).toBe("up");
  });

  test("stand still from pause to resume, unless they are down", () => {
    given({ verb: "kill", who: [1] }, { verb: "pause", who: [1, 2] });
    expect([state(1), state(2)]).toEqual(["down", "paused"]);
    given({ verb: "resume", who: "all" });
    expect([state(1), state(2)]).toEqual(["down", "up"]);
  });

  test.each(["restart", "lose-disk", "rewind-disk"] as const)(
    "keep what is declared of them through %s",
    (verb) => {
      given({ verb: "delay", who: [2], ms: 200, jitterMs: 0 }, { verb: "fill-disk", who: [2] });
      const before = told(2);
      given({ verb: "kill", who: [2] }, { verb, who: [2] });
      expect(told(2)).toEqual(before);
      expect(state(2)).toBe("up");
    },
  );
});

describe("healing", () => {
  const everything: readonly FaultCommand[] = [
    {
      verb: "partition",
      groups: [
        [0, 1],
        [2, 3],
      ],
    },
    { verb: "cut", from: [0], to: [1] },
    { verb: "flap", from: 0, to: 1, everyMs: 500 },
    { verb: "flap", from: 2, to: 3, everyMs: 500 },
    { verb: "lose", who: "all", percent: 10 },
    { verb: "fill-disk", who: "all" },
    { verb: "freeze", who: "all" },
    { verb: "lie", who: [2, 3], ways: ["flood"] },
    { verb: "kill", who: [3] },
  ];

  test("of all leaves nothing", () => {
    given(...everything, { verb: "heal", who: "all" });
    expect(declared).toEqual(nothingDeclared(4));
  });

  test("of one ends its own faults and flaps, and neither partition nor cuts nor those of others", () => {
    given(...everything, { verb: "heal", who: [2] });
    expect(told(2)).toMatchObject({ disk: "sound", ways: [], clock: { isFrozen: false } });
    expect(told(2).links[3]).toEqual(SOUND_LINK);
    expect(declared.flaps).toEqual([{ between: [0, 1], everyMs: 500 }]);
    down = () => false;
    expect(cuts()).toEqual(["01", "02", "03", "12", "13", "20", "21", "30", "31"]);
    expect(told(3)).toMatchObject({ disk: "full", ways: ["flood"], liars: [3] });
    expect(declared.validators[3]?.isDown).toBe(true);
  });
});
