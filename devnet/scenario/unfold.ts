// All that happens in a scenario, in the order of time: moments, and the ends of those that last.

import { type FaultCommand, type Victim, victimsOf } from "../faults/index.ts";
import type { Moment } from "./scenario.ts";
import { undo } from "./undo.ts";

export type Scheduled = {
  readonly atMs: number;
  readonly command: FaultCommand;
  /** Ends what an earlier moment began. */
  readonly isEnd: boolean;
  /** Which moment it comes from. */
  readonly moment: Moment;
};

/**
 * Of what falls into one instant, ends come first. A moment ends what it began and nothing else: what another command has
 * ended or replaced meanwhile is that one's.
 */
export function unfold(moments: readonly Moment[], validators: number): readonly Scheduled[] {
  const all = moments.flatMap((moment): readonly Scheduled[] => {
    const { atMs, command, forMs } = moment;
    const begin = { atMs, command, isEnd: false, moment };
    const end = forMs === undefined ? undefined : undo(command, validators);
    if (forMs === undefined || end === undefined) return [begin];
    return [begin, { atMs: atMs + forMs, command: end, isEnd: true, moment }];
  });
  all.sort((a, b) => a.atMs - b.atMs || Number(b.isEnd) - Number(a.isEnd));
  const holders = new Holders(validators);
  return all.flatMap((scheduled) => {
    const due = scheduled.isEnd ? holders.leftOf(scheduled) : scheduled;
    if (due === undefined) return [];
    holders.note(due);
    return [due];
  });
}

type Who = Extract<FaultCommand, { readonly who: unknown }>;

/** What a command ends for a validator, by the verb that began it. A fault takes the place of one of its own kind. */
const ENDED: { readonly [verb in Who["verb"]]?: readonly FaultCommand["verb"][] } = {
  kill: ["pause"],
  restart: ["kill", "pause"],
  "lose-disk": ["kill", "pause"],
  "rewind-disk": ["kill", "pause"],
  resume: ["pause"],
  repent: ["lie"],
  heal: [
    ...(["kill", "pause", "delay", "lose", "duplicate", "throttle"] as const),
    ...(["fill-disk", "break-disk", "skew", "freeze", "lie"] as const),
  ],
};

/** The moment to which each fault in force belongs. */
class Holders {
  readonly #validators: number;
  readonly #byFault = new Map<string, Moment>();

  constructor(validators: number) {
    this.#validators = validators;
  }

  note({ command, moment }: Scheduled): void {
    for (const fault of this.#endedBy(command)) this.#byFault.delete(fault);
    for (const fault of this.#begunBy(command)) this.#byFault.set(fault, moment);
  }

  /** The end, for those for whom there is something left to end. */
  leftOf(end: Scheduled): Scheduled | undefined {
    const { command } = end.moment;
    const isOurs = (fault: string) => this.#byFault.get(fault) === end.moment;
    if (command.verb === "partition" || command.verb === "cut" || command.verb === "flap") {
      return this.#begunBy(command).some(isOurs) ? end : undefined;
    }
    const victims = victimsOf(command.who, this.#validators);
    const left = victims.filter((victim) => isOurs(faultOf(command.verb, victim)));
    if (left.length === victims.length) return end;
    const rest = undo({ ...command, who: left }, this.#validators);
    return left.length === 0 || rest === undefined ? undefined : { ...end, command: rest };
  }

  #begunBy(command: FaultCommand): readonly string[] {
    switch (command.verb) {
      case "partition":
        return ["partition"];
      case "cut":
        return [];
      case "flap":
        return [flapOf(command.from, command.to)];
      default: {
        const victims = victimsOf(command.who, this.#validators).filter((victim) => {
          // What is down cannot stand still.
          return command.verb !== "pause" || !this.#byFault.has(faultOf("kill", victim));
        });
        return victims.map((victim) => faultOf(command.verb, victim));
      }
    }
  }

  #endedBy(command: FaultCommand): readonly string[] {
    if (!("who" in command)) return [];
    const victims = victimsOf(command.who, this.#validators);
    const verbs = ENDED[command.verb] ?? [];
    const own = victims.flatMap((victim) => verbs.map((verb) => faultOf(verb, victim)));
    if (command.verb !== "heal") return own;
    const flaps = victims.flatMap((one) => {
      return victimsOf("all", this.#validators).map((other) => flapOf(one, other));
    });
    return [...own, ...flaps, ...(command.who === "all" ? ["partition"] : [])];
  }
}

function faultOf(verb: FaultCommand["verb"], victim: Victim): string {
  return `${verb} ${victim}`;
}

function flapOf(one: Victim, other: Victim): string {
  return `flap ${Math.min(one, other)} ${Math.max(one, other)}`;
}
