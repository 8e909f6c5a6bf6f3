// What a timeline leaves open where something is wrong in it: commands that may be in it, too. Whoever complains of the rest
// holds back what one of them could excuse.

import {
  type FaultCommand,
  type FaultVerb,
  VERB_HELP,
  type Victim,
  type Victims,
} from "../faults/index.ts";
import { undo } from "./undo.ts";

/** At this moment or later, one of these may befall one of those. */
export type Doubt = {
  readonly sinceMs: number;
  readonly verbs: readonly FaultVerb[];
  readonly who: Victims;
};

/** What complaints are of. */
export type Matter =
  | "nobody paused it"
  | "it never lied"
  | "nobody copied its disk"
  | "nothing proves it guilty"
  | "nothing befell it"
  | "it is lost";

const VERBS = VERB_HELP.map(({ verb }) => verb);

/** Those that would make it untrue. */
const EXCUSES: Readonly<Record<Matter, readonly FaultVerb[]>> = {
  "nobody paused it": ["pause"],
  "it never lied": ["lie"],
  "nobody copied its disk": ["copy-disk"],
  "nothing proves it guilty": ["lie", "rewind-disk"],
  "nothing befell it": VERBS.filter((verb) => !["partition", "cut", "flap"].includes(verb)),
  "it is lost": ["restart", "resume", "heal", "partition"],
};

/** By which faults end that last for a while. */
const ENDS: readonly FaultVerb[] = ["restart", "resume", "repent", "heal", "partition"];

export const ANYTHING: Doubt = { sinceMs: 0, verbs: VERBS, who: "all" };

/** As a mix ends with, of which nobody knows whether there is one, or until when. */
export const SOME_HEAL: Doubt = { sinceMs: 0, verbs: ["heal"], who: "all" };

/** Of a command of which no more than the verb is known, or not even that. `ends`: it may last for a while only. */
export function doubtOfVerb(
  verb: FaultVerb | undefined,
  { sinceMs, ends }: { readonly sinceMs: number; readonly ends: boolean },
): Doubt {
  if (verb === undefined) return { ...ANYTHING, sinceMs };
  return { sinceMs, verbs: ends ? [verb, ...ENDS] : [verb], who: "all" };
}

/** Of a command that nobody knows the time of. `ends`: it may last for a while only. */
export function doubtOfTime(command: FaultCommand, { ends }: { readonly ends: boolean }): Doubt {
  const who = "who" in command ? command.who : "all";
  return { sinceMs: 0, verbs: ends ? [command.verb, ...ENDS] : [command.verb], who };
}

/** Of when this command ends that began then; undefined where it has no end that could matter. */
export function doubtOfEnd(
  command: FaultCommand,
  { atMs, validators }: { readonly atMs: number; readonly validators: number },
): Doubt | undefined {
  const sinceMs = atMs + 1;
  // Whoever would have it end writes a heal.
  if (command.verb === "cut") return { sinceMs, verbs: ["heal"], who: "all" };
  const end = undo(command, validators);
  if (end === undefined) return undefined;
  return { sinceMs, verbs: [end.verb], who: "who" in end ? end.who : "all" };
}

export class Doubts {
  readonly #all: readonly Doubt[];

  constructor(all: readonly Doubt[]) {
    this.#all = all;
  }

  /** May any command be missing by then? */
  hasAnyBy(atMs: number): boolean {
    return this.#all.some(({ sinceMs }) => sinceMs <= atMs);
  }

  /** May this be untrue of the validator by then? */
  excuse(matter: Matter, victim: Victim, atMs = Number.POSITIVE_INFINITY): boolean {
    return this.#all.some(({ sinceMs, verbs, who }) => {
      const excuses = verbs.some((verb) => EXCUSES[matter].includes(verb));
      return excuses && sinceMs <= atMs && (who === "all" || who.includes(victim));
    });
  }
}
