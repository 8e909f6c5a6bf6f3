// Can this cast play this story? Whatever a scenario asks for that cannot be is refused before anything runs, with what to
// write instead.

import { formatDuration, makesUnreliable, mayFail, victimsOf } from "../faults/index.ts";
import { Condition } from "./condition.ts";
import type { Located } from "./fields.ts";
import type { Draft, MomentPlaces } from "./reading.ts";
import type { Scenario } from "./scenario.ts";
import type { Place, Problems } from "./tree.ts";
import { type Scheduled, unfold } from "./unfold.ts";

/** They never sign two statements that contradict each other: nobody is convicted of them. */
const UNPROVABLE: ReadonlySet<string> = new Set([
  ...["be-silent", "silent", "be-slow", "slow-leader", "censor", "censoring-leader"],
  ...["send-to-some", "partial-sender"],
]);

/** Each check relies on keys that are sound: the others say nothing until theirs are mended. */
export function checkCast(
  { scenario, inDoubt, isRecorded, places }: Draft,
  problems: Problems,
): void {
  const isSure = (...keys: readonly string[]) => keys.every((key) => !inDoubt.has(key));
  if (isRecorded || !isSure("recorded")) return;
  if (isSure("duration")) checkTimes(scenario, places.moments, problems);
  if (!isSure("validators")) return;
  const check = new CastCheck(scenario, places.moments, problems, {
    // Those who are unreliable stay so, whatever else is yet to be read.
    ofLiars: isSure("expect"),
    ofPremises: isSure("timeline"),
    ofProgress: isSure("timeline", "expect"),
  });
  const schedule = unfold(scenario.timeline, scenario.validators);
  schedule.forEach((scheduled, index) => {
    check.obey(scheduled);
    if (schedule[index + 1]?.atMs !== scheduled.atMs) check.settle(scheduled);
  });
  if (isSure("random", "expect")) checkMix(scenario, places.random, problems);
  if (!isSure("timeline", "random", "expect")) return;
  for (const culprit of places.culprits) checkCulprit(culprit, scenario, problems);
  for (const halted of places.halted) checkHalted(halted, scenario, problems);
}

function checkTimes(
  { timeline, durationMs }: Scenario,
  places: readonly MomentPlaces[],
  problems: Problems,
): void {
  const end = formatDuration(durationMs);
  timeline.forEach(({ atMs, forMs = 0 }, index) => {
    const place = places[index];
    if (place === undefined) return;
    const at = formatDuration(atMs);
    if (atMs >= durationMs) {
      const instead = "write an earlier moment, or a longer duration";
      problems.add(place.at, `${at} is not before the end of the run (${end}): ${instead}`);
    } else if (atMs + forMs > durationMs) {
      const most = formatDuration(durationMs - atMs);
      const what = `${formatDuration(forMs)} from ${at} on ends after the run (${end})`;
      problems.add(place.for, `${what}: write at most ${most}, or leave for away`, most);
    }
  });
}

type Complaints = {
  readonly ofLiars: boolean;
  readonly ofPremises: boolean;
  readonly ofProgress: boolean;
};

/** Obeys the timeline as a devnet would, and complains of each command that cannot be obeyed. */
class CastCheck {
  readonly #scenario: Scenario;
  readonly #places: readonly MomentPlaces[];
  readonly #problems: Problems;
  readonly #condition: Condition;
  /** What it complains of; of liars and of progress once. */
  #complains: Complaints;

  constructor(
    scenario: Scenario,
    places: readonly MomentPlaces[],
    problems: Problems,
    complains: Complaints,
  ) {
    this.#scenario = scenario;
    this.#places = places;
    this.#problems = problems;
    this.#complains = complains;
    this.#condition = new Condition(scenario.validators);
  }

