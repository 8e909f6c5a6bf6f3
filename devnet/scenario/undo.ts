// How a fault ends that lasts for a while, and with that the order of everything that happens.

import { type FaultCommand, victimsOf } from "../faults/index.ts";
import type { Moment } from "./scenario.ts";

export type Scheduled = {
  readonly atMs: number;
  readonly command: FaultCommand;
  /** Ends what an earlier moment began. */
  readonly isEnd: boolean;
  /** Which moment it comes from. */
  readonly moment: Moment;
};

/** In the order of time. Of what falls into one instant, ends come first. */
export function unfold(moments: readonly Moment[], validators: number): readonly Scheduled[] {
  const all = moments.flatMap((moment): readonly Scheduled[] => {
    const { atMs, command, forMs } = moment;
    const begin = { atMs, command, isEnd: false, moment };
    const end = forMs === undefined ? undefined : undo(command, validators);
    if (forMs === undefined || end === undefined) return [begin];
    return [begin, { atMs: atMs + forMs, command: end, isEnd: true, moment }];
  });
  return all.sort((a, b) => a.atMs - b.atMs || Number(b.isEnd) - Number(a.isEnd));
}

/**
 * The opposite of the command, or `heal` for the same validators where it has none of its own.
 * Undefined where there is nothing to take back, and for `cut`, which ends by `heal` for all alone.
 */
export function undo(command: FaultCommand, validators: number): FaultCommand | undefined {
  switch (command.verb) {
    case "kill":
      return { verb: "restart", who: command.who };
    case "pause":
      return { verb: "resume", who: command.who };
    case "partition":
      return { verb: "partition", groups: [victimsOf("all", validators)] };
    case "flap":
      return { verb: "heal", who: [command.from, command.to] };
    case "delay":
      return { verb: "delay", who: command.who, ms: 0, jitterMs: 0 };
    case "lose":
    case "duplicate":
      return { verb: command.verb, who: command.who, percent: 0 };
    case "skew":
      return { verb: "skew", who: command.who, ms: 0 };
    case "lie":
      return { verb: "repent", who: command.who };
    case "throttle":
    case "fill-disk":
    case "break-disk":
    case "freeze":
      // `heal` for all would end partitions and cuts, too.
      return { verb: "heal", who: victimsOf(command.who, validators) };
    default:
      return undefined;
  }
}
