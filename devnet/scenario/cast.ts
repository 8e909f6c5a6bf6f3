// Can this cast play this story? Whatever a scenario asks for that cannot be is refused before anything runs, with what to
// write instead.

import {
  formatDuration,
  makesUnreliable,
  mayFail,
  type Victim,
  victimsOf,
} from "../faults/index.ts";
import { Condition } from "./condition.ts";
import { Doubts, type Matter, SOME_HEAL } from "./doubt.ts";
import type { Located } from "./fields.ts";
import type { MomentPlaces, Span } from "./moments.ts";
import type { Draft } from "./reading.ts";
import type { Moment, Scenario } from "./scenario.ts";
import type { Place, Problems } from "./tree.ts";
import { type Scheduled, unfold } from "./unfold.ts";

/** They never sign two statements that contradict each other: nobody is convicted of them. */
const UNPROVABLE: ReadonlySet<string> = new Set([
  ...["be-silent", "silent", "be-slow", "slow-leader", "censor", "censoring-leader"],
  ...["send-to-some", "partial-sender"],
]);

/** Each check relies on what is sound: of whatever hangs on the rest it says nothing until that is mended. */
export function checkCast(draft: Draft, problems: Problems): void {
  const { scenario, inDoubt, isRecorded, places } = draft;
  const isSure = (...keys: readonly string[]) => keys.every((key) => !inDoubt.has(key));
  if (isRecorded || !isSure("recorded")) return;
  if (isSure("duration")) checkTimes(scenario, places.spans, problems);
  if (!isSure("validators")) return;
  const doubts = new Doubts([...draft.doubts, ...(isSure("random") ? [] : [SOME_HEAL])]);
  const check = new CastCheck(scenario, {
    ...{ doubts, places: places.moments, problems },
    complains: {
      // Those who are unreliable stay so, whatever else is yet to be read.
      ofLiars: isSure("expect", "expect.safety"),
      ofProgress: isSure("expect", "expect.progress"),
    },
  });
  const schedule = unfold([...scenario.timeline, ...lastHeal(scenario)], scenario.validators);
  schedule.forEach((scheduled, index) => {
    check.obey(scheduled);
    if (schedule[index + 1]?.atMs !== scheduled.atMs) check.settle(scheduled);
  });
  if (!isSure("random", "expect")) return;
  if (isSure("expect.noOtherCulprits")) checkMix(scenario, places.random, problems);
  for (const culprit of places.culprits) {
    if (doubts.excuse("nothing proves it guilty", culprit.value)) continue;
    checkCulprit(culprit, scenario, problems);
  }
  for (const halted of isSure("expect.safety") ? places.halted : []) {
    if (doubts.excuse("nothing befell it", halted.value)) continue;
    checkHalted(halted, scenario, problems);
  }
}

/** A mix ends with it, whatever else it draws. */
function lastHeal({ random }: Scenario): readonly Moment[] {
  return random === undefined
    ? []
    : [{ atMs: random.untilMs, command: { verb: "heal", who: "all" } }];
}

function checkTimes({ durationMs }: Scenario, spans: readonly Span[], problems: Problems): void {
  const end = formatDuration(durationMs);
  for (const { atMs, forMs = 0, places } of spans) {
    const at = formatDuration(atMs);
    if (atMs >= durationMs) {
      const instead = "write an earlier moment, or a longer duration";
      problems.add(places.at, `${at} is not before the end of the run (${end}): ${instead}`);
    } else if (atMs + forMs > durationMs) {
      const most = formatDuration(durationMs - atMs);
      const what = `${formatDuration(forMs)} from ${at} on ends after the run (${end})`;
      problems.add(places.for, `${what}: write at most ${most}, or leave for away`, most);
    }
  }
}

type Desk = {
  readonly doubts: Doubts;
  readonly places: readonly MomentPlaces[];
  readonly problems: Problems;
  readonly complains: Complaints;
};

