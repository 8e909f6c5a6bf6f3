// What is in force on a devnet, as the commands that would bring it about.

import {
  type Declared,
  type FaultCommand,
  formatCommand,
  type ValidatorFaults,
} from "../faults/index.ts";

export function inForce({ groups, cuts, flaps, validators }: Declared): readonly string[] {
  const all = validators.map((_, index) => index);
  const commands: readonly FaultCommand[] = [
    ...(isDivided(groups, all.length) ? [{ verb: "partition", groups } as const] : []),
    ...all.flatMap((from) => {
      const to = cuts.filter((cut) => cut.from === from).map((cut) => cut.to);
      return to.length === 0 ? [] : [{ verb: "cut", from: [from], to } as const];
    }),
    ...flaps.map(
      ({ between: [from, to], everyMs }) => ({ verb: "flap", from, to, everyMs }) as const,
    ),
    ...validators.flatMap((faults, index) => ofValidator(faults, [index])),
  ];
  return commands.map(formatCommand);
}

/** One group of all is how a partition ends. */
function isDivided(
  groups: Declared["groups"],
  count: number,
): groups is NonNullable<Declared["groups"]> {
  return groups !== undefined && !groups.some((group) => group.length === count);
}

/** Is nothing wrong with this one itself? */
export function isWell(faults: ValidatorFaults): boolean {
  return ofValidator(faults, [0]).length === 0;
}

function ofValidator(faults: ValidatorFaults, who: readonly number[]): readonly FaultCommand[] {
  const { sending, disk, clock, ways, isDown, isPaused } = faults;
  const { delayMs: ms, jitterMs, losePercent, duplicatePercent, kilobytesPerSecond } = sending;
  const found: (FaultCommand | false)[] = [
    isDown && { verb: "kill", who },
    isPaused && { verb: "pause", who },
    (ms > 0 || jitterMs > 0) && { verb: "delay", who, ms, jitterMs },
    losePercent > 0 && { verb: "lose", who, percent: losePercent },
    duplicatePercent > 0 && { verb: "duplicate", who, percent: duplicatePercent },
    kilobytesPerSecond !== undefined && { verb: "throttle", who, kilobytesPerSecond },
    disk === "full" && { verb: "fill-disk", who },
    disk === "next-sync-fails" && { verb: "break-disk", who },
    clock.offsetMs !== 0 && { verb: "skew", who, ms: clock.offsetMs },
    clock.isFrozen && { verb: "freeze", who },
    ways.length > 0 && { verb: "lie", who, ways },
  ];
  return found.filter((command) => command !== false);
}
