// A run of a live devnet as far as its faults go: what was commanded when, what was seen, and what it came to. Everybody
// who commands (scenario, terminal, HTTP) does so here.

import { setTimeout as sleep } from "node:timers/promises";
import { nativeScheme } from "../../crypto/native/index.ts";
import { BUILT_IN_APPLICATION, type ChainRoot } from "../../node/chain/index.ts";
import type { Report } from "../ailing/index.ts";
import type { InForce, Overview, Subject, ValidatorState } from "../control/index.ts";
import {
  type Declared,
  type FaultCommand,
  FaultError,
  type FaultErrorCode,
  type FaultTarget,
  Standing,
} from "../faults/index.ts";
import { type Expectations, knownWays, type Scenario } from "../scenario/index.ts";
import { type Verdict, verdictText } from "../verdict/index.ts";
import { inForce } from "./in-force.ts";
import { areTooFew, liveVerdict, patienceMs } from "./live-verdict.ts";
import { Observer } from "./observer.ts";
import { mayStall } from "./promise.ts";
import { Proofs } from "./proofs.ts";
import { Moments, type Recorded, recordingText } from "./recording.ts";
import { Sightings } from "./sightings.ts";

/** What the session needs of a live devnet. */
export type Stage = FaultTarget & {
  readonly declared: Declared;
  readonly processes: readonly {
    readonly plan: { readonly index: number; readonly rpcUrl: string };
    readonly pid: number | undefined;
    readonly isAlive: boolean;
    readonly isPaused: boolean;
  }[];
};

export type SessionOptions = {
  readonly stage: Stage;
  readonly root: ChainRoot;
  readonly seed: number;
  /** Undefined: a person commands. */
  readonly scenario: Scenario | undefined;
  /** What runs the same again. */
  readonly replay: string;
  /** The highest final block at the start. */
  readonly height: number;
  /** Milliseconds since the start. */
  readonly nowMs: () => number;
};

const FREE: Omit<Expectations, "safety" | "progress"> = {
  culprits: [],
  noOtherCulprits: false,
  halted: [],
};

