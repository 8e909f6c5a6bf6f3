// Fault commands: what can be done to a devnet, simulated or live, as data. One vocabulary for scenario files, the command
// line, the keys of a running devnet, its HTTP interface and the TypeScript interface.

/** Position in the list of validators, from 0. */
export type Victim = number;

/** Which validators: one, several, or all of them. */
export type Victims = readonly Victim[] | "all";

export type FaultCommand =
  // --- Processes -------------------------------------------------------------------------------------------------
  /** Killed at once, as by SIGKILL; stays down until `restart` or `heal`. */
  | { readonly verb: "kill"; readonly who: Victims }
  /** Started if it is down, killed and started otherwise. Declared faults stay on. */
  | { readonly verb: "restart"; readonly who: Victims }
  /** Stands still, as by SIGSTOP, until `resume` or `heal`. */
  | { readonly verb: "pause"; readonly who: Victims }
  | { readonly verb: "resume"; readonly who: Victims }
  // --- Network ---------------------------------------------------------------------------------------------------
  /** Only members of one group hear each other; whoever is in no group hears nobody. Replaces the partition before. */
  | { readonly verb: "partition"; readonly groups: readonly (readonly Victim[])[] }
  /** Nothing passes from these to those; the other direction works. */
  | { readonly verb: "cut"; readonly from: Victims; readonly to: Victims }
  /** The links between these two come and go with this period. */
  | { readonly verb: "flap"; readonly from: Victim; readonly to: Victim; readonly everyMs: number }
  /** Everything that these send arrives later by `ms`, and by up to `jitterMs` more. */
  | {
      readonly verb: "delay";
      readonly who: Victims;
      readonly ms: number;
      readonly jitterMs: number;
    }
  /** Of all that these send, so many per cent are lost. */
  | { readonly verb: "lose"; readonly who: Victims; readonly percent: number }
  | { readonly verb: "duplicate"; readonly who: Victims; readonly percent: number }
  /** These send no more than so many kilobytes (1,000 bytes) a second, each link for itself; the rest waits. */
  | { readonly verb: "throttle"; readonly who: Victims; readonly kilobytesPerSecond: number }
  // --- Disks -----------------------------------------------------------------------------------------------------
  /** Every write fails with ENOSPC until the disk is healed. */
  | { readonly verb: "fill-disk"; readonly who: Victims }
  /** The next sync fails with EIO. */
  | { readonly verb: "break-disk"; readonly who: Victims }
  /** Killed, the data directory deleted, started with its key alone. */
  | { readonly verb: "lose-disk"; readonly who: Victims }
  /** Keeps a copy of the disk as it is, for `rewind-disk`. */
  | { readonly verb: "copy-disk"; readonly who: Victims }
  /** Killed, the copy put in the place of the disk, started. Its memory of what it signed is that of the copy. */
  | { readonly verb: "rewind-disk"; readonly who: Victims }
  // --- Clocks ----------------------------------------------------------------------------------------------------
  /** The wall clock is ahead of the true time by `ms`; behind, if negative. */
  | { readonly verb: "skew"; readonly who: Victims; readonly ms: number }
  /** The wall clock stands still. */
  | { readonly verb: "freeze"; readonly who: Victims }
  // --- Liars -----------------------------------------------------------------------------------------------------
  /** Lies from now on, in all of these ways (see BEHAVIOURS), and in no others. */
  | { readonly verb: "lie"; readonly who: Victims; readonly ways: readonly string[] }
  /** Lies no more. It counts among the f all the same. */
  | { readonly verb: "repent"; readonly who: Victims }
  // --- The end of it ---------------------------------------------------------------------------------------------
  /** Ends all faults of these: links, disks and clocks are well, the paused go on, the dead start, liars stop. `who: "all"` ends partitions and cuts, too. */
  | { readonly verb: "heal"; readonly who: Victims };

export type FaultVerb = FaultCommand["verb"];

/** What carries out fault commands: a simulated devnet, or a live one. */
export type FaultTarget = {
  readonly validators: number;
  /** Resolves once it is done: the process is gone, the link is cut. */
  readonly obey: (command: FaultCommand) => Promise<void>;
};

/** Validators that count among the f from then on: they lie, or have forgotten unawares what they signed. */
export function makesUnreliable(verb: FaultVerb): boolean {
  return verb === "lie" || verb === "rewind-disk" || verb === "lose-disk";
}

/** f: the most that may lie or fail of so many. */
export function mayFail(validators: number): number {
  return Math.floor((validators - 1) / 3);
}

/** Views within which a new block is due: one honest leader is enough, and each liar may waste its turn. */
export function dueViews(validators: number): number {
  return 4 * mayFail(validators) + 8;
}

export function victimsOf(who: Victims, validators: number): readonly Victim[] {
  return who === "all" ? Array.from({ length: validators }, (_, index) => index) : who;
}
