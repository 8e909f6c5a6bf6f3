// Fault commands drawn at random, and the words that the tests of the language use.

import fc from "fast-check";
import type { FaultCommand } from "../../../devnet/faults/index.ts";

export const WORDS = [
  "equivocate",
  "double-vote",
  "be-silent",
  "withhold-bodies",
  "forge-certificates",
  "stale-certificates",
  "forge-signatures",
  "replay",
  "far-future",
  "bad-payloads",
  "wrong-state-root",
  "diverge",
  "send-to-some",
  "be-slow",
  "fork",
  "lie-in-sync",
  "flood",
  "old-epoch",
  "collude",
  "censor",
];

const VALIDATORS = 7;
const DAY_MS = 86_400_000;

const victim = fc.integer({ min: 0, max: VALIDATORS - 1 });
const several = fc.uniqueArray(victim, { minLength: 1 });
const who = fc.oneof(several, fc.constant("all" as const));
const ms = fc.integer({ min: 0, max: DAY_MS });
const percent = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1000);
const everyone = Array.from({ length: VALIDATORS }, (_, index) => index);

const groups = fc
  .tuple(
    fc.shuffledSubarray(everyone, { minLength: 1 }),
    fc.array(fc.integer({ min: 1, max: VALIDATORS })),
  )
  .map(([members, sizes]) => {
    const rest = [...members];
    const cut = sizes.map((size) => rest.splice(0, size));
    return [...cut, rest].filter((group) => group.length > 0);
  });

const plain = fc.constantFrom(
  "kill",
  "restart",
  "pause",
  "resume",
  "fill-disk",
  "break-disk",
  "lose-disk",
  "copy-disk",
  "rewind-disk",
  "freeze",
  "repent",
  "heal",
);

/** Any command to seven validators. */
export const anyCommand: fc.Arbitrary<FaultCommand> = fc.oneof(
  fc.record({ verb: plain, who }) as fc.Arbitrary<FaultCommand>,
  fc.record({ verb: fc.constant("partition" as const), groups }),
  fc
    .record({ verb: fc.constant("cut" as const), from: who, to: who })
    .filter(({ from, to }) => !(from.length === 1 && to.length === 1 && from[0] === to[0])),
  fc
    .record({
      verb: fc.constant("flap" as const),
      from: victim,
      to: victim,
      everyMs: fc.integer({ min: 1, max: DAY_MS }),
    })
    .filter(({ from, to }) => from !== to),
  fc.record({ verb: fc.constant("delay" as const), who, ms, jitterMs: ms }),
  fc.record({ verb: fc.constantFrom("lose" as const, "duplicate" as const), who, percent }),
  fc.record({
    verb: fc.constant("throttle" as const),
    who,
    kilobytesPerSecond: fc.integer({ min: 1, max: 1_000_000_000 }).map((bytes) => bytes / 1000),
  }),
  fc.record({
    verb: fc.constant("skew" as const),
    who,
    ms: fc.integer({ min: -DAY_MS, max: DAY_MS }),
  }),
  fc.record({
    verb: fc.constant("lie" as const),
    who,
    ways: fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: WORDS.length }),
  }),
);
