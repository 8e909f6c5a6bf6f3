// How a fault ends that lasts for a while.

import { type FaultCommand, victimsOf } from "../faults/index.ts";

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
