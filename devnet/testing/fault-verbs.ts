// Every fault verb as a method. What a method is given becomes the command's text and is read back from it, so that a test
// is told of its slips in the words of the command line.

import { BEHAVIOURS, WAYS } from "../behaviours/index.ts";
import {
  type FaultCommand,
  type FaultTarget,
  formatCommand,
  parseCommand,
  parseDuration,
} from "../faults/index.ts";
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
  /** Only members of one group hear each other: `partition([[0, 1], [2, 3]])`. */
  readonly partition: (groups: readonly (readonly number[])[]) => Promise<void>;
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
  readonly lose: (who: Who, percent: number) => Promise<void>;
  readonly duplicate: (who: Who, percent: number) => Promise<void>;
  /** 1,000 bytes; each link of theirs for itself. */
  readonly throttle: (who: Who, kilobytesPerSecond: number) => Promise<void>;
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

export function faultVerbs(target: FaultTarget): FaultVerbs {
  const fault = async (text: string) => target.obey(readCommand(text, target.validators));
  const inflict = async (command: FaultCommand) => fault(formatCommand(command));
  const on = (verb: Extract<FaultCommand, { readonly who: unknown }>["verb"]) => async (who: Who) =>
    inflict({ verb, who: listed(who) } as FaultCommand);
  return {
    fault,
    kill: on("kill"),
    restart: on("restart"),
    pause: on("pause"),
    resume: on("resume"),
    partition: async (groups) => inflict({ verb: "partition", groups }),
    cut: async (from, to) => inflict({ verb: "cut", from: listed(from), to: listed(to) }),
    flap: async (from, to, { every }) => inflict({ verb: "flap", from, to, everyMs: msOf(every) }),
    delay: async (who, by, { jitter = 0 } = {}) =>
      inflict({ verb: "delay", who: listed(who), ms: msOf(by), jitterMs: msOf(jitter) }),
    lose: async (who, percent) => inflict({ verb: "lose", who: listed(who), percent }),
    duplicate: async (who, percent) => inflict({ verb: "duplicate", who: listed(who), percent }),
    throttle: async (who, kilobytesPerSecond) =>
      inflict({ verb: "throttle", who: listed(who), kilobytesPerSecond }),
    fillDisk: on("fill-disk"),
    breakDisk: on("break-disk"),
    loseDisk: on("lose-disk"),
    copyDisk: on("copy-disk"),
    rewindDisk: on("rewind-disk"),
    skew: async (who, by) => inflict({ verb: "skew", who: listed(who), ms: offsetOf(by) }),
    freeze: on("freeze"),
    lie: async (who, ...ways) => inflict({ verb: "lie", who: listed(who), ways }),
    repent: on("repent"),
    heal: async (who = "all") => on("heal")(who),
  };
}

function readCommand(text: string, validators: number): FaultCommand {
  const parsed = parseCommand(text, { validators, ways: KNOWN_WAYS });
  if (parsed.ok) return parsed.command;
  const { what, nearest } = parsed;
  const remedy = nearest === undefined ? "" : `; do you mean "${nearest}"?`;
  throw new DevnetError("BAD_FAULT", `\`${text}\`: ${what}${remedy}`);
}

function listed(who: Who): readonly number[] | "all" {
  return typeof who === "number" ? [who] : who;
}

function msOf(duration: Duration): number {
  const ms = typeof duration === "number" ? duration : parseDuration(duration);
  if (ms !== undefined && Number.isInteger(ms) && ms >= 0) return ms;
  const remedy = `milliseconds as a whole number, or a text such as "250ms" or "2s"`;
  throw new DevnetError("BAD_FAULT", `${JSON.stringify(duration)} is no duration: ${remedy}`);
}

/** A duration with a sign. */
function offsetOf(offset: Duration): number {
  if (typeof offset === "number") return offset < 0 ? -msOf(-offset) : msOf(offset);
  if (offset.startsWith("-")) return -msOf(offset.slice(1));
  return msOf(offset.startsWith("+") ? offset.slice(1) : offset);
}
