// What is declared to be wrong with a devnet: the one truth, from which what each validator is told follows. It outlives
// every restart of a validator.

import type { Ailments, LinkConditions } from "../ailing/index.ts";
import { type FaultCommand, type Victim, victimsOf } from "../faults/index.ts";

export type Direction = { readonly from: Victim; readonly to: Victim };

/** Both ways between the two. */
export type Flap = { readonly between: readonly [Victim, Victim]; readonly everyMs: number };

/** What a validator sends suffers from all of `sending`, on each of its links. */
export type ValidatorFaults = {
  readonly sending: Omit<LinkConditions, "isCut">;
  readonly disk: Ailments["disk"];
  readonly clock: Ailments["clock"];
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

const WELL: ValidatorFaults = {
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
      return { ...faults, disk: "next-sync-fails" };
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

function isCutOff(cuts: readonly Direction[], from: Victim, to: Victim): boolean {
  return cuts.some((cut) => cut.from === from && cut.to === to);
}

export type Moment = {
  readonly seed: number;
  /** Whether the links of this flap are down right now. */
  readonly isDown: (flap: Flap) => boolean;
};

/** What validator `self` is told. */
export function ailmentsOf(declared: Declared, self: Victim, { seed, isDown }: Moment): Ailments {
  const { validators, groups, cuts, flaps } = declared;
  const { sending, disk, clock, ways } = validators[self] ?? WELL;
  const down = flaps.filter(isDown);
  const liars = validators.flatMap((each, index) => (each.ways.length > 0 ? [index] : []));
  const links = validators.map((_, to): LinkConditions => {
    const isTogether =
      groups === undefined || groups.some((group) => group.includes(self) && group.includes(to));
    const flaps = down.some(({ between }) => between.includes(self) && between.includes(to));
    const isCut = to !== self && (!isTogether || flaps || isCutOff(cuts, self, to));
    return { ...sending, isCut };
  });
  return { links, clock, disk, ways, liars, seed: (seed ^ Math.imul(self + 1, 0x9e37_79b1)) >>> 0 };
}
