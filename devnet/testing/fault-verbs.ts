// Every fault verb as a method. What a method is given becomes the command's text and is read from it, so that a test is
// told of its slips in the words of the command line; what makes no text at all is refused with how it is written.

import { BEHAVIOURS, WAYS } from "../behaviours/index.ts";
import {
  type FaultCommand,
  FaultError,
  type FaultTarget,
  type FaultVerb,
  parseCommand,
  parseDuration,
} from "../faults/index.ts";
import { shown, withKeys } from "./arguments.ts";
import { DevnetError } from "./devnet-error.ts";
import type { Way } from "./ways.ts";

/** One validator, several, or all: they are numbered from 0. */
export type Who = number | readonly number[] | "all";

/** Milliseconds, or as people write it: "250ms", "2s". */
export type Duration = number | string;

export type FaultVerbs = {
  /** Any command as the command line has it: `fault("partition 0,1/2,3")`. */
  readonly fault: (text: string) => Promise<void>;
  /** Stays down until `restart` or `heal`. */
  readonly kill: (who: Who) => Promise<void>;
  readonly restart: (who: Who) => Promise<void>;
  /** Stands still until `resume` or `heal`. */
  readonly pause: (who: Who) => Promise<void>;
  readonly resume: (who: Who) => Promise<void>;
  /** Only members of one group hear each other: `partition([[0, 1], [2, 3]])`, or `partition("0,1/2,3")`. */
  readonly partition: (groups: readonly (readonly number[])[] | string) => Promise<void>;
  /** Nothing passes from these to those; the other direction works. */
  readonly cut: (from: Who, to: Who) => Promise<void>;
  /** The links between these two come and go. */
  readonly flap: (from: number, to: number, options: { readonly every: Duration }) => Promise<void>;
  /** What these send comes later. */
  readonly delay: (
    who: Who,
    by: Duration,
    options?: { readonly jitter?: Duration },
  ) => Promise<void>;
  /** Per cent, or as people write it: "10%". */
  readonly lose: (who: Who, percent: number | string) => Promise<void>;
  readonly duplicate: (who: Who, percent: number | string) => Promise<void>;
  /** Kilobytes (1,000 bytes) a second, or as people write it: "50kB/s"; each link of theirs for itself. */
  readonly throttle: (who: Who, rate: number | string) => Promise<void>;
  readonly fillDisk: (who: Who) => Promise<void>;
  /** The next sync fails. */
  readonly breakDisk: (who: Who) => Promise<void>;
  readonly loseDisk: (who: Who) => Promise<void>;
  readonly copyDisk: (who: Who) => Promise<void>;
  readonly rewindDisk: (who: Who) => Promise<void>;
  /** Their clocks are ahead by so much; behind, if negative: `skew(1, "-1h")`. */
  readonly skew: (who: Who, by: Duration) => Promise<void>;
  readonly freeze: (who: Who) => Promise<void>;
  /** In all of these ways and in no others: `lie(3, "equivocate")`. */
  readonly lie: (who: Who, ...ways: readonly Way[]) => Promise<void>;
  readonly repent: (who: Who) => Promise<void>;
  /** All, unless told otherwise. */
  readonly heal: (who?: Who) => Promise<void>;
};

/** Both how commands and how plans name them. */
const KNOWN_WAYS: readonly string[] = [...WAYS.keys(), ...BEHAVIOURS.keys()];

type Verb = keyof FaultVerbs;

/** How a method is written, at most how many arguments it takes, and the text of its command. */
type Form<Name extends Verb> = {
  readonly written: string;
  readonly most: number;
  readonly text: (...given: Parameters<FaultVerbs[Name]>) => string;
};

const FORMS: { readonly [Name in Verb]: Form<Name> } = {
  fault: { written: `fault("kill 2")`, most: 1, text: commandIn },
  kill: onWho("kill", "kill"),
  restart: onWho("restart", "restart"),
  pause: onWho("pause", "pause"),
  resume: onWho("resume", "resume"),
  partition: {
    written: `partition([[0, 1], [2, 3]]) or partition("0,1/2,3")`,
    most: 1,
    text: (groups) => `partition ${groupsIn(groups)}`,
  },
  cut: {
    written: "cut(0, 2) or cut([0, 1], 2)",
    most: 2,
    text: (from, to) => `cut ${whoIn(from)} to ${whoIn(to)}`,
  },
  flap: {
    written: `flap(0, 1, { every: "500ms" })`,
    most: 3,
    text: (from, to, options) => {
      const { every } = withKeys("flap", options, { every: true });
      return `flap ${whoIn(from)} ${whoIn(to)} every ${msIn(every)}`;
    },
  },
  delay: {
    written: `delay(2, "200ms") or delay(2, "200ms", { jitter: "50ms" })`,
    most: 3,
    text: (who, by, options = {}) => {
      const { jitter = 0 } = withKeys("delay", options, { jitter: true });
      return `delay ${whoIn(who)} ${msIn(by)} jitter ${msIn(jitter)}`;
    },
  },
  lose: onShare("lose"),
  duplicate: onShare("duplicate"),
  throttle: {
    written: `throttle(3, 50) or throttle(3, "50kB/s")`,
    most: 2,
    text: (who, rate) => `throttle ${whoIn(who)} ${amountIn(rate, "kB/s")}`,
  },
  fillDisk: onWho("fillDisk", "fill-disk"),
  breakDisk: onWho("breakDisk", "break-disk"),
  loseDisk: onWho("loseDisk", "lose-disk"),
  copyDisk: onWho("copyDisk", "copy-disk"),
  rewindDisk: onWho("rewindDisk", "rewind-disk"),
  skew: {
    written: `skew(1, "+5s") or skew(1, "-1h")`,
    most: 2,
    text: (who, by) => `skew ${whoIn(who)} ${offsetIn(by)}`,
  },
  freeze: onWho("freeze", "freeze"),
  lie: {
    written: `lie(3, "equivocate") or lie(3, "equivocate", "be-slow")`,
    most: Number.POSITIVE_INFINITY,
    text: (who, ...ways) => `lie ${whoIn(who)} ${waysIn(ways)}`,
  },
  repent: onWho("repent", "repent"),
  heal: {
    written: `heal() or heal(2)`,
    most: 1,
    text: (who = "all") => `heal ${whoIn(who)}`,
  },
};