export class Session implements Subject {
  readonly ways = knownWays();
  readonly #options: SessionOptions;
  readonly #sightings: Sightings;
  readonly #proofs: Proofs;
  readonly #observer: Observer;
  readonly #moments = new Moments();
  readonly #standing: Standing;
  readonly #since = new Map<string, number>();
  #hasStalled = false;
  #watching: Promise<void> | undefined;
  /** When the watch began, and the highest final block then. */
  #firstLookMs = 0;
  #firstHeight = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { root, stage, nowMs } = options;
    this.#standing = new Standing(stage.validators);
    this.#sightings = new Sightings(options.height);
    this.#proofs = new Proofs(root.validators, nativeScheme());
    this.#observer = new Observer({
      urls: stage.processes.map(({ plan }) => plan.rpcUrl),
      sightings: this.#sightings,
      proofs: this.#proofs,
      counts: (validator) => this.isHonest(validator) || !this.#hasHonest,
      nowMs,
    });
  }

  get validators(): number {
    return this.#options.stage.validators;
  }

  get sightings(): Sightings {
    return this.#sightings;
  }

  /** As far as was declared. */
  isHonest(validator: number): boolean {
    return this.#standing.isHonest(validator);
  }

  /** Otherwise there is nobody to judge by, and whatever anybody says is told as it is. */
  get #hasHonest(): boolean {
    return this.#standing.isAnybodyHonest;
  }

  /** Was anything commanded? */
  get hasFaults(): boolean {
    return this.#moments.all.length > 0;
  }

  /**
   * Watches from then on, and takes in what became final shortly before. A session that nobody commands or asks for its
   * verdict costs its validators nothing.
   */
  watch(): Promise<void> {
    this.#watching ??= this.#beginToWatch();
    return this.#watching;
  }

  get isWatched(): boolean {
    return this.#watching !== undefined;
  }

  async #beginToWatch(): Promise<void> {
    await this.lastLook();
    const heights = this.#judges.map(({ validator }) => this.#heightOf(validator));
    this.#firstHeight = Math.max(this.#options.height, ...heights);
    this.#firstLookMs = this.#options.nowMs();
    this.#sightings.begin(this.#firstLookMs, this.#firstHeight);
    this.#observer.start(Math.max(1, this.#firstHeight - RECENT_BLOCKS + 1));
  }

  /** For a verdict at any time: resolves once enough was seen to judge by, or everybody had time to show it. */
  async look(): Promise<void> {
    await this.watch();
    const { nowMs } = this.#options;
    const endMs = this.#firstLookMs + ENOUGH_LIMIT_MS;
    for (let looks = 0; looks < MAX_LOOKS && nowMs() < endMs && !this.#hasSeenEnough; looks++) {
      await sleep(ENOUGH_LIMIT_MS / MAX_LOOKS);
    }
    await this.lastLook();
  }

  /** Of all that should be well: their past, and that the chain goes on. */
  get #hasSeenEnough(): boolean {
    const { highest } = this.#sightings;
    return (
      highest >= this.#firstHeight + ENOUGH_BLOCKS &&
      this.#judges.every(({ validator, state }) => {
        const next = this.#sightings.nextOf(validator) ?? 0;
        return state !== "running" || next > this.#firstHeight;
      })
    );
  }

  /** Those whose word counts. */
  get #judges(): readonly ValidatorState[] {
    return this.#states().filter(({ validator }) => this.isHonest(validator) || !this.#hasHonest);
  }

  #heightOf(validator: number): number {
    return this.#sightings.statusOf(validator)?.height ?? 0;
  }

  stop(): void {
    this.#observer.stop();
  }

  /** Asks everybody where they stand, for a verdict that is not half a second old. */
  lastLook(): Promise<void> {
    return this.#observer.askAll();
  }

  async obey(command: FaultCommand): Promise<void> {
    const { stage, nowMs } = this.#options;
    await this.watch();
    const atMs = nowMs();
    const takeBack = this.#standing.note(command);
    let hasChanged = false;
    try {
      await stage.obey(command);
      hasChanged = true;
    } catch (error) {
      hasChanged = error instanceof FaultError && isDeclared(command, error);
      if (error instanceof FaultError && REFUSALS.has(error.code)) takeBack();
      throw error;
    } finally {
      if (hasChanged) this.#note(command, atMs);
    }
  }

  /** How long the chain may take to recover from a heal. */
  get patienceMs(): number {
    return patienceMs(this.validators, this.#options.root.genesis.consensus);
  }

  /** Has every honest validator that runs a block that was not there when all was healed? Not asked of what promises nothing. */
  get hasRecovered(): boolean {
    if (!this.#hasHonest || this.#options.scenario?.expect.progress === "none") return true;
    const { heal } = this.#sightings;
    if (heal?.nextBlockAtMs === undefined) return false;
    return this.#states().every(({ validator, state }) => {
      const isWell = this.#heightOf(validator) > heal.height;
      return state !== "running" || !this.isHonest(validator) || isWell;
    });
  }

  /** Will no block ever come again? */
  get isOver(): boolean {
    return areTooFew(this.#states().map(({ state }) => state));
  }

  /** Is everybody proven guilty who is expected to be? */
  get hasItsProofs(): boolean {
    const culprits = this.#options.scenario?.expect.culprits ?? [];
    return culprits.every((index) => this.#proofs.has(index));
  }

  /** What a validator told the devnet itself: it finds its way even where nobody listens to its events. */
  report(by: number, report: Report): void {
    if (report.type !== "evidence" || this.#proofs.isSettled(report.offender, by)) return;
    const [first, second] = report.messages;
    this.#proofs.take(by, { first, second });
  }

  halted(validator: number, why: string): void {
    this.#sightings.halt(validator, why);
  }

  overview(): Overview {
    const { stage, nowMs } = this.#options;
    const texts = inForce(stage.declared);
    for (const text of this.#since.keys()) if (!texts.includes(text)) this.#since.delete(text);
    const declared = texts.map((text): InForce => {
      const atMs = this.#since.get(text) ?? Math.round(nowMs());
      this.#since.set(text, atMs);
      return { text, atMs };
    });
    return { declared, validators: this.#states() };
  }

  /** As declared at this moment: how many faults, and who lies. */
  get wrong(): { readonly faults: number; readonly liars: readonly number[] } {
    const { declared } = this.#options.stage;
    const liars = declared.validators.flatMap(({ ways }, index) =>
      ways.length > 0 ? [index] : [],
    );
    return { faults: inForce(declared).length, liars };
  }

  /** Of what was seen: `look` first. `expect`: beside what a session without a scenario is owed. */
  verdict(expect: Partial<Expectations> = {}): Verdict {
    const { root, scenario, seed, nowMs, replay } = this.#options;
    return liveVerdict({
      scenario: scenario?.name ?? "session",
      seed,
      validators: this.validators,
      tempo: root.genesis.consensus,
      expect: { ...this.#expectations(), ...expect },
      liars: this.#standing.liars,
      dishonest: this.#standing.dishonest,
      hasOwnApplication: root.genesis.application.name !== BUILT_IN_APPLICATION.name,
      sightings: this.#sightings,
      culprits: this.#proofs.culprits((holder) => this.isHonest(holder)),
      states: this.#states().map(({ state }) => state),
      nowMs: nowMs(),
      replay,
    });
  }

  /** The text of a recording whose verdict is this one. */
  recording(verdict: Verdict): string {
    const { root, seed, scenario } = this.#options;
    const { consensus } = root.genesis;
    const { transactions, ms } = verdict.reached;
    const measured = Math.ceil(transactions / Math.max(1, ms / 1_000));
    const proven = verdict.culprits.map(({ validator }) => validator);
    const recorded: Recorded = {
      name: scenario?.name ?? "session",
      validators: this.validators,
      seed,
      baseTimeoutMs: consensus.baseTimeoutMs,
      leaders: consensus.leaders,
      perSecond: scenario?.load.perSecond ?? Math.min(MAX_RECORDED_RATE, measured),
      moments: this.#moments.all,
      endedMs: ms,
      expect: scenario?.expect ?? { ...this.#expectations(), culprits: proven },
    };
    return recordingText(recorded, verdict, verdictText(verdict));
  }

  #expectations(): Expectations {
    const { scenario } = this.#options;
    if (scenario !== undefined) return scenario.expect;
    const safety = this.#standing.isWithinBounds ? "holds" : "may-break";
    return { ...FREE, safety, progress: this.#hasStalled ? "after-heal" : "always" };
  }

  #note(command: FaultCommand, atMs: number): void {
    const { stage, nowMs } = this.#options;
    this.#moments.note(atMs, command);
    if (mayStall(stage.declared)) this.#hasStalled = true;
    if (inForce(stage.declared).length > 0) this.#sightings.disturbed();
    else this.#sightings.healed(nowMs());
    this.overview();
  }

  #states(): readonly ValidatorState[] {
    const { halts } = this.#sightings;
    return this.#options.stage.processes.map(({ plan: { index }, pid, isAlive, isPaused }) => {
      if (!isAlive) {
        const state = halts.has(index) ? "halted" : "down";
        return { validator: index, pid: undefined, state };
      }
      return { validator: index, pid, state: isPaused ? "paused" : "running" };
    });
  }
}

/** Nothing at all was done. */
const REFUSALS: ReadonlySet<FaultErrorCode> = new Set<FaultErrorCode>([
  "NO_SUCH_VALIDATOR",
  "NO_SUCH_WAY",
  "NOT_OURS",
  "NO_COPY",
  "NOTHING_TO_END",
  "STOPPING",
]);

/** Did it change what is declared, though not all of it could be done? */
function isDeclared({ verb }: FaultCommand, { code }: FaultError): boolean {
  // It holds once the validator hears of it.
  if (code === "NO_ANSWER") return true;
  // Everybody else is well.
  return verb === "heal" && (code === "NOT_OURS" || code === "DIED");
}

/** What is looked at of the time before the watch. */
const RECENT_BLOCKS = 256;
/** New ones, before a verdict. */
const ENOUGH_BLOCKS = 2;
/** From the beginning of the watch: an idle chain makes a block a second. */
const ENOUGH_LIMIT_MS = 4_000;
const MAX_LOOKS = 80;

/** Transfers a second that the simulator is asked for in the place of what came in live. */
const MAX_RECORDED_RATE = 50;
