// Scenarios drawn at random, of anything that a recording may hold.

import fc from "fast-check";
import { victimsOf } from "../../../devnet/faults/index.ts";
import type { Moment, Scenario } from "../../../devnet/scenario/index.ts";
import { anyCommand } from "../faults/commands.ts";

const VALIDATORS = 7;
const someone = fc.uniqueArray(fc.integer({ min: 0, max: VALIDATORS - 1 }));
const ascending = someone.map((victims) => [...victims].sort((a, b) => a - b));

const anyMoment: fc.Arbitrary<Moment> = fc.record({
  atMs: fc.integer({ min: 0, max: 86_400_000 }),
  command: anyCommand,
});

export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  name: fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}$/),
  story: fc.string({ unit: "binary", maxLength: 300 }).map((text) => text.trim()),
  validators: fc.constant(VALIDATORS),
  seed: fc.maxSafeNat(),
  baseTimeoutMs: fc.integer({ min: 50, max: 60_000 }),
  leaders: fc.constantFrom("round-robin" as const, "reputation" as const),
  load: fc.record({ perSecond: fc.integer({ min: 0, max: 10_000 }) }),
  timeline: fc
    .array(anyMoment, { maxLength: 20 })
    .map((moments) => moments.sort((a, b) => a.atMs - b.atMs)),
  random: fc.option(
    fc.record({
      commands: fc.integer({ min: 1, max: 64 }),
      verbs: fc.uniqueArray(fc.constantFrom("kill" as const, "pause" as const, "lie" as const), {
        minLength: 1,
      }),
      untilMs: fc.integer({ min: 1000, max: 20_000 }),
    }),
    { nil: undefined },
  ),
  durationMs: fc.integer({ min: 20_000, max: 86_400_000 }),
  expect: fc.record({
    safety: fc.constantFrom("holds" as const, "may-break" as const),
    progress: fc.constantFrom("always" as const, "after-heal" as const, "none" as const),
    culprits: ascending,
    noOtherCulprits: fc.boolean(),
    halted: ascending,
  }),
});

/** How many of these are in the way of a quorum: a count of its own, made from the moments alone. */
export function affectedAt(moments: readonly Moment[], ms: number, validators: number): number {
  const affected = new Set<number>();
  for (const { atMs, command, forMs } of moments) {
    const end = forMs === undefined ? Number.POSITIVE_INFINITY : atMs + forMs;
    switch (command.verb) {
      case "kill":
      case "pause":
      case "fill-disk":
      case "break-disk":
        if (atMs > ms || end <= ms) break;
        for (const victim of victimsOf(command.who, validators)) affected.add(victim);
        break;
      case "lie":
      case "lose-disk":
      case "rewind-disk":
        if (atMs > ms) break;
        for (const victim of victimsOf(command.who, validators)) affected.add(victim);
        break;
      case "partition": {
        if (atMs > ms || end <= ms) break;
        const [, ...few] = command.groups;
        for (const victim of few.flat()) affected.add(victim);
        break;
      }
      default:
        break;
    }
  }
  return affected.size;
}