type Complaints = {
  readonly ofLiars: boolean;
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
  readonly #doubts: Doubts;
  /** May be paused, or lie, though it does not look so: an end may come at another time than the sound commands tell. */
  readonly #perhapsPaused = new Set<Victim>();
  readonly #perhapsLying = new Set<Victim>();

  constructor(scenario: Scenario, { doubts, places, problems, complains }: Desk) {
    this.#scenario = scenario;
    this.#doubts = doubts;
    this.#places = places;
    this.#problems = problems;
    this.#complains = complains;
    this.#condition = new Condition(scenario.validators);
  }

  obey(scheduled: Scheduled): void {
    const { command, isEnd } = scheduled;
    if (!isEnd) this.#checkPremises(scheduled);
    this.#noteWhatMayBe(scheduled);
    this.#condition.obey(command);
    if (!isEnd && makesUnreliable(command.verb)) this.#checkUnreliable(scheduled);
  }

  #noteWhatMayBe({ command, isEnd, atMs }: Scheduled): void {
    if (!this.#doubts.hasAnyBy(atMs)) return;
    if (isEnd) {
      // It may be another's to end by now.
      for (const victim of this.#condition.paused) this.#perhapsPaused.add(victim);
      for (const victim of this.#condition.liars) this.#perhapsLying.add(victim);
    } else if (command.verb === "pause") {
      // It may be up again by now.
      const victims = victimsOf(command.who, this.#scenario.validators);
      for (const victim of victims) this.#perhapsPaused.add(victim);
    }
  }

  /** After all that falls into one instant. */
  settle(scheduled: Scheduled): void {
    const { validators, expect } = this.#scenario;
    if (expect.progress !== "always" || !this.#complains.ofProgress) return;
    const all = this.#condition.lost();
    const isDoubtful = (victim: Victim) => {
      return this.#doubts.excuse("it is lost", victim, scheduled.atMs);
    };
    // Whoever is well after all may have been the reason why another one counts as cut off: each takes one away.
    const doubtful = victimsOf("all", validators).filter(isDoubtful).length;
    if (all.size - doubtful <= mayFail(validators)) return;
    const lost = [...all].filter((victim) => !isDoubtful(victim)).sort((a, b) => a - b);
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
    const { command, atMs } = scheduled;
    if (!("who" in command)) return;
    const { copied, paused, liars } = this.#condition;
    const victims = victimsOf(command.who, this.#scenario.validators);
    /** Whom it is true of, whatever else is in the timeline. */
    const trueOf = (matter: Matter, ...sets: readonly ReadonlySet<Victim>[]) => {
      return victims.filter((victim) => {
        return !sets.some((set) => set.has(victim)) && !this.#doubts.excuse(matter, victim, atMs);
      });
    };
    /** The first of those who are named; of all, one that is not among these is enough. */
    const vainOf = (those: readonly Victim[]) => {
      if (command.who === "all") return those.length === victims.length ? "nobody" : undefined;
      return those[0] === undefined ? undefined : nameOf(those[0]);
    };
    switch (command.verb) {
      case "rewind-disk": {
        const [first] = trueOf("nobody copied its disk", copied);
        const copy = "write copy-disk for it at an earlier moment";
        if (first === undefined) return;
        return this.#refuse(scheduled, `the disk of ${nameOf(first)} was never copied: ${copy}`);
      }
      case "resume": {
        const who = vainOf(trueOf("nobody paused it", paused, this.#perhapsPaused));
        if (who === undefined) return;
        const what = who === "nobody" ? "nobody is paused" : `${who} is not paused`;
        return this.#refuse(scheduled, `${what}: write pause before, or leave this moment away`);
      }
      case "repent": {
        const who = vainOf(trueOf("it never lied", liars, this.#perhapsLying));
        if (who === undefined) return;
        const what = who === "nobody" ? "nobody lies" : `${who} does not lie`;
        return this.#refuse(scheduled, `${what}: write lie before, or leave this moment away`);
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
