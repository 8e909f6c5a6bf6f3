// What is declared to be wrong with a devnet, live or simulated: it holds for a validator through all its restarts, until
// it is healed.

import { type FaultCommand, type Victim, victimsOf } from "./command.ts";
import { FaultError } from "./fault-error.ts";

export type Direction = { readonly from: Victim; readonly to: Victim };

/** Both ways between the two. */
export type Flap = { readonly between: readonly [Victim, Victim]; readonly everyMs: number };

/** What befalls all that a validator sends, on each of its links. */
export type SendingFaults = {
  readonly delayMs: number;
  /** On top of `delayMs`, drawn anew each time. */
  readonly jitterMs: number;
  /** 0..100. */
  readonly losePercent: number;
  readonly duplicatePercent: number;
  /** 1,000 bytes; undefined: as much as there is. */
  readonly kilobytesPerSecond: number | undefined;
};

export type ValidatorFaults = {
  readonly sending: SendingFaults;
  readonly disk: "sound" | "full" | "next-sync-fails";
  readonly clock: { readonly offsetMs: number; readonly isFrozen: boolean };
  /** To lie; none: it is honest. */
  readonly ways: readonly string[];
  readonly isDown: boolean;
  readonly isPaused: boolean;
};

export type Declared = {
  /** A validator in several groups is a bridge; one in none hears nobody. */
  readonly groups: readonly (readonly Victim[])[] | undefined;
  readonly cuts: readonly Direction[];
  readonly flaps: readonly Flap[];
  /** By validator index. */
  readonly validators: readonly ValidatorFaults[];
};

export const WELL: ValidatorFaults = {
  sending: {
    delayMs: 0,
    jitterMs: 0,
    losePercent: 0,
    duplicatePercent: 0,
    kilobytesPerSecond: undefined,
  },
  disk: "sound",
  clock: { offsetMs: 0, isFrozen: false },
  ways: [],
  isDown: false,
  isPaused: false,
};

export function nothingDeclared(validators: number): Declared {
  const all = Array.from({ length: validators }, () => WELL);
  return { groups: undefined, cuts: [], flaps: [], validators: all };
}

/** What is declared after the command. */
export function declare(declared: Declared, command: FaultCommand): Declared {
  const count = declared.validators.length;
  switch (command.verb) {
    case "partition":
      return { ...declared, groups: command.groups };
    case "cut":
      return withCuts(declared, directionsOf(command, count));
    case "flap":
      return withFlap(declared, { between: [command.from, command.to], everyMs: command.everyMs });
    case "heal":
      return healed(declared, command);
    default:
      return change(declared, victimsOf(command.who, count), (faults) =>
        faultsAfter(faults, command),
      );
  }
}

type OwnFault = Exclude<FaultCommand, { verb: "partition" | "cut" | "flap" | "heal" }>;

function faultsAfter(faults: ValidatorFaults, command: OwnFault): ValidatorFaults {
  const sending = (part: Partial<ValidatorFaults["sending"]>) => {
    return { ...faults, sending: { ...faults.sending, ...part } };
  };
  switch (command.verb) {
    case "kill":
      return { ...faults, isDown: true, isPaused: false };
    case "restart":
    case "lose-disk":
    case "rewind-disk":
      return { ...faults, isDown: false, isPaused: false };
    case "pause":
      return { ...faults, isPaused: !faults.isDown };
    case "resume":
      return { ...faults, isPaused: false };
    case "delay":
      return sending({ delayMs: command.ms, jitterMs: command.jitterMs });
    case "lose":
      return sending({ losePercent: command.percent });
    case "duplicate":
      return sending({ duplicatePercent: command.percent });
    case "throttle":
      return sending({ kilobytesPerSecond: command.kilobytesPerSecond });
    case "fill-disk":
      return { ...faults, disk: "full" };
    case "break-disk":
      // On a full disk no sync ever comes: the write before it fails.
      return faults.disk === "full" ? faults : { ...faults, disk: "next-sync-fails" };
    case "copy-disk":
      return faults;
    case "skew":
      return { ...faults, clock: { ...faults.clock, offsetMs: command.ms } };
    case "freeze":
      return { ...faults, clock: { ...faults.clock, isFrozen: true } };
    case "lie":
      return { ...faults, ways: command.ways };
    case "repent":
      return { ...faults, ways: [] };
  }
}

/** The one failed sync that was declared has come. */
export function syncHasFailed(declared: Declared, victim: Victim): Declared {
  return change(declared, [victim], (faults) =>
    faults.disk === "next-sync-fails" ? { ...faults, disk: "sound" } : faults,
  );
}

function healed(declared: Declared, { who }: Extract<FaultCommand, { verb: "heal" }>): Declared {
  if (who === "all") return nothingDeclared(declared.validators.length);
  const flaps = declared.flaps.filter(({ between }) => !between.some((end) => who.includes(end)));
  return { ...change(declared, who, () => WELL), flaps };
}

function change(
  declared: Declared,
  victims: readonly Victim[],
  to: (faults: ValidatorFaults) => ValidatorFaults,
): Declared {
  const validators = declared.validators.map((faults, index) => {
    return victims.includes(index) ? to(faults) : faults;
  });
  return { ...declared, validators };
}

function directionsOf(
  { from, to }: Extract<FaultCommand, { verb: "cut" }>,
  count: number,
): Direction[] {
  return victimsOf(from, count).flatMap((left) =>
    victimsOf(to, count)
      .filter((right) => right !== left)
      .map((right) => ({ from: left, to: right })),
  );
}

/** At most one for each ordered pair of validators. */
function withCuts(declared: Declared, directions: readonly Direction[]): Declared {
  const fresh = directions.filter(({ from, to }) => !isCutOff(declared.cuts, from, to));
  return { ...declared, cuts: [...declared.cuts, ...fresh] };
}

/** At most one for each pair of validators: the newest period. */
function withFlap(declared: Declared, flap: Flap): Declared {
  const [one, other] = flap.between;
  const others = declared.flaps.filter(
    ({ between }) => !(between.includes(one) && between.includes(other)),
  );
  return { ...declared, flaps: [...others, flap] };
}

export function isCutOff(cuts: readonly Direction[], from: Victim, to: Victim): boolean {
  return cuts.some((cut) => cut.from === from && cut.to === to);
}

/** @throws {FaultError} NOTHING_TO_END for a `resume` of what is not paused, a `repent` of what does not lie */
export function requireSomethingToEnd(command: FaultCommand, { validators }: Declared): void {
  if (command.verb !== "resume" && command.verb !== "repent") return;
  const victims = victimsOf(command.who, validators.length);
  const isResume = command.verb === "resume";
  const hasAny = victims.some((index) => {
    const faults = validators[index];
    return faults !== undefined && (isResume ? faults.isPaused : faults.ways.length > 0);
  });
  if (hasAny) return;
  const who = victims.map((index) => `v${index}`).join(", ");
  const verb = victims.length === 1 ? "is" : "are";
  const lie = victims.length === 1 ? "does" : "do";
  const what = isResume ? `${who} ${verb} not paused` : `${who} ${lie} not lie`;
  throw new FaultError("NOTHING_TO_END", what, "`quorate fault` shows what is in force");
}
