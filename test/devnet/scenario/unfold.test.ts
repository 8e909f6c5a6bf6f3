// When the faults of a scenario end, held against what a devnet, live or simulated, declares at that moment.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Declared,
  declare,
  type FaultCommand,
  formatCommand,
  nothingDeclared,
  requireSomethingToEnd,
  victimsOf,
} from "../../../devnet/faults/index.ts";
import {
  defineScenario,
  type Moment,
  type Scenario,
  type Scheduled,
  scheduleOf,
} from "../../../devnet/scenario/index.ts";

const seed = Date.now() % 1_000_000_000;
const VALIDATORS = 4;
const CALM = defineScenario({ name: "a" });

function schedule(timeline: readonly Moment[]): readonly Scheduled[] {
  const inOrder = [...timeline].sort((a, b) => a.atMs - b.atMs);
  const scenario: Scenario = { ...CALM, timeline: inOrder };
  return scheduleOf(scenario, 1);
}

const someone = fc.constantFrom<readonly number[] | "all">([0], [1], [0, 1], [1, 2], "all");
const ONES_OWN = [
  ...(["kill", "kill", "restart", "pause", "pause", "resume", "fill-disk", "break-disk"] as const),
  ...(["lose-disk", "copy-disk", "rewind-disk", "freeze", "repent", "heal"] as const),
];
/** The number tells commands of one kind apart once they are declared. */
const someCommand: fc.Arbitrary<FaultCommand> = fc
  .record({ who: someone, number: fc.integer({ min: 1, max: 99 }), from: fc.nat({ max: 1 }) })
  .chain(({ who, number, from }) =>
    fc.oneof(
      fc.constantFrom(...ONES_OWN).map((verb): FaultCommand => ({ verb, who })),
      fc.constantFrom<FaultCommand>(
        { verb: "lie", who, ways: [`way-${number}`] },
        { verb: "delay", who, ms: number, jitterMs: 0 },
        { verb: "lose", who, percent: number },
        { verb: "throttle", who, kilobytesPerSecond: number },
        { verb: "skew", who, ms: number },
        { verb: "flap", from, to: 2, everyMs: number },
        { verb: "flap", from: 2, to: from, everyMs: number },
        { verb: "partition", groups: [[number % VALIDATORS], [0, 1]] },
        { verb: "cut", from: [0], to: [1] },
      ),
    ),
  );

/** Times that never fall into one instant, so that any order is the order of time. */
const someTimeline: fc.Arbitrary<readonly Moment[]> = fc
  .uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 })
  .chain((times) =>
    fc.tuple(
      ...times.map((time) =>
        fc
          .record({
            command: someCommand,
            lasts: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
          })
          .map(({ command, lasts }): Moment => {
            const forMs = lasts === undefined ? {} : { forMs: 1_000 * lasts + 500 };
            return { atMs: 1_000 * time, command, ...forMs };
          }),
      ),
    ),
  );

/** Is what this command declares of this one in force? */
function isInForce(declared: Declared, command: FaultCommand, victim: number): boolean {
  const faults = declared.validators[victim];
  if (faults === undefined) return false;
  switch (command.verb) {
    case "kill":
      return faults.isDown;
    case "pause":
      return faults.isPaused;
    case "delay":
      return faults.sending.delayMs === command.ms;
    case "lose":
      return faults.sending.losePercent === command.percent;
    case "throttle":
      return faults.sending.kilobytesPerSecond === command.kilobytesPerSecond;
    case "skew":
      return faults.clock.offsetMs === command.ms;
    case "freeze":
      return faults.clock.isFrozen;
    case "fill-disk":
      return faults.disk === "full";
    case "break-disk":
      return faults.disk !== "sound";
    case "lie":
      return faults.ways.join() === command.ways.join();
    default:
      return false;
  }
}