export function faultVerbs(target: FaultTarget): FaultVerbs {
  const methods = Object.entries(FORMS).map(([verb, form]) => {
    const method = async (...given: unknown[]) => {
      const text = textOf(verb, form as Form<Verb>, given);
      const command = readCommand(text, target.validators);
      await target.obey(command).catch((error: unknown) => {
        throw notObeyed(text, error);
      });
    };
    return [verb, method] as const;
  });
  return Object.fromEntries(methods) as FaultVerbs;
}

/** @throws {DevnetError} BAD_FAULT: what it is given is of no use, and how it is written */
function textOf(verb: string, { written, most, text }: Form<Verb>, given: unknown[]): string {
  try {
    if (given.length > most) throw slip(`${given.length} arguments are too many`);
    return (text as (...given: unknown[]) => string)(...given);
  } catch (error) {
    if (!(error instanceof DevnetError)) throw error;
    throw new DevnetError("BAD_FAULT", `${verb}: ${error.message}; it is written ${written}`);
  }
}

function onWho(name: Verb, verb: FaultVerb) {
  const written = `${name}(2), ${name}([1, 3]) or ${name}("all")`;
  return { written, most: 1, text: (who: Who) => `${verb} ${whoIn(who)}` };
}

function onShare(verb: "lose" | "duplicate") {
  return {
    written: `${verb}(1, 10) or ${verb}("all", "10%")`,
    most: 2,
    text: (who: Who, share: number | string) => `${verb} ${whoIn(who)} ${amountIn(share, "%")}`,
  };
}

function readCommand(text: string, validators: number): FaultCommand {
  const parsed = parseCommand(text, { validators, ways: KNOWN_WAYS });
  if (parsed.ok) return parsed.command;
  const { what, nearest } = parsed;
  const remedy = nearest === undefined ? "" : `; do you mean "${nearest}"?`;
  throw new DevnetError("BAD_FAULT", `\`${text}\`: ${what}${remedy}`);
}

/** The world's no, with its remedy. */
function notObeyed(text: string, error: unknown): unknown {
  if (!(error instanceof FaultError)) return error;
  const { message: what, remedy, code: reason } = error;
  const message = what.includes(remedy) ? what : `${what}: ${remedy}`;
  return new DevnetError("BAD_FAULT", `\`${text}\`: ${message}`, { reason, cause: error });
}

// --- What a method is given, as the words of a command -----------------------------------------------------------

function commandIn(text: string): string {
  if (typeof text === "string") return text;
  throw slip(`${shown(text)} is no command`);
}

function whoIn(who: Who): string {
  if (typeof who === "number" || who === "all") return String(who);
  if (isList(who)) return who.join(",");
  throw slip(`${shown(who)} names no validators`);
}

function groupsIn(groups: string | readonly (readonly number[])[]): string {
  if (typeof groups === "string") return groups;
  if (Array.isArray(groups) && groups.length > 0 && groups.every(isList)) {
    return groups.map((group) => group.join(",")).join("/");
  }
  throw slip(`${shown(groups)} is no list of groups`);
}

function isList(given: unknown): given is readonly number[] {
  if (!Array.isArray(given) || given.length === 0) return false;
  return given.every((each) => typeof each === "number");
}

function waysIn(ways: readonly unknown[]): string {
  if (ways.length === 0) throw slip("no way to lie is named");
  for (const way of ways) {
    if (typeof way !== "string") throw slip(`${shown(way)} is no way to lie`);
  }
  return ways.join(",");
}

/** A number has the unit that its method is for; a text has its own. */
function amountIn(amount: number | string, unit: string): string {
  if (typeof amount === "number") return `${amount}${unit}`;
  if (typeof amount === "string" && amount !== "") return amount;
  throw slip(`${shown(amount)} is no amount in ${unit}`);
}

function msIn(duration: Duration): string {
  const ms = typeof duration === "string" ? parseDuration(duration) : duration;
  if (typeof ms === "number" && Number.isInteger(ms) && ms >= 0) return `${ms}ms`;
  const remedy = `milliseconds are a whole number, or a text such as "250ms" or "2s"`;
  throw slip(`${shown(duration)} is no duration: ${remedy}`);
}

/** A duration with a sign. */
function offsetIn(offset: Duration): string {
  if (typeof offset === "number") return offset < 0 ? `-${msIn(-offset)}` : `+${msIn(offset)}`;
  if (typeof offset !== "string" || !/^[+-]/.test(offset)) return `+${msIn(offset)}`;
  return `${offset[0]}${msIn(offset.slice(1))}`;
}

function slip(what: string): DevnetError {
  return new DevnetError("BAD_FAULT", what);
}
