// The random mix: faults drawn from the seed, each with its end. Together with the timeline it never leaves more than f
// validators unreliable, down or cut off at once (more only where the timeline itself does), and ends with a heal of all.

import {
  type FaultCommand,
  type FaultVerb,
  mayFail,
  type Victim,
  victimsOf,
} from "../faults/index.ts";
import { type Random, randomStream } from "../random/index.ts";
import { Condition } from "./condition.ts";
import type { Moment, Scenario } from "./scenario.ts";
import { type Scheduled, unfold } from "./unfold.ts";

/** Those that can be drawn; the others only take back what was done. */
export const DRAWN_VERBS = [
  "kill",
  "pause",
  "partition",
  "cut",
  "flap",
  "delay",
  "lose",
  "duplicate",
  "throttle",
  "fill-disk",
  "break-disk",
  "lose-disk",
  "rewind-disk",
  "skew",
  "freeze",
  "lie",
] as const satisfies readonly FaultVerb[];

/** A fixed list, so that a seed gives the same mix when there is one more way to lie. */
export const DRAWN_WAYS = [
  "equivocate",
  "double-vote",
  "be-silent",
  "withhold-bodies",
  "stale-certificates",
  "forge-signatures",
  "wrong-state-root",
  "send-to-some",
  "be-slow",
  "fork",
  "lie-in-sync",
  "replay",
] as const;

type DrawnVerb = (typeof DRAWN_VERBS)[number];

/** Then the mix is as full as it can be, and a command is left out. */
const MAX_ATTEMPTS = 20;
const EARLIEST_MS = 200;
const SHORTEST_MS = 300;
const OF_PROCESSES: ReadonlySet<FaultVerb> = new Set([
  ...(["kill", "restart", "pause", "resume", "heal"] as const),
  ...(["fill-disk", "break-disk", "lose-disk", "copy-disk", "rewind-disk"] as const),
]);
/** They end by a heal of their victims, and with that of whatever else ails them. */
const ENDED_BY_HEAL: ReadonlySet<FaultVerb> = new Set([
  ...(["flap", "throttle", "fill-disk", "break-disk", "freeze"] as const),
]);

/** The same scenario and seed always give the same. */
export function drawMoments(scenario: Scenario, seed: number): readonly Moment[] {
  const { random: mix, timeline } = scenario;
  if (mix === undefined) return [];
  const random = randomStream(seed, "random mix");
  const drawn: Moment[] = [];
  for (let command = 0; command < mix.commands; command++) {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const verb = random.pick(mix.verbs) as DrawnVerb;
      const candidate = drawOne(verb, { scenario, untilMs: mix.untilMs, random });
      if (!isBearable(candidate, [...timeline, ...drawn], scenario)) continue;
      drawn.push(...candidate);
      break;
    }
  }
  drawn.sort((a, b) => a.atMs - b.atMs);
  return [...drawn, { atMs: mix.untilMs, command: { verb: "heal", who: "all" } }];
}

/** All that happens in a run of the scenario under this seed. */
export function scheduleOf(scenario: Scenario, seed: number): readonly Scheduled[] {
  return unfold([...scenario.timeline, ...drawMoments(scenario, seed)], scenario.validators);
}

type Draw = { readonly scenario: Scenario; readonly untilMs: number; readonly random: Random };

function drawOne(verb: DrawnVerb, { scenario, untilMs, random }: Draw): readonly Moment[] {
  const atMs = random.between(Math.min(EARLIEST_MS, untilMs - SHORTEST_MS), untilMs - SHORTEST_MS);
  const longest = Math.max(SHORTEST_MS, Math.min(untilMs - atMs, Math.round(untilMs / 3)));
  const forMs = random.between(SHORTEST_MS, longest);
  const command = drawCommand(verb, scenario, random);
  switch (verb) {
    case "rewind-disk": {
      const who = [drawVictim(scenario, random)];
      const copiedAtMs = random.between(0, atMs);
      return [
        { atMs: copiedAtMs, command: { verb: "copy-disk", who } },
        { atMs, command: { verb: "rewind-disk", who } },
      ];
    }
    case "lose-disk":
    case "cut":
      return [{ atMs, command }];
    default:
      return [{ atMs, command, forMs }];
  }
}

