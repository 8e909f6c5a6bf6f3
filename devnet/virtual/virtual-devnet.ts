// A devnet on virtual time that obeys fault commands at any moment: whole simulated validators, watched by every oracle.
// What goes down by command or by its own fault stays down until it is started, as in a live devnet.

import type { LeaderChoiceName } from "../../consensus/index.ts";
import type { StateMachine } from "../../node/ledger/index.ts";
import { type Behaviour, WAYS, wayOf } from "../behaviours/index.ts";
import {
  type Declared,
  declare,
  dueViews,
  type FaultCommand,
  FaultError,
  type FaultTarget,
  formatCommand,
  nearest,
  nothingDeclared,
  requireSomethingToEnd,
  Standing,
  type Victim,
  type Victims,
  victimsOf,
} from "../faults/index.ts";
import type { Expectations } from "../scenario/index.ts";
import { CALM, type DiskImage, lineOf, type SignatureKind, Simulation } from "../sim/index.ts";
import { type Check, isSound, type Verdict } from "../verdict/index.ts";
import { Chronicle } from "./chronicle.ts";
import { crossFinishLine, whyNothingIsDue } from "./finish.ts";
import {
  checkOf,
  culpritsOf,
  expectationChecks,
  safetyChecks,
  sightsOf,
  stateOf,
} from "./judgement.ts";
import { Links } from "./links.ts";
import { standingPremises } from "./standing-premises.ts";
import { startLoad } from "./steady-load.ts";
import { whatIsMissing } from "./stuck.ts";
import { Thrown } from "./thrown.ts";

export type VirtualDevnetOptions = {
  readonly validators: number;
  readonly seed: number;
  /** 200 unless told otherwise. */
  readonly baseTimeoutMs?: number;
  /** An idle chain's blocks are so far apart: `baseTimeoutMs`, at most a second, unless told otherwise. */
  readonly heartbeatMs?: number;
  readonly leaders?: LeaderChoiceName;
  /** An application of one's own in the place of the built-in ledger; a function makes one for each life of a validator. */
  readonly stateMachine?: StateMachine | (() => StateMachine);
  /** What genesis tells the application. */
  readonly parameters?: Uint8Array;
  readonly signatures?: SignatureKind;
  /** Transfers among the accounts; none unless told otherwise. */
  readonly load?: { readonly perSecond: number };
  /** Called with each observation as a line of text. */
  readonly onEvent?: (line: string) => void;
};

export type Title = {
  readonly scenario: string;
  /** The command that runs the same again. */
  readonly replay: string;
};

export const ACCOUNTS = 10;
const BASE_TIMEOUT_MS = 200;
const MAX_HEARTBEAT_MS = 1_000;
/** A busy chain's blocks are at least so far apart: faster ones would show nothing more, and cost time. */
const MAX_BLOCK_INTERVAL_MS = 100;
/** Between the end of a process and the start of the next. */
const RESTART_MS = 50;
const SAMPLE_EVERY_MS = 250;

type Node = Simulation["validators"][number];

export class VirtualDevnet implements FaultTarget {
  readonly simulation: Simulation;
  readonly chronicle: Chronicle;
  readonly standing: Standing;
  readonly #thrown = new Thrown();
  readonly #links: Links;
  readonly #copies = new Map<Victim, DiskImage>();
  #declared: Declared;
  #callsAny: boolean;

