// Fault commands as text: one grammar for scenario files, the command line, HTTP bodies and the keys of a running devnet.
// What `formatCommand` writes, `parseCommand` reads back as the same command.

import { assert } from "../../crypto/index.ts";
import { formatDuration, quoted } from "./amounts.ts";
import { Clause, type Context, type Refusal } from "./clause.ts";
import type { FaultCommand, FaultVerb, Victims } from "./command.ts";
import { nearest } from "./nearest.ts";

export type ParsedCommand = { readonly ok: true; readonly command: FaultCommand } | Refusal;

export type VerbHelp = {
  readonly verb: FaultVerb;
  readonly usage: string;
  /** What it does, one sentence without the full stop. */
  readonly summary: string;
};

/** Those that take nothing but their victims. */
type WhoVerb =
  | "kill"
  | "restart"
  | "pause"
  | "resume"
  | "fill-disk"
  | "break-disk"
  | "lose-disk"
  | "copy-disk"
  | "rewind-disk"
  | "freeze"
  | "repent";

type Entry = {
  readonly usage: string;
  readonly summary: string;
  readonly read: (clause: Clause) => FaultCommand | undefined;
};

export const MAX_VALIDATORS = 64;
export const MAX_COMMAND_CHARACTERS = 512;

const ENTRIES: Readonly<Record<FaultVerb, Entry>> = {
  kill: on("kill", "kills the process at once; it stays down until restart or heal"),
  restart: on("restart", "starts it if it is down, else kills and starts it; its faults stay on"),
  pause: on("pause", "makes the process stand still until resume or heal"),
  resume: on("resume", "lets a paused process go on"),
  partition: {
    usage: "partition GROUP/GROUP...",
    summary: "only members of one group hear each other; whoever is in none hears nobody",
    read: readPartition,
  },
  cut: {
    usage: "cut WHO to WHO",
    summary: "nothing passes from these to those; the other direction works",
    read: readCut,
  },
  flap: {
    usage: "flap INDEX INDEX every DURATION",
    summary: "the links between these two come and go with this period",
    read: readFlap,
  },
  delay: {
    usage: "delay WHO DURATION [jitter DURATION]",
    summary: "all that these send arrives later by so much, and by up to the jitter more",
    read: readDelay,
  },
  lose: {
    usage: "lose WHO PERCENT",
    summary: "so much of what these send is lost",
    read: (clause) => readShare(clause, "lose"),
  },
  duplicate: {
    usage: "duplicate WHO PERCENT",
    summary: "so much of what these send arrives twice",
    read: (clause) => readShare(clause, "duplicate"),
  },
  throttle: {
    usage: "throttle WHO RATE",
    summary: "these send no more than this over each of their links; the rest waits",
    read: readThrottle,
  },
  "fill-disk": on("fill-disk", "every write fails with ENOSPC until the disk is healed"),
  "break-disk": on("break-disk", "the next sync of the disk fails with EIO"),
  "lose-disk": on("lose-disk", "kills it, deletes its data and starts it with its key alone"),
  "copy-disk": on("copy-disk", "keeps a copy of the disk as it is, for rewind-disk"),
  "rewind-disk": on("rewind-disk", "kills it, puts the copy in the place of the disk, starts it"),
  skew: {
    usage: "skew WHO OFFSET",
    summary: "the wall clock is ahead by so much; behind, with a minus",
    read: readSkew,
  },
  freeze: on("freeze", "the wall clock stands still"),
  lie: {
    usage: "lie WHO WAY[,WAY...]",
    summary: "lies from then on in all of these ways, and in no others",
    read: readLie,
  },
  repent: on("repent", "lies no more; it counts among the liars all the same"),
  heal: {
    usage: "heal [WHO]",
    summary: "ends all faults of these; without WHO of all, partitions and cuts among them",
    read: (clause) => {
      const who = clause.isAtEnd ? "all" : clause.victims();
      return who && { verb: "heal", who };
    },
  },
};

const VERBS = Object.keys(ENTRIES) as readonly FaultVerb[];

/** Every verb, in the order of the documents. */
export const VERB_HELP: readonly VerbHelp[] = VERBS.map((verb) => {
  const { usage, summary } = ENTRIES[verb];
  return { verb, usage, summary };
});

/**
 * Reads `kill 2`, `partition 0,1/2,3`, `lie 3 equivocate`.
 * A refusal names the reason, where in the text, and for an unknown word the nearest valid one.
 */