function drawCommand(verb: DrawnVerb, scenario: Scenario, random: Random): FaultCommand {
  const who = [drawVictim(scenario, random)];
  const one = who[0] ?? 0;
  const other =
    (one + random.between(1, Math.max(1, scenario.validators - 1))) % scenario.validators;
  const { baseTimeoutMs } = scenario;
  switch (verb) {
    case "partition":
      return drawPartition(scenario, random);
    case "cut":
      return { verb, from: who, to: [other] };
    case "flap":
      return { verb, from: one, to: other, everyMs: random.between(50, 2 * baseTimeoutMs) };
    case "delay": {
      const ms = random.between(1, Math.ceil(baseTimeoutMs / 2));
      return { verb, who, ms, jitterMs: random.between(0, ms) };
    }
    case "lose":
    case "duplicate":
      return { verb, who, percent: random.between(1, 30) };
    case "throttle":
      return { verb, who, kilobytesPerSecond: random.between(20, 500) };
    case "skew":
      return { verb, who, ms: random.between(-3_600_000, 3_600_000) };
    case "lie":
      return { verb, who, ways: drawWays(random) };
    default:
      return { verb, who };
  }
}

function drawVictim({ validators }: Scenario, random: Random): Victim {
  return random.between(0, validators - 1);
}

function drawWays(random: Random): readonly string[] {
  const first = random.pick(DRAWN_WAYS);
  const second = random.pick(DRAWN_WAYS);
  return random.chance(0.3) && second !== first ? [first, second] : [first];
}

/** Up to f on one side. */
function drawPartition({ validators }: Scenario, random: Random): FaultCommand {
  const rest = [...victimsOf("all", validators)];
  const size = random.between(Math.min(1, mayFail(validators)), mayFail(validators));
  const few = Array.from({ length: size }, () => {
    return rest.splice(random.between(0, rest.length - 1), 1)[0] ?? 0;
  });
  const groups = [rest, few.sort((a, b) => a - b)].filter((group) => group.length > 0);
  return { verb: "partition", groups };
}

/** Does it leave enough honest ones, and take nothing back that another moment declared? */
function isBearable(
  candidate: readonly Moment[],
  others: readonly Moment[],
  { validators }: Scenario,
): boolean {
  const collides = candidate.some((moment) => {
    return others.some((other) => collide(moment, other, validators));
  });
  if (collides) return false;
  const before = lossesOf(others, validators);
  return lossesOf([...others, ...candidate], validators).every(({ atMs, lost }) => {
    const already = before.findLast((step) => step.atMs <= atMs)?.lost ?? 0;
    return lost <= Math.max(mayFail(validators), already);
  });
}

function collide(one: Moment, other: Moment, validators: number): boolean {
  const [first, second] = [one.command.verb, other.command.verb];
  if (one.atMs > endOf(other) || other.atMs > endOf(one)) return false;
  if (first === "partition" || second === "partition") return first === second;
  const theirs = touched(other.command, validators);
  if (!touched(one.command, validators).some((victim) => theirs.includes(victim))) return false;
  const areProcesses = OF_PROCESSES.has(first) && OF_PROCESSES.has(second);
  const isCoarse = ENDED_BY_HEAL.has(first) || ENDED_BY_HEAL.has(second);
  return first === second || areProcesses || isCoarse;
}

function endOf({ atMs, forMs, command }: Moment): number {
  if (forMs !== undefined) return atMs + forMs;
  const isInstant = ["restart", "resume", "heal", "repent", "copy-disk"].includes(command.verb);
  return isInstant ? atMs : Number.POSITIVE_INFINITY;
}

function touched(command: FaultCommand, validators: number): readonly Victim[] {
  switch (command.verb) {
    case "partition":
      return command.groups.flat();
    case "cut":
      return [...victimsOf(command.from, validators), ...victimsOf(command.to, validators)];
    case "flap":
      return [command.from, command.to];
    default:
      return victimsOf(command.who, validators);
  }
}

type Loss = { readonly atMs: number; readonly lost: number };

/** How many are lost to the quorum after each instant. */
export function lossesOf(moments: readonly Moment[], validators: number): readonly Loss[] {
  const condition = new Condition(validators);
  const schedule = unfold(moments, validators);
  return schedule.flatMap(({ atMs, command }, index) => {
    condition.obey(command);
    if (schedule[index + 1]?.atMs === atMs) return [];
    return [{ atMs, lost: condition.lost().size }];
  });
}