  constructor(options: VirtualDevnetOptions) {
    const { seed, validators, baseTimeoutMs = BASE_TIMEOUT_MS, stateMachine, load } = options;
    const { heartbeatMs = Math.min(baseTimeoutMs, MAX_HEARTBEAT_MS), leaders } = options;
    const { signatures, parameters, onEvent } = options;
    this.#callsAny = stateMachine !== undefined;
    this.simulation = new Simulation({
      ...{ seed, validators, baseTimeoutMs, heartbeatMs, accounts: ACCOUNTS, mood: CALM },
      blockIntervalMs: Math.min(baseTimeoutMs / 4, MAX_BLOCK_INTERVAL_MS),
      staysDown: true,
      ...(leaders && { leaders }),
      ...(signatures && { signatures }),
      ...(parameters && { parameters }),
      ...(stateMachine && this.#applicationOf(stateMachine)),
    });
    this.standing = new Standing(validators);
    this.#declared = nothingDeclared(validators);
    this.#links = new Links(this.simulation);
    const premises = standingPremises(this.simulation, this.standing, () => this.#callsAny);
    this.chronicle = new Chronicle(premises);
    if (onEvent !== undefined) this.simulation.watch((seen) => onEvent(lineOf(seen)));
    this.simulation.watch((seen) => this.chronicle.observe(seen));
    this.simulation.agenda.after(SAMPLE_EVERY_MS, () => this.#sample());
    startLoad(this.simulation, load?.perSecond ?? 0);
    this.simulation.start();
  }

  get validators(): number {
    return this.standing.validators;
  }

  /** Virtual milliseconds since the start. */
  get now(): number {
    return this.simulation.agenda.now;
  }

  /** Lets so much time pass. */
  run(forMs: number): void {
    this.simulation.run(forMs);
  }

  /** At this time, or now if it is past. */
  at(atMs: number, act: () => void): void {
    this.simulation.agenda.after(Math.max(0, atMs - this.now), act);
  }

  /** From now on transactions may call what no model knows, and nobody can tell what becomes of the money. */
  expectAnyCalls(): void {
    this.#callsAny = true;
  }

  /** Honest, up, and with all its links: what is final anywhere is final there soon. */
  get healthy(): readonly Victim[] {
    const nodes = this.simulation.validators.filter((node) => {
      return stateOf(node) === "running" && this.standing.isHonest(node.node);
    });
    return nodes.map(({ node }) => node).filter((node) => !this.#links.touches(node));
  }

  /** What the state machine threw over a transaction, or over the bytes of a call, 0x-hex; of those just lately. */
  thrownOver(call: string): unknown {
    return this.#thrown.over(call);
  }

  /** Why the chain does not move, as far as anybody can see. */
  get missing(): string {
    return whatIsMissing(this, this.#links.summary);
  }

  // --- Faults ----------------------------------------------------------------------------------------------------

  /** @throws {FaultError} and has done nothing then */
  async obey(command: FaultCommand): Promise<void> {
    this.afflict(command);
  }

  /** The same at once. @throws {FaultError} */
  afflict(command: FaultCommand): void {
    this.#refuseUnsound(command);
    const what = formatCommand(command);
    this.simulation.see({ type: "fault", what, by: -1, atMs: this.now });
    this.standing.note(command);
    this.#declared = declare(this.#declared, command);
    switch (command.verb) {
      case "partition":
        return this.#links.partition(command.groups);
      case "cut":
        return this.#links.cut(this.#indices(command.from), this.#indices(command.to));
      case "flap":
        return this.#links.flap(command.from, command.to, command.everyMs);
      case "heal":
        return this.#heal(command.who);
      default:
        for (const victim of this.#indices(command.who)) this.#befall(victim, command);
    }
  }

  #befall(
    victim: Victim,
    command: Exclude<FaultCommand, { readonly verb: "partition" | "cut" | "flap" | "heal" }>,
  ): void {
    const node = this.#node(victim);
    switch (command.verb) {
      case "kill":
        return this.#kill(node);
      case "restart":
        return this.#startAgain(node);
      case "pause":
        return node.hold();
      case "resume":
        return node.resume();
      case "delay":
        return this.#links.worsen(victim, { delayMs: command.ms, jitterMs: command.jitterMs });
      case "lose":
        return this.#links.worsen(victim, { loss: command.percent / 100 });
      case "duplicate":
        return this.#links.worsen(victim, { duplication: command.percent / 100 });
      case "throttle":
        // Kilobytes a second are bytes a millisecond.
        return this.#links.worsen(victim, { bytesPerMs: command.kilobytesPerSecond });
      case "fill-disk":
        node.disk.files.isFull = true;
        return;
      case "break-disk":
        return node.disk.fail({ on: "sync", error: "EIO" });
      case "copy-disk":
        this.#copies.set(victim, node.disk.image());
        return;
      case "lose-disk":
        return this.#startAgain(node, () => node.disk.wipe());
      case "rewind-disk": {
        const copy = this.#copies.get(victim);
        return this.#startAgain(node, () => copy && node.disk.restore(copy));
      }
      case "skew":
        return node.clock.skew(command.ms);
      case "freeze":
        return node.clock.freeze();
      case "lie":
        return this.simulation.corrupt(new Map([[victim, command.ways.map(soundWay)]]));
      case "repent":
        return this.simulation.absolve(victim);
    }
  }

  #kill(node: Node): void {
    node.isKeptDown = true;
    node.crash();
  }

  #startAgain(node: Node, meanwhile: () => void = () => {}): void {
    node.isKeptDown = false;
    node.crash();
    meanwhile();
    this.simulation.agenda.after(RESTART_MS, () => {
      node.start();
      if (this.#declared.validators[node.node]?.isPaused) node.hold();
    });
  }

  #heal(who: Victims): void {
    const victims = this.#indices(who);
    if (who === "all") this.#links.healAll();
    else this.#links.heal(victims);
    for (const victim of victims) {
      const node = this.#node(victim);
      this.simulation.absolve(victim);
      node.disk.heal();
      node.clock.correct();
      node.resume();
      node.isKeptDown = false;
      node.start();
    }
  }

  #refuseUnsound(command: FaultCommand): void {
    for (const victim of namedIn(command)) {
      if (Number.isInteger(victim) && victim >= 0 && victim < this.validators) continue;
      const known = `they are numbered 0 to ${this.validators - 1}`;
      throw new FaultError("NO_SUCH_VALIDATOR", `there is no validator ${victim}: ${known}`, known);
    }
    if (command.verb === "lie") for (const way of command.ways) soundWay(way);
    requireSomethingToEnd(command, this.#declared);
    if (command.verb !== "rewind-disk") return;
    for (const victim of this.#indices(command.who)) {
      if (this.#copies.has(victim)) continue;
      const remedy = `\`copy-disk ${victim}\` before`;
      throw new FaultError(
        "NO_COPY",
        `there is no copy of the disk of validator ${victim}: ${remedy}`,
        remedy,
      );
    }
  }

  #applicationOf(stateMachine: StateMachine | (() => StateMachine)) {
    const make = typeof stateMachine === "function" ? stateMachine : () => stateMachine;
    const application = () => this.#thrown.watched(make());
    return { application, onFault: this.#thrown.note };
  }

  #indices(who: Victims): readonly Victim[] {
    return victimsOf(who, this.validators);
  }

  #node(victim: Victim): Node {
    return this.simulation.validators[victim] as Node;
  }

  // --- Judgement -------------------------------------------------------------------------------------------------

  /**
   * Runs to the finish line and says what the run came to. Promised progress must show with the faults as they stand;
   * then, unless nothing is promised, all is healed, and everybody honest must go on.
   */
  verdict(expect: Expectations, title: Title): Verdict {
    const liveness = [];
    if (expect.progress === "always") {
      liveness.push(this.#paceSoFar(), this.#finish("progress", [], expect));
    }
    if (expect.progress !== "none") {
      this.afflict({ verb: "heal", who: "all" });
      this.chronicle.healed(this.now);
      liveness.push(this.#finish("recovery", this.#expectedBack(), expect));
    }
    this.chronicle.conclude();
    if (expect.progress !== "none") {
      liveness.push(
        checkOf(this.chronicle, "liveness", "every validator that is owed blocks has them"),
      );
    }
    const culprits = culpritsOf(this);
    const { height, transactions } = this.standing.isAnybodyHonest
      ? this.chronicle
      : this.chronicle.claimed;
    const findings = {
      type: "verdict",
      ...title,
      backend: "simulated",
      seed: this.simulation.seed,
      validators: this.validators,
      liars: this.standing.liars,
      safety: safetyChecks(this, expect),
      liveness,
      expectations: expectationChecks(this, expect, culprits),
      culprits,
      sights: sightsOf(this),
      reached: { height, transactions, ms: Math.round(this.now) },
      traceHash: this.simulation.trace.hash(),
    } as const;
    return { ...findings, ok: isSound(findings) };
  }

  #finish(name: string, among: readonly Victim[], expect: Expectations): Check {
    const why = whyNothingIsDue(this, expect);
    return why === undefined ? crossFinishLine(name, this, among) : { name, ok: true, what: why };
  }

  #paceSoFar() {
    const { longestGap } = this.chronicle;
    const bound = dueViews(this.validators);
    const what = `at most ${longestGap} views from one block to the next, ${bound} are allowed`;
    return { name: "pace", ok: longestGap <= bound, what };
  }

  /** Everybody who neither lied nor forgot unawares, nor has stopped for good. */
  #expectedBack(): readonly Victim[] {
    return this.simulation.validators
      .filter((node) => this.standing.isHonest(node.node) && stateOf(node) !== "halted")
      .map(({ node }) => node);
  }

  #sample(): void {
    for (const { node, replica } of this.simulation.validators) {
      const pool = replica?.status.pool.count ?? 0;
      const blocks = replica?.inventory.blocks ?? 0;
      this.chronicle.sample({ by: node, pool, blocks, agenda: this.simulation.agenda.size });
    }
    this.simulation.agenda.after(SAMPLE_EVERY_MS, () => this.#sample());
  }
}

function namedIn(command: FaultCommand): readonly Victim[] {
  const ofAll = (who: Victims) => (who === "all" ? [] : who);
  switch (command.verb) {
    case "partition":
      return command.groups.flat();
    case "cut":
      return [...ofAll(command.from), ...ofAll(command.to)];
    case "flap":
      return [command.from, command.to];
    default:
      return ofAll(command.who);
  }
}

function soundWay(word: string): Behaviour {
  const way = wayOf(word);
  if (way !== undefined) return way;
  const near = nearest(word, [...WAYS.keys()]);
  const remedy =
    near === undefined ? `there are ${[...WAYS.keys()].join(", ")}` : `do you mean "${near}"?`;
  throw new FaultError("NO_SUCH_WAY", `there is no way to lie called "${word}": ${remedy}`, remedy);
}