export function parseCommand(text: string, context: Context): ParsedCommand {
  const { validators } = context;
  assert(
    Number.isInteger(validators) && validators >= 1 && validators <= MAX_VALIDATORS,
    `a devnet has 1 to ${MAX_VALIDATORS} validators, not ${validators}`,
  );
  if (text.length > MAX_COMMAND_CHARACTERS) {
    const what = `a command has at most ${MAX_COMMAND_CHARACTERS} characters, not ${text.length}`;
    return { ok: false, what, at: MAX_COMMAND_CHARACTERS };
  }
  const clause = new Clause(text, context);
  const word = clause.word("a verb");
  if (word !== undefined && !isVerb(word.text)) {
    const near = nearest(word.text, VERBS);
    const known = near === undefined ? `; there are ${VERBS.join(", ")}` : "";
    clause.refuse(`there is no verb ${quoted(word.text)}${known}`, word.at, near);
  } else if (word !== undefined && isVerb(word.text)) {
    const command = ENTRIES[word.text].read(clause);
    clause.finish();
    if (command !== undefined && clause.refusal === undefined) return { ok: true, command };
  }
  assert(clause.refusal !== undefined, "a command that is not read has been refused");
  return clause.refusal;
}

/** The verb of a text, even of one that is refused for what stands behind it. */
export function verbOf(text: string): FaultVerb | undefined {
  const [word = ""] = text.trimStart().split(/\s/, 1);
  return isVerb(word) ? word : undefined;
}

/** Canonical text. */
export function formatCommand(command: FaultCommand): string {
  switch (command.verb) {
    case "partition":
      return `partition ${command.groups.map((group) => group.join(",")).join("/")}`;
    case "cut":
      return `cut ${names(command.from)} to ${names(command.to)}`;
    case "flap":
      return `flap ${command.from} ${command.to} every ${formatDuration(command.everyMs)}`;
    case "delay": {
      const jitter = command.jitterMs === 0 ? "" : ` jitter ${formatDuration(command.jitterMs)}`;
      return `delay ${names(command.who)} ${formatDuration(command.ms)}${jitter}`;
    }
    case "lose":
    case "duplicate":
      return `${command.verb} ${names(command.who)} ${command.percent}%`;
    case "throttle":
      return `throttle ${names(command.who)} ${command.kilobytesPerSecond}kB/s`;
    case "skew": {
      const sign = command.ms < 0 ? "-" : "+";
      return `skew ${names(command.who)} ${sign}${formatDuration(Math.abs(command.ms))}`;
    }
    case "lie":
      return `lie ${names(command.who)} ${command.ways.join(",")}`;
    case "heal":
      return command.who === "all" ? "heal" : `heal ${names(command.who)}`;
    default:
      return `${command.verb} ${names(command.who)}`;
  }
}

function on(verb: WhoVerb, summary: string): Entry {
  return {
    usage: `${verb} WHO`,
    summary,
    read: (clause) => {
      const who = clause.victims();
      return who && { verb, who };
    },
  };
}

function readPartition(clause: Clause): FaultCommand | undefined {
  const groups = clause.groups();
  return groups && { verb: "partition", groups };
}

function readCut(clause: Clause): FaultCommand | undefined {
  const from = clause.victims();
  const keyword = clause.keyword("to");
  const to = clause.victims();
  if (from === undefined || to === undefined || keyword === undefined) return undefined;
  if (from.length === 1 && to.length === 1 && from[0] === to[0]) {
    return clause.refuse("a link has two ends", clause.at);
  }
  return { verb: "cut", from, to };
}

function readFlap(clause: Clause): FaultCommand | undefined {
  const from = clause.victim();
  const to = clause.victim();
  const toAt = clause.at;
  const keyword = clause.keyword("every");
  const everyMs = clause.duration();
  if (from === undefined || to === undefined || everyMs === undefined || !keyword) return undefined;
  if (from === to) return clause.refuse("a link has two ends", toAt);
  if (everyMs === 0) return clause.refuse("a period is longer than 0", clause.at);
  return { verb: "flap", from, to, everyMs };
}

function readDelay(clause: Clause): FaultCommand | undefined {
  const who = clause.victims();
  const ms = clause.duration();
  let jitterMs: number | undefined = 0;
  if (!clause.isAtEnd && clause.keyword("jitter")) jitterMs = clause.duration();
  if (who === undefined || ms === undefined || jitterMs === undefined) return undefined;
  return { verb: "delay", who, ms, jitterMs };
}

function readShare(clause: Clause, verb: "lose" | "duplicate"): FaultCommand | undefined {
  const who = clause.victims();
  const percent = clause.percent();
  return who === undefined || percent === undefined ? undefined : { verb, who, percent };
}

function readThrottle(clause: Clause): FaultCommand | undefined {
  const who = clause.victims();
  const kilobytesPerSecond = clause.rate();
  if (who === undefined || kilobytesPerSecond === undefined) return undefined;
  return { verb: "throttle", who, kilobytesPerSecond };
}

function readSkew(clause: Clause): FaultCommand | undefined {
  const who = clause.victims();
  const ms = clause.offset();
  return who === undefined || ms === undefined ? undefined : { verb: "skew", who, ms };
}

function readLie(clause: Clause): FaultCommand | undefined {
  const who = clause.victims();
  const ways = clause.ways();
  return who && ways && { verb: "lie", who, ways };
}

function isVerb(word: string): word is FaultVerb {
  return Object.hasOwn(ENTRIES, word);
}

function names(who: Victims): string {
  return who === "all" ? who : who.join(",");
}