describe("the ends of a scenario", () => {
  test(`find what they end, whatever happened meanwhile (seed ${seed})`, () => {
    fc.assert(
      fc.property(someTimeline, (timeline) => {
        let declared = nothingDeclared(VALIDATORS);
        for (const { command, isEnd, moment } of schedule(timeline)) {
          if (isEnd) {
            requireSomethingToEnd(command, declared);
            const begun = moment.command;
            const ended =
              "who" in begun && "who" in command ? victimsOf(command.who, VALIDATORS) : [];
            for (const victim of ended) {
              const what = `${formatCommand(command)} ends ${formatCommand(begun)} of ${victim}`;
              expect(isInForce(declared, begun, victim), what).toBe(true);
            }
            if (begun.verb === "partition") expect(declared.groups).toBe(begun.groups);
            if (begun.verb === "flap") {
              expect(declared.flaps.map(({ everyMs }) => everyMs)).toContain(begun.everyMs);
            }
          }
          declared = declare(declared, command);
        }
      }),
      { seed, numRuns: 2_000 },
    );
  });

  test(`leave nothing in force that lasts for a while (seed ${seed})`, () => {
    const lasting = someTimeline.map((timeline) =>
      timeline.map((moment): Moment => ({ ...moment, forMs: moment.forMs ?? 7_500 })),
    );
    fc.assert(
      fc.property(lasting, (timeline) => {
        let declared = nothingDeclared(VALIDATORS);
        for (const { command } of schedule(timeline)) declared = declare(declared, command);
        const [first] = nothingDeclared(VALIDATORS).validators;
        for (const faults of declared.validators) expect(faults).toEqual(first);
        expect(declared.flaps).toEqual([]);
        expect(declared.groups?.length ?? 1).toBe(1);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  const at = (second: number, command: FaultCommand, seconds?: number): Moment => {
    const forMs = seconds === undefined ? {} : { forMs: 1_000 * seconds };
    return { atMs: 1_000 * second, command, ...forMs };
  };
  test.each<{ what: string; timeline: readonly Moment[]; happens: readonly string[] }>([
    {
      what: "a restart leaves the disk to the end of its fault: its sync may be yet to come",
      timeline: [at(1, { verb: "break-disk", who: [1] }, 4), at(2, { verb: "restart", who: [1] })],
      happens: ["1 break-disk 1", "2 restart 1", "5 heal 1"],
    },
    {
      what: "a restart ends a pause",
      timeline: [at(1, { verb: "pause", who: [1] }, 4), at(2, { verb: "restart", who: [1] })],
      happens: ["1 pause 1", "2 restart 1"],
    },
    {
      what: "a heal of all by their names leaves a partition to its end",
      timeline: [
        at(
          1,
          {
            verb: "partition",
            groups: [
              [0, 1],
              [2, 3],
            ],
          },
          4,
        ),
        at(2, { verb: "heal", who: [0, 1, 2, 3] }),
      ],
      happens: ["1 partition 0,1/2,3", "2 heal 0,1,2,3", "5 partition 0,1,2,3"],
    },
    {
      what: "a heal of all ends a partition",
      timeline: [
        at(
          1,
          {
            verb: "partition",
            groups: [
              [0, 1],
              [2, 3],
            ],
          },
          4,
        ),
        at(2, { verb: "heal", who: "all" }),
      ],
      happens: ["1 partition 0,1/2,3", "2 heal"],
    },
    {
      what: "whoever is down is not made to stand still, nor to go on",
      timeline: [
        at(1, { verb: "kill", who: [1] }),
        at(2, { verb: "pause", who: [1, 2] }, 2),
        at(6, { verb: "restart", who: [1] }),
      ],
      happens: ["1 kill 1", "2 pause 1,2", "4 resume 2", "6 restart 1"],
    },
  ])("$what", ({ timeline, happens }) => {
    const texts = schedule(timeline).map(({ atMs, command }) => {
      return `${atMs / 1_000} ${formatCommand(command)}`;
    });
    expect(texts).toEqual(happens);
  });
});