  obey(scheduled: Scheduled): void {
    const { command, isEnd } = scheduled;
    if (!isEnd && this.#complains.ofPremises) this.#checkPremises(scheduled);
    this.#condition.obey(command);
    if (!isEnd && makesUnreliable(command.verb)) this.#checkUnreliable(scheduled);
  }

  /** After all that falls into one instant. */
  settle(scheduled: Scheduled): void {
    const { validators, expect } = this.#scenario;
    if (expect.progress !== "always" || !this.#complains.ofProgress) return;
    const lost = [...this.#condition.lost()].sort((a, b) => a - b);
    if (lost.length <= mayFail(validators)) return;
    this.#complains = { ...this.#complains, ofProgress: false };
    const of = `of ${validators} validators at most ${mayFail(validators)} may be`;
    const instead = "write progress: after-heal, or end an earlier fault before";
    this.#refuse(
      scheduled,
      `from here on ${namesOf(lost)} ${
        lost.length === 1 ? "lies, is down or cut off" : "lie, are down or cut off"
      }, and ${of} for progress: always; ${instead}`,
    );
  }

  #checkPremises(scheduled: Scheduled): void {
    const { command } = scheduled;
    const missing = (has: ReadonlySet<number>) => {
      if (!("who" in command) || command.who === "all") return [];
      return command.who.filter((victim) => !has.has(victim));
    };
    const copy = "write copy-disk for it at an earlier moment";
    switch (command.verb) {
      case "rewind-disk": {
        const victims = victimsOf(command.who, this.#scenario.validators);
        const first = victims.find((victim) => !this.#condition.copied.has(victim));
        if (first !== undefined) {
          this.#refuse(scheduled, `the disk of ${nameOf(first)} was never copied: ${copy}`);
        }
        return;
      }
      case "resume": {
        const [first] = missing(this.#condition.paused);
        const instead = "write pause for it before, or leave this moment away";
        if (first !== undefined)
          this.#refuse(scheduled, `${nameOf(first)} is not paused: ${instead}`);
        return;
      }
      case "repent": {
        const [first] = missing(this.#condition.liars);
        const instead = "write lie for it before, or leave this moment away";
        if (first !== undefined)
          this.#refuse(scheduled, `${nameOf(first)} does not lie: ${instead}`);
        return;
      }
      default:
        return;
    }
  }

  #checkUnreliable(scheduled: Scheduled): void {
    const { validators, expect } = this.#scenario;
    const { unreliable } = this.#condition;
    if (expect.safety === "may-break" || !this.#complains.ofLiars) return;
    if (unreliable.size <= mayFail(validators)) return;
    this.#complains = { ...this.#complains, ofLiars: false };
    const names = namesOf([...unreliable].sort((a, b) => a - b));
    const of = `at most ${mayFail(validators)} of ${validators} validators`;
    const enough = `validators: ${3 * unreliable.size + 1}`;
    this.#refuse(
      scheduled,
      `${names} ${
        unreliable.size === 1
          ? "lies or has lost what it signed"
          : "lie or have lost what they signed"
      }, and safety holds with ${of}; ` + `write expect: { safety: may-break }, or ${enough}`,
    );
  }

  #refuse({ moment }: Scheduled, what: string): void {
    const place = this.#places[this.#scenario.timeline.indexOf(moment)];
    if (place !== undefined) this.#problems.add(place.do, what);
  }
}

function checkMix(
  { random, validators, expect }: Scenario,
  place: Place,
  problems: Problems,
): void {
  if (random === undefined) return;
  const liars = random.verbs.filter(makesUnreliable);
  const [first] = liars;
  if (first === undefined) return;
  if (mayFail(validators) === 0) {
    const instead = `write validators: 4, or leave ${first} away`;
    const what = `${first} needs one that may fail, and of ${validators} none may`;
    problems.add(place, `${what}: ${instead}`);
  }
  if (expect.noOtherCulprits) {
    const instead = "write expect: { noOtherCulprits: false }";
    const what = `the mix draws ${first}, so that nobody knows who will be proven guilty`;
    problems.add(place, `${what}: ${instead}`);
  }
}

function checkCulprit(
  { value, place }: Located<number>,
  { timeline, random, validators }: Scenario,
  problems: Problems,
): void {
  if (random?.verbs.some((verb) => verb === "lie" || verb === "rewind-disk")) return;
  const suffered = timeline
    .map(({ command }) => command)
    .filter((command) => "who" in command && victimsOf(command.who, validators).includes(value));
  if (suffered.some(({ verb }) => verb === "rewind-disk")) return;
  const ways = suffered.flatMap((command) => (command.verb === "lie" ? command.ways : []));
  if (ways.length === 0) {
    const instead = `write do: lie ${value} equivocate, or leave it away`;
    problems.add(place, `${nameOf(value)} never lies, and nobody can prove it guilty: ${instead}`);
  } else if (ways.every((way) => UNPROVABLE.has(way))) {
    const instead = "leave it away, or let it equivocate or double-vote";
    const why = `${ways.join(", ")} leaves no two statements that contradict each other`;
    problems.add(place, `${why}, so that ${nameOf(value)} is never proven guilty: ${instead}`);
  }
}

function checkHalted(
  { value, place }: Located<number>,
  { timeline, random, validators, expect }: Scenario,
  problems: Problems,
): void {
  if (expect.safety === "may-break" || random !== undefined) return;
  const suffers = timeline.some(({ command }) => {
    return "who" in command && victimsOf(command.who, validators).includes(value);
  });
  if (suffers) return;
  problems.add(place, `nothing happens to ${nameOf(value)} that would halt it: leave it away`);
}

function nameOf(validator: number): string {
  return `validator ${validator}`;
}

function namesOf(validators: readonly number[]): string {
  const [first = 0, ...rest] = validators;
  return rest.length === 0 ? nameOf(first) : `validators ${validators.join(", ")}`;
}
